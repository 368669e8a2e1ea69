//! What Meta keeps of a number that was replaced or disconnected, or whose signup failed: it holds nothing else up, its owner is told what it
//! is, and it can be given back later.

use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use contract::ProjectId;
use serde_json::{Value, json};

use crate::gone::as_registered_as_subscribed;
use crate::world::World;

/// Signs another number up; the operation.
async fn replace(world: &World, project: ProjectId, number: &str, waba: &str) -> String {
    let body = world.popup(json!({"phone_number_id": number, "waba_id": waba})).await;
    let (status, accepted) = world.sign_up(project, body).await;
    assert_eq!(status, 202, "{accepted}");
    accepted["id"].as_str().unwrap().to_owned()
}

async fn disconnect(world: &World, project: ProjectId) -> String {
    let (status, accepted) = world.ask(Method::DELETE, &format!("/v1/projects/{project}/number"), None).await;
    assert_eq!(status, 202, "{accepted}");
    accepted["id"].as_str().unwrap().to_owned()
}

async fn retry(world: &World, project: ProjectId) {
    let (status, retried) = world.ask(Method::POST, &format!("/v1/projects/{project}/retry"), None).await;
    assert_eq!(status, 202, "{retried}");
}

/// What the step says that gives back, once it has.
async fn given_back(world: &World, operation: &str) -> Value {
    let path = format!("/v1/operations/{operation}");
    let step = async || world.ask(Method::GET, &path, None).await.1["steps"][3].clone();
    world.until("it has given back", async || step().await["status"] == "done").await;
    step().await
}

async fn shown(world: &World, project: ProjectId) -> Value {
    world.ask(Method::GET, &format!("/v1/projects/{project}"), None).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_number_that_meta_does_not_take_back_is_named_and_the_new_one_is_connected() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    world.faults(json!([{"call": "deregister", "code": 133_016, "message": "(#133016) as Meta says"}])).await;
    let operation = replace(&world, project, "102", "202").await;
    let failed = world.operation(&operation, "failed").await;
    assert_eq!((&failed["error"]["step"], &failed["error"]["code"]), (&json!("give_back"), &json!("registration_limit_reached")));
    let reason = failed["error"]["reason"].as_str().unwrap();
    assert!(reason.contains("number 101 stays registered at Meta") && reason.contains("(#133016) as Meta says"), "{reason}");
    let project_shown = shown(&world, project).await;
    assert_eq!((&project_shown["status"], &project_shown["number"]["phone_number_id"]), (&json!("ready"), &json!("102")));
    assert_eq!(as_registered_as_subscribed(&world, "101").await, (true, false), "as far as Meta let us");
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (true, true));
    // Nothing is forgotten: it can be tried again when Meta lets us.
    retry(&world, project).await;
    world.operation(&operation, "succeeded").await;
    assert_eq!(as_registered_as_subscribed(&world, "101").await, (false, false));
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_does_not_wait_for_metas_trouble_with_the_old_one() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    world.faults(json!([{"call": "deregister", "code": 2, "http_status": 503, "times": 100_000}])).await;
    let operation = replace(&world, project, "102", "202").await;
    let connected = async || shown(&world, project).await["number"]["phone_number_id"] == "102";
    world.until("the new number is connected", connected).await;
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (true, true));
    world.until("the old one was to be given back", async || world.calls("deregister", "101").await > 0).await;
    world.clock.advance(TimeDelta::minutes(10));
    let error = world.operation(&operation, "failed").await["error"].clone();
    assert_eq!((&error["step"], &error["code"]), (&json!("give_back"), &json!("deadline_passed")), "{error}");
    assert_eq!(shown(&world, project).await["number"]["phone_number_id"], "102");
    world.faults(json!([])).await;
    // What was left is with whatever is given back next.
    let operation = disconnect(&world, project).await;
    world.operation(&operation, "succeeded").await;
    for number in ["101", "102"] {
        assert_eq!(as_registered_as_subscribed(&world, number).await, (false, false), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_stays_subscribed_when_one_of_its_numbers_takes_the_place_of_another() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    let operation = replace(&world, project, "102", "201").await;
    world.operation(&operation, "succeeded").await;
    assert_eq!(as_registered_as_subscribed(&world, "101").await, (false, true), "the account is in use");
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnection_ends_also_when_meta_never_takes_the_number_back() {
    let world = World::new().await;
    let (project, other) = (world.connected("101", "201").await, world.project().await);
    world.faults(json!([{"call": "deregister", "code": 368}, {"call": "unsubscribe", "code": 368}])).await;
    let operation = disconnect(&world, project).await;
    let error = world.operation(&operation, "failed").await["error"].clone();
    assert_eq!((&error["step"], &error["code"]), (&json!("number"), &json!("meta_refused")), "{error}");
    let reason = error["reason"].as_str().unwrap();
    assert!(reason.contains("number 101 stays registered") && reason.contains("account 201 stays subscribed"), "{reason}");
    let project_shown = shown(&world, project).await;
    assert_eq!((&project_shown["status"], &project_shown["number"]), (&json!("ready"), &Value::Null));
    // It is free here: another project has it, and nobody takes it from that.
    let taken = replace(&world, other, "101", "201").await;
    world.operation(&taken, "succeeded").await;
    retry(&world, project).await;
    world.operation(&operation, "succeeded").await;
    assert_eq!(as_registered_as_subscribed(&world, "101").await, (true, true));
    let path = format!("/v1/projects/{project}/number");
    assert_eq!(world.ask(Method::DELETE, &path, None).await.0, 204, "nothing is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_that_fails_gives_back_what_it_took_and_can_be_tried_again() {
    let world = World::new().await;
    let project = world.project().await;
    world.faults(json!([{"call": "number", "code": 368}])).await;
    let operation = replace(&world, project, "101", "201").await;
    let step = given_back(&world, &operation).await;
    let calls: Vec<&str> = step["parts"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap()).collect();
    assert_eq!((calls, &step["left"]), (vec!["deregister/101", "unsubscribe/201"], &Value::Null), "{step}");
    assert_eq!(as_registered_as_subscribed(&world, "101").await, (false, false));
    let failed = world.operation(&operation, "failed").await;
    assert_eq!((&failed["error"]["step"], &failed["error"]["code"]), (&json!("read_number"), &json!("meta_refused")), "{failed}");
    retry(&world, project).await;
    world.operation(&operation, "succeeded").await;
    assert_eq!(as_registered_as_subscribed(&world, "101").await, (true, true));
    assert_eq!(shown(&world, project).await["number"]["phone_number_id"], "101");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_resets_while_a_failed_signup_gives_back_is_told_so_and_until_when() {
    let world = World::new().await;
    let project = world.project().await;
    let busy = json!({"call": "unsubscribe", "code": 2, "http_status": 503, "times": 100_000});
    world.faults(json!([{"call": "register", "code": 133_006}, busy])).await;
    let operation = replace(&world, project, "101", "201").await;
    world.until("unsubscribing was tried", async || world.calls("unsubscribe", "201").await > 0).await;
    let failed = world.operation(&operation, "failed").await;
    let reset = async || world.ask(Method::POST, &format!("/v1/projects/{project}/reset"), None).await;
    let (status, refused) = reset().await;
    assert_eq!((status, &refused["code"]), (409, &json!("number_being_given_back")), "{refused}");
    let instant = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert_eq!(instant(&refused["until"]), instant(&failed["finished_at"]) + TimeDelta::minutes(10), "{refused}");
    let detail = refused["detail"].as_str().unwrap();
    for told in ["signup that failed", operation.as_str(), "is being given back at Meta", refused["until"].as_str().unwrap()] {
        assert!(detail.contains(told), "{told}: {detail}");
    }
    world.faults(json!([])).await;
    given_back(&world, &operation).await;
    let (status, accepted) = reset().await;
    assert_eq!((status, &accepted["kind"]), (202, &json!("reset_project")), "{accepted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_that_fails_takes_nothing_from_what_works() {
    let world = World::new().await;
    let (neighbour, project) = (world.connected("102", "201").await, world.project().await);
    let refused = json!([{"call": "register", "code": 133_005}]);
    // Nobody here registered it: it may be in use elsewhere. The neighbour needs the account's webhooks.
    world.faults(refused.clone()).await;
    given_back(&world, &replace(&world, project, "101", "201").await).await;
    assert_eq!((world.calls("deregister", "101").await, world.calls("unsubscribe", "201").await), (0, 0));
    // It is the project's own, signed up again in vain.
    world.faults(refused.clone()).await;
    given_back(&world, &replace(&world, neighbour, "102", "201").await).await;
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (true, true));
    // Another was to take its place.
    world.faults(refused).await;
    given_back(&world, &replace(&world, neighbour, "103", "203").await).await;
    assert_eq!(world.line("103").await["subscribed"], false);
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (true, true));
    assert_eq!(shown(&world, neighbour).await["number"]["phone_number_id"], "102");
    let operation = disconnect(&world, neighbour).await;
    world.operation(&operation, "succeeded").await;
    assert_eq!(as_registered_as_subscribed(&world, "102").await, (false, false));
    assert_eq!(world.calls("deregister", "103").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_keeps_of_a_signup_that_failed_is_told_and_given_back_later() {
    let world = World::new().await;
    let project = world.project().await;
    world.faults(json!([{"call": "number", "code": 368}, {"call": "deregister", "code": 133_016}])).await;
    let left = given_back(&world, &replace(&world, project, "101", "201").await).await["left"].clone();
    assert_eq!(left["code"], "registration_limit_reached", "{left}");
    assert!(left["reason"].as_str().unwrap().contains("number 101 stays registered at Meta"), "{left}");
    assert_eq!(as_registered_as_subscribed(&world, "101").await, (true, false));

    // Trouble that does not pass is waited for as long as for a disconnection.
    let other = world.project().await;
    let busy = json!({"call": "unsubscribe", "code": 2, "http_status": 503, "times": 100_000});
    world.faults(json!([{"call": "register", "code": 133_006}, busy])).await;
    let operation = replace(&world, other, "102", "202").await;
    world.until("unsubscribing was tried", async || world.calls("unsubscribe", "202").await > 0).await;
    world.clock.advance(TimeDelta::minutes(10));
    assert_eq!(given_back(&world, &operation).await["left"]["code"], "deadline_passed");
    world.faults(json!([])).await;

    for (project, number) in [(project, "101"), (other, "102")] {
        let operation = disconnect(&world, project).await;
        world.operation(&operation, "succeeded").await;
        assert_eq!(as_registered_as_subscribed(&world, number).await, (false, false));
    }
    assert_eq!(world.calls("deregister", "102").await, 0, "nobody here registered it");
}
