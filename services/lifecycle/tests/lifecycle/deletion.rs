//! A project goes, for ever: nothing reaches it from the first moment on, and one fact is left.

use axum::http::Method;
use chassis::Clock;
use chrono::TimeDelta;
use contract::{
    AiUsageReported, CHANGE_RECEIVED, Context, EventId, HoldKind, KeyHeld, NewEvent, NumberOffered, OperationId, ParkedEvent, ProjectEvent,
    ProjectId, Stream, Subject, UsageEvent,
};
use journal::Expect;
use serde_json::{Value, json};

use crate::others::{UNMAKING, operation_of};
use crate::world::{World, fresh_pool};

pub(crate) const NUMBER: &str = "207358419203847";
pub(crate) const ACCOUNT: &str = "104857392016384";

/// What the log holds that names the project, by stream.
async fn traces(world: &World, id: ProjectId) -> Vec<(Stream, u64)> {
    let mut found = Vec::new();
    for stream in
        [Stream::Project, Stream::Database, Stream::Bot, Stream::Flow, Stream::Template, Stream::Media, Stream::Billing, Stream::Usage]
    {
        for pattern in [format!("{stream}.{id}"), format!("{stream}.{id}.>"), format!("{stream}.*.{id}")] {
            let events: u64 = world.journal.subjects(stream, &pattern).await.unwrap().values().sum();
            if events > 0 {
                found.push((stream, events));
            }
        }
    }
    found
}

async fn rows(world: &World, id: ProjectId) -> i64 {
    sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM lifecycle.projects WHERE id = $1) + (SELECT count(*) FROM lifecycle.operations WHERE project_id = $1)
              + (SELECT count(*) FROM lifecycle.databases WHERE project_id = $1)
              + (SELECT count(*) FROM lifecycle.signups WHERE project_id = $1)",
    )
    .bind(id.to_string())
    .fetch_one(&world.pool)
    .await
    .unwrap()
}

/// Nothing is left but the one fact, by every way.
pub(crate) async fn assert_gone(world: &World, id: ProjectId, location: &str) {
    let operation = world.until_operation(location, "succeeded").await;
    assert_eq!((operation["kind"].as_str(), operation["project_id"].as_str()), (Some("delete_project"), Some(&*id.to_string())));
    world.until_told(id, |told| told == ["project_erased"]).await;
    assert_eq!(traces(world, id).await, [(Stream::Project, 1)]);
    world.until(&format!("/v1/projects/{id}"), "404", |answer| answer.code() == "not_found").await;
    assert_eq!(rows(world, id).await, 0);
}

#[tokio::test]
async fn a_project_is_deleted_with_everything_that_names_it_and_leaves_one_fact() {
    let mut world = World::new().await;
    let body = Some(json!({"name": "Pizza"}));
    let answer = world.send(Method::POST, "/v1/projects", &[("idempotency-key", "one")], body.clone()).await;
    let id = answer.body["project"]["id"].as_str().unwrap().parse().unwrap();
    let made = answer.headers["location"].to_str().unwrap().to_owned();
    world.say_all_made(id).await;
    world.until_status(id, "ready").await;
    world.connect(id, NUMBER).await;
    let neighbour = world.ready("Pasta").await;
    for project in [id, neighbour] {
        // A signup that nobody went on with.
        let signup = "INSERT INTO lifecycle.signups (project_id, code, taken_at, sealed_token) VALUES ($1, 'c', $2, 't')";
        sqlx::query(signup).bind(project.to_string()).bind(world.clock.now()).execute(&world.pool).await.unwrap();
        let used = AiUsageReported { usage: "u".into(), credits: 1, what: "answer".into() };
        world.say(&Subject::usage(project), UsageEvent::from(used)).await;
    }
    let kept = traces(&world, neighbour).await;
    assert_eq!(world.connect(neighbour, NUMBER).await.code(), "number_taken");

    let answer = world.delete(id, "Pizza").await;
    assert_eq!((answer.status, &answer.body["kind"]), (202, &json!("delete_project")), "{answer:?}");
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let project = world.project(id).await;
    assert_eq!((&project["status"], &project["number"]), (&json!("deleting"), &Value::Null), "nothing is recorded any more");
    assert_eq!(world.connect(neighbour, NUMBER).await.status, 200, "the number is free at once");
    assert_eq!(world.connect(id, "1").await.code(), "project_deleting");
    for step in UNMAKING {
        world.say_gone(id, operation_of(&answer.body), step).await;
    }
    assert_gone(&world, id, &location).await;
    let fact = world.journal.last(&Subject::project(id)).await.unwrap().unwrap();
    assert_eq!(fact.context.actor.as_deref(), Some("key_platform"), "who deleted it is known");
    assert_eq!(fact.context.correlation.as_deref(), answer.headers["x-request-id"].to_str().ok(), "and from which request");
    assert_eq!(world.get(&made).await.code(), "not_found");
    assert_eq!(world.get(&format!("/v1/projects/{id}/operations")).await.code(), "not_found");
    assert_eq!(world.delete(id, "Pizza").await.code(), "not_found");
    let again = world.send(Method::POST, "/v1/projects", &[("idempotency-key", "one")], body).await;
    assert_eq!(again.refused(), (409, "project_deleted"));
    assert_eq!(
        (traces(&world, neighbour).await[1..].to_vec(), world.project(neighbour).await["status"].clone()),
        (kept[1..].to_vec(), json!("ready"))
    );
    let listed = world.get("/v1/projects").await.body["data"].as_array().unwrap().len();
    assert_eq!(listed, 1);

    // Whoever was killed in its part says once more that it is done: nothing of that stays either.
    for step in UNMAKING {
        world.say_gone(id, operation_of(&answer.body), step).await;
    }
    let is_silent = |left: &Vec<(Stream, u64)>| *left == [(Stream::Project, 1)];
    testbed::found("late words go", async || traces(&world, id).await, is_silent).await;
    assert_gone(&world, id, &location).await;

    // Other tables over the same log know no more of it.
    world.stop().await;
    let World { nats, journal, clock, .. } = world;
    let world = World::on(nats, journal, fresh_pool().await, clock).await;
    assert_gone(&world, id, &location).await;
    world.end().await;
}

/// Meta says something to a number and to its account, and somebody cannot handle what the number was sent.
pub(crate) async fn hear(world: &World) {
    for (receiver, field) in [(NUMBER, "messages"), (ACCOUNT, "account_update")] {
        let event = NewEvent {
            id: EventId::from_ulid(world.ids.ulid()),
            event_type: CHANGE_RECEIVED,
            source: "/test",
            time: world.clock.now(),
            context: Context::default(),
            extensions: Vec::new(),
            content_type: "application/json",
            data: json!({"field": field, "value": {"phone_number_id": NUMBER}}).to_string().into(),
        };
        world.journal.append(&Subject::webhook(receiver, field).unwrap(), Expect::Any, vec![event]).await.unwrap();
    }
    let key = format!("webhook.{NUMBER}");
    let held = KeyHeld { key, from_sequence: 1, kind: HoldKind::Parked, cause: "c".into(), attempts: 1 };
    world.say(&Subject::parked("test", Stream::Webhook).unwrap(), ParkedEvent::from(held)).await;
}

/// How much of that is in the log.
pub(crate) async fn heard(world: &World) -> [u64; 2] {
    let messages = async |stream| world.journal.state(stream).await.unwrap().messages;
    [messages(Stream::Webhook).await, messages(Stream::Parked).await]
}

#[tokio::test]
async fn what_a_number_hears_for_its_next_project_while_the_last_is_erased_stays() {
    let mut world = World::new().await;
    // Time for what happens between two passes.
    world.stop().await;
    world.set_late_appends(std::time::Duration::from_secs(7));
    world.start();
    let (gone, next) = (world.ready("Pizza").await, world.ready("Pasta").await);
    let connect = async |id: ProjectId| {
        let body = json!({"phone_number_id": NUMBER, "waba_id": ACCOUNT});
        let answer = world.send(Method::PUT, &format!("/v1/projects/{id}/number"), &[], Some(body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    connect(gone).await;
    hear(&world).await;
    assert_eq!(heard(&world).await, [2, 1]);
    let answer = world.delete(gone, "Pizza").await;
    for step in UNMAKING {
        world.say_gone(gone, operation_of(&answer.body), step).await;
    }
    // The first pass is over; the next comes when nothing can be on its way to the log any more.
    testbed::found("what was its own goes", async || heard(&world).await, |heard: &[u64; 2]| *heard == [0, 0]).await;
    connect(next).await;
    hear(&world).await;
    assert_gone(&world, gone, answer.headers["location"].to_str().unwrap()).await;
    assert_eq!(heard(&world).await, [2, 1], "it is the next project's");
    assert_eq!(world.number_told(NUMBER).await, ["number_claimed", "number_released", "number_claimed"]);
    world.stop().await;
}

#[tokio::test]
async fn who_does_not_type_the_name_deletes_nothing() {
    let world = World::new().await;
    let id = world.ready("Pizza").await;
    let version = world.project(id).await["version"].clone();
    for other in ["", "pizza", "Pizza\n", "*"] {
        let refused = world.delete(id, other).await;
        assert_eq!(refused.refused(), (422, "not_confirmed"), "{other:?}");
        assert_eq!(refused.body["errors"][0]["pointer"], "/confirm");
    }
    for body in [None, Some(json!({})), Some(json!({"confirm": true})), Some(json!({"confirm": "Pizza", "force": true}))] {
        let refused = world.send(Method::DELETE, &format!("/v1/projects/{id}"), &[], body.clone()).await;
        assert!((400..500).contains(&refused.status), "{body:?}: {refused:?}");
    }
    assert_eq!(world.project(id).await["version"], version);
    world.end().await;
}

#[tokio::test]
async fn what_a_number_heard_that_was_offered_and_never_connected_goes_too() {
    let world = World::new().await;
    let id = world.ready("Pizza").await;
    let offered = NumberOffered {
        operation: OperationId::from_ulid(world.ids.ulid()),
        phone_number_id: NUMBER.into(),
        waba_id: ACCOUNT.into(),
        coexistence: false,
        sealed_token: "v1.t".into(),
        sealed_pin: "v1.p".into(),
    };
    world.say(&Subject::project(id), ProjectEvent::from(offered)).await;
    hear(&world).await;
    assert_eq!(heard(&world).await, [2, 1]);
    let answer = world.delete(id, "Pizza").await;
    for step in UNMAKING {
        world.say_gone(id, operation_of(&answer.body), step).await;
    }
    assert_gone(&world, id, answer.headers["location"].to_str().unwrap()).await;
    assert_eq!(heard(&world).await, [0, 0]);
    world.end().await;
}

#[tokio::test]
async fn what_nobody_erases_makes_a_deletion_fail_in_time_and_it_goes_on_where_it_was() {
    let world = World::at(Clock::manual(Clock::System.now())).await;
    let id = world.create("Pizza").await;
    world.clock.advance(TimeDelta::days(4));
    // A project that was never made can go too.
    world.until_status(id, "failed").await;
    let answer = world.delete(id, "Pizza").await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    for step in ["database", "flow_space", "templates", "media", "billing"] {
        world.say_gone(id, operation_of(&answer.body), step).await;
    }
    world.until(&location, "six steps", |answer| answer.body.to_string().matches("\"done\"").count() == 6).await;
    world.clock.advance(TimeDelta::days(4));
    let operation = world.until_operation(&location, "failed").await;
    assert_eq!((&operation["error"]["step"], &operation["error"]["code"]), (&json!("code"), &json!("deadline_passed")));
    assert_eq!(world.project(id).await["status"], "failed");
    assert_eq!(world.delete(id, "Pizza").await.code(), "project_deleting", "there is no second deletion");
    assert_eq!(world.post(&format!("/v1/projects/{id}/reset"), None).await.code(), "project_deleting", "and no way back");

    assert_eq!(world.post(&format!("/v1/projects/{id}/retry"), None).await.status, 202);
    assert_eq!(world.project(id).await["status"], "deleting");
    world.say_gone(id, operation_of(&operation), "code").await;
    assert_gone(&world, id, &location).await;
    world.end().await;
}

#[tokio::test]
async fn a_deletion_and_a_new_name_at_once_leave_no_project_that_is_half_gone() {
    let world = World::new().await;
    for round in 0..24 {
        let id = world.ready("Pizza").await;
        let path = format!("/v1/projects/{id}");
        let rename = world.send(Method::PATCH, &path, &[], Some(json!({"name": "Pasta"})));
        let (rename, deletion) = tokio::join!(rename, world.delete(id, "Pizza"));
        let status = world.project(id).await["status"].clone();
        match (rename.status, deletion.status) {
            // The name was another by then: what was confirmed was not this project.
            (200, 422) => assert_eq!(status, "ready", "round {round}"),
            (409, 202) => {
                assert_eq!((rename.code(), status), ("project_deleting", json!("deleting")), "round {round}");
            }
            _ => panic!("round {round}: {rename:?} {deletion:?}"),
        }
        assert_eq!(world.told(&Subject::data_key(id)).await, ["data_key_created"]);
    }
    world.end().await;
}
