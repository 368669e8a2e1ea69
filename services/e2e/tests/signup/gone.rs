//! A project is deleted with the number that its signup brought: the number is given back at Meta, in order, whatever Meta says meanwhile,
//! and is free for others from the first moment on.

use axum::http::Method;
use contract::{OperationId, ProjectId, Subject};
use serde_json::json;

use crate::world::World;

/// The calls that give a number back, and how each ended.
async fn given_back(world: &World, nodes: &[&str]) -> Vec<(String, String)> {
    let calls = world.calls_about(nodes).await;
    calls.into_iter().filter(|(name, _)| name == "deregister" || name == "unsubscribe").collect()
}

pub(crate) async fn as_registered_as_subscribed(world: &World, number: &str) -> (bool, bool) {
    let line = world.line(number).await;
    (line["registered"] == true, line["subscribed"] == true)
}

/// The deletion has ended, and of who had the number nothing is left.
async fn ends(world: &World, project: ProjectId, operation: OperationId) {
    world.others_are_done(project, operation).await;
    world.operation(&operation.to_string(), "succeeded").await;
    let path = format!("/v1/projects/{project}");
    world.until("the project is gone", async || world.ask(Method::GET, &path, None).await.0 == 404).await;
}

async fn claims(world: &World, number: &str) -> usize {
    world.journal.entity(&Subject::number(number).unwrap()).await.unwrap().len()
}

fn calls(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, outcome)| ((*name).to_owned(), (*outcome).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_projects_number_is_given_back_in_order_and_can_be_anothers() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    // A neighbour in the same account keeps hearing of it.
    let neighbour = world.connected("102", "201").await;
    let operation = world.delete(project).await;
    ends(&world, project, operation).await;
    assert_eq!(given_back(&world, &["101", "201"]).await, calls(&[("deregister", "ok")]), "the account is in use");
    assert_eq!((as_registered_as_subscribed(&world, "101").await, claims(&world, "101").await), ((false, true), 0));
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (true, true));

    let operation = world.delete(neighbour).await;
    ends(&world, neighbour, operation).await;
    let all = calls(&[("deregister", "ok"), ("deregister", "ok"), ("unsubscribe", "ok")]);
    assert_eq!(given_back(&world, &["101", "102", "201"]).await, all);
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (false, false));

    world.connected("101", "201").await;
    assert_eq!((as_registered_as_subscribed(&world, "101").await, claims(&world, "101").await), ((true, true), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_outlasts_metas_trouble_and_gives_back_once_it_is_over() {
    let mut world = World::new().await;
    let project = world.connected("101", "201").await;
    world
        .faults(json!([
            {"call": "deregister", "code": 2, "http_status": 503},
            {"call": "deregister", "lose_answer": true},
            {"call": "unsubscribe", "http_status": 502, "times": 100_000},
        ]))
        .await;
    let operation = world.delete(project).await;
    world.until("unsubscribing was tried", async || world.calls("unsubscribe", "201").await > 0).await;
    world.kill().await;
    world.faults(json!([])).await;
    ends(&world, project, operation).await;
    let calls = given_back(&world, &["101", "201"]).await;
    assert_eq!(calls.first(), Some(&("deregister".to_owned(), "2".to_owned())), "{calls:?}");
    assert_eq!(calls.last(), Some(&("unsubscribe".to_owned(), "ok".to_owned())), "{calls:?}");
    let done = |name: &str| calls.iter().position(|call| *call == (name.to_owned(), "ok".to_owned()));
    assert!(done("deregister") < done("unsubscribe"), "{calls:?}");
    assert_eq!((as_registered_as_subscribed(&world, "101").await, claims(&world, "101").await), ((false, false), 0));
    world.connected("101", "201").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_ends_when_meta_lets_us_do_nothing_any_more() {
    let world = World::new().await;
    let (revoked, refused) = (world.connected("101", "201").await, world.connected("102", "202").await);
    world.revoke("101").await;
    let operation = world.delete(revoked).await;
    ends(&world, revoked, operation).await;
    assert_eq!(given_back(&world, &["101", "201"]).await, calls(&[("deregister", "190"), ("unsubscribe", "190")]));
    // Meta keeps it as it is; with the number's owner it comes back, and meets the PIN that it was given here.
    assert_eq!((as_registered_as_subscribed(&world, "101").await, claims(&world, "101").await), ((true, true), 0));
    world.connected("101", "201").await;

    world.faults(json!([{"call": "deregister", "code": 133_016}, {"call": "unsubscribe", "code": 368}])).await;
    let operation = world.delete(refused).await;
    // Its owner is told, while the project goes and afterwards.
    let path = format!("/v1/operations/{operation}");
    let left = async || world.ask(Method::GET, &path, None).await.1["steps"][0]["left"].clone();
    world.until("it is told what is left", async || left().await["code"] == "registration_limit_reached").await;
    let told = left().await["reason"].as_str().unwrap().to_owned();
    assert!(told.contains("number 102 stays registered") && told.contains("account 202 stays subscribed"), "{told}");
    ends(&world, refused, operation).await;
    let told = left().await;
    assert_eq!(told["code"], "registration_limit_reached", "{told}");
    assert!(!told["reason"].as_str().unwrap().contains("102"), "{told}");
    assert_eq!(given_back(&world, &["102", "202"]).await, calls(&[("deregister", "133016"), ("unsubscribe", "368")]));
    world.connected("102", "202").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_another_project_takes_meanwhile_is_not_taken_from_it() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    world
        .faults(json!([
            {"call": "deregister", "code": 2, "http_status": 503, "times": 100_000},
            {"call": "number", "code": 2, "http_status": 503, "times": 100_000},
        ]))
        .await;
    let operation = world.delete(project).await;
    world.until("it was to be given back", async || world.calls("deregister", "101").await > 0).await;
    let other = world.project().await;
    let read = world.calls("number", "101").await;
    let (status, accepted) = world.sign_up(other, world.popup(json!({"phone_number_id": "101", "waba_id": "201"})).await).await;
    assert_eq!(status, 202, "{accepted}");
    world.until("it is registered for the other", async || world.calls("number", "101").await > read).await;
    assert_eq!(claims(&world, "101").await, 2, "claimed and released, and not claimed again yet");
    // Meta would take it back now, under the feet of the other.
    world.faults(json!([{"call": "number", "code": 2, "http_status": 503, "times": 100_000}])).await;
    ends(&world, project, operation).await;
    world.faults(json!([])).await;
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    assert_eq!(as_registered_as_subscribed(&world, "101").await, (true, true));
    let shown = world.ask(Method::GET, &format!("/v1/projects/{other}"), None).await.1;
    assert_eq!(shown["number"]["phone_number_id"], "101");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_projects_of_one_account_that_let_go_at_the_same_time_the_last_unsubscribes() {
    let world = World::new().await;
    // The log of one is still being erased when the other is deleted.
    let (one, two) = (world.connected("101", "201").await, world.connected("102", "201").await);
    let first = world.delete(one).await;
    let path = format!("/v1/operations/{first}");
    let given = async || world.ask(Method::GET, &path, None).await.1["steps"][0]["status"] == "done";
    world.until("the first has given its number back", given).await;
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (true, true), "the other is not going yet");
    let second = world.delete(two).await;
    tokio::join!(ends(&world, one, first), ends(&world, two, second));
    for number in ["101", "102"] {
        assert_eq!(as_registered_as_subscribed(&world, number).await, (false, false), "{number}");
    }

    // Both are disconnected while the other is: Meta answers both at once.
    let (one, two) = (world.connected("103", "203").await, world.connected("104", "203").await);
    world.faults(json!([{"call": "deregister", "hold_ms": 300, "times": 2}])).await;
    let disconnect = async |project: ProjectId| {
        let (status, accepted) = world.ask(Method::DELETE, &format!("/v1/projects/{project}/number"), None).await;
        assert_eq!(status, 202, "{accepted}");
        world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    };
    tokio::join!(disconnect(one), disconnect(two));
    for number in ["103", "104"] {
        assert_eq!(as_registered_as_subscribed(&world, number).await, (false, false), "{number}");
    }
}
