//! Numbers: connected, replaced, let go; one number belongs to one project, whoever is faster.

use crate::world::{Answer, World};
use axum::http::Method;
use contract::{ProjectId, Subject};
use futures::future::join_all;
use serde_json::json;

const NUMBER: &str = "207358419203847";

async fn disconnect(world: &World, id: ProjectId) -> Answer {
    world.send(Method::DELETE, &format!("/v1/projects/{id}/number"), &[], None).await
}

#[tokio::test]
async fn a_number_is_connected_while_the_project_is_still_being_made() {
    let world = World::new().await;
    let id = world.create("Pizza").await;
    let body = json!({"phone_number_id": NUMBER, "waba_id": "104857392016384", "display_phone_number": "+1 555 010 2030"});
    let path = format!("/v1/projects/{id}/number");
    let answer = world.send(Method::PUT, &path, &[], Some(body.clone())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for (field, said) in body.as_object().unwrap() {
        assert_eq!(&answer.body["number"][field], said, "{field}");
    }
    let shown = world.get(&format!("/v1/projects/{id}")).await;
    assert_eq!((&shown.body, &shown.headers["etag"]), (&answer.body, &answer.headers["etag"]));
    assert_eq!(answer.headers["etag"], format!("\"{}\"", answer.body["version"]));

    let again = world.send(Method::PUT, &path, &[], Some(body)).await;
    assert_eq!((again.status, again.body), (200, answer.body));
    assert_eq!(world.told(&Subject::project(id)).await, ["project_created", "operation_started", "number_connected"]);
    assert_eq!(world.number_told(NUMBER).await, ["number_claimed"]);
    world.end().await;
}

#[tokio::test]
async fn a_second_claim_is_a_conflict_until_the_first_lets_go() {
    let world = World::new().await;
    let (one, two) = (world.create("One").await, world.create("Two").await);
    assert_eq!(world.connect(one, NUMBER).await.status, 200);
    let taken = world.connect(two, NUMBER).await;
    assert_eq!(taken.refused(), (409, "number_taken"));
    assert!(!taken.body.to_string().contains(&one.to_string()), "it tells who has the number: {taken:?}");

    assert_eq!(disconnect(&world, one).await.status, 204);
    assert_eq!(disconnect(&world, one).await.status, 204);
    assert_eq!(world.project(one).await["number"], serde_json::Value::Null);
    assert_eq!(world.connect(two, NUMBER).await.status, 200);
    assert_eq!(world.number_told(NUMBER).await, ["number_claimed", "number_released", "number_claimed"]);
    world.end().await;
}

#[tokio::test]
async fn another_number_replaces_the_old_one_in_one_step() {
    let world = World::new().await;
    let (one, two) = (world.create("One").await, world.create("Two").await);
    world.connect(one, "1").await;
    assert_eq!(world.connect(one, "2").await.body["number"]["phone_number_id"], "2");
    let told = world.told(&Subject::project(one)).await;
    assert_eq!(told, ["project_created", "operation_started", "number_connected", "number_disconnected", "number_connected"]);
    assert_eq!(world.connect(two, "1").await.status, 200, "the old number is free");

    // Refused as a whole: the project keeps what it had.
    assert_eq!(world.connect(two, "2").await.code(), "number_taken");
    assert_eq!(world.project(two).await["number"]["phone_number_id"], "1");
    world.end().await;
}

#[tokio::test]
async fn two_racing_claims_never_both_win() {
    let world = World::new().await;
    for round in 0..64 {
        let number = format!("{}", 1_000 + round);
        let (one, two) = (world.create("One").await, world.create("Two").await);
        let (first, second) = tokio::join!(world.connect(one, &number), world.connect(two, &number));
        let mut statuses = [first.status, second.status];
        statuses.sort();
        assert_eq!(statuses, [200, 409], "round {round}: {first:?} {second:?}");
        assert_eq!(world.number_told(&number).await, ["number_claimed"]);
    }
    world.end().await;
}

#[tokio::test]
async fn of_64_racing_claims_exactly_one_wins() {
    let world = World::new().await;
    let projects = join_all((0..64).map(|n| {
        let world = &world;
        async move { world.create(&format!("P{n}")).await }
    }))
    .await;
    let answers = join_all(projects.iter().map(|id| world.connect(*id, NUMBER))).await;
    let winners = answers.iter().filter(|answer| answer.status == 200).count();
    let losers = answers.iter().filter(|answer| answer.code() == "number_taken").count();
    assert_eq!((winners, losers), (1, 63), "{answers:?}");
    let mut holders = 0;
    for id in &projects {
        holders += usize::from(!world.project(*id).await["number"].is_null());
    }
    assert_eq!(holders, 1);
    world.end().await;
}

#[tokio::test]
async fn one_project_that_changes_its_number_all_the_time_holds_exactly_one() {
    let world = World::new().await;
    let id = world.create("Pizza").await;
    let numbers: Vec<String> = (1..=12).map(|n| n.to_string()).collect();
    let answers = join_all(numbers.iter().map(|number| world.connect(id, number))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let has = world.project(id).await["number"]["phone_number_id"].as_str().unwrap().to_owned();
    for number in numbers {
        let expected = if number == has { "number_claimed" } else { "number_released" };
        assert_eq!(world.number_told(&number).await.last().unwrap(), expected, "{number} while {has} is connected");
    }
    world.end().await;
}

#[tokio::test]
async fn a_caller_who_looked_too_early_is_told() {
    let world = World::new().await;
    let id = world.create("Pizza").await;
    let path = format!("/v1/projects/{id}/number");
    let etag = world.get(&format!("/v1/projects/{id}")).await.headers["etag"].to_str().unwrap().to_owned();
    let put = |etag: String, number: &'static str| {
        let (world, path) = (&world, &path);
        async move { world.send(Method::PUT, path, &[("if-match", &etag)], Some(json!({"phone_number_id": number}))).await }
    };
    assert_eq!(put(etag.clone(), "1").await.status, 200);
    let late = put(etag, "2").await;
    assert_eq!(late.refused(), (412, "version_mismatch"));
    for hostile in ["1", "\"x\"", "W/\"1\"", "\"1\", \"2\"", ""] {
        assert_eq!(put(hostile.to_owned(), "2").await.status, 412, "{hostile}");
    }
    assert_eq!(put("*".to_owned(), "2").await.status, 200);
    world.end().await;
}

#[tokio::test]
async fn what_is_no_number_is_refused_with_the_field_that_is_wrong() {
    let world = World::new().await;
    let id = world.create("Pizza").await;
    let path = format!("/v1/projects/{id}/number");
    for (body, pointer) in [
        (json!({}), "/phone_number_id"),
        (json!({"phone_number_id": ""}), "/phone_number_id"),
        (json!({"phone_number_id": 207_358}), "/phone_number_id"),
        (json!({"phone_number_id": "1.>"}), "/phone_number_id"),
        (json!({"phone_number_id": "*"}), "/phone_number_id"),
        (json!({"phone_number_id": "1".repeat(33)}), "/phone_number_id"),
        (json!({"phone_number_id": "1", "waba_id": "x"}), "/waba_id"),
        (json!({"phone_number_id": "1", "display_phone_number": "<b>"}), "/display_phone_number"),
        (json!({"phone_number_id": "1", "project": "prj_1"}), "/project"),
    ] {
        let answer = world.send(Method::PUT, &path, &[], Some(body.clone())).await;
        assert_eq!(answer.refused(), (422, "invalid_body"), "{body}");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{body}: {answer:?}");
    }
    let nowhere = "prj_00000000000000000000000000".parse().unwrap();
    assert_eq!(world.connect(nowhere, "1").await.code(), "not_found");
    assert_eq!(disconnect(&world, nowhere).await.code(), "not_found");
    world.end().await;
}

#[tokio::test]
async fn the_database_getting_ready_does_not_disturb_a_claim() {
    let world = World::new().await;
    for round in 0..20 {
        let id = world.create("Pizza").await;
        let number = format!("{}", 5_000 + round);
        let (answer, ()) = tokio::join!(world.connect(id, &number), world.say_all_made(id));
        assert_eq!(answer.status, 200, "{answer:?}");
        let project = world.until_status(id, "ready").await;
        assert_eq!(project["number"]["phone_number_id"], number);
    }
    world.end().await;
}
