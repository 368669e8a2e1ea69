//! A signup whose answer did not come is asked for again with the same code, which Meta takes once: it goes on from where it was.

use chrono::TimeDelta;
use contract::ProjectId;
use serde_json::{Value, json};

use crate::world::World;

/// How each exchange of a code ended, in order.
async fn exchanges(world: &World) -> Vec<String> {
    world.calls_about(&["oauth"]).await.into_iter().map(|(_, outcome)| outcome).collect()
}

async fn popup(world: &World) -> Value {
    world.popup(json!({"phone_number_id": "101", "waba_id": "201"})).await
}

/// The same request is taken, and leads to the number.
async fn goes_on(world: &World, project: ProjectId, body: Value) {
    let (status, accepted) = world.sign_up(project, body).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    assert_eq!(world.line("101").await["registered"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_exchange_it_goes_on_with_the_token_that_was_kept_sealed() {
    let mut world = World::new().await;
    let (project, body) = (world.project().await, popup(&world).await);
    world.faults(json!([{"call": "debug_token", "hold_ms": 600_000}])).await;
    let asked = async || world.calls("debug_token", "debug_token").await > 0;
    tokio::select! {
        answer = world.sign_up(project, body.clone()) => panic!("it is held, and {answer:?}"),
        () = world.until("the token is asked about", asked) => {}
    }
    world.kill().await;
    let kept = world.kept().await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    for secret in ["EAAG", body["code"].as_str().unwrap()] {
        assert!(!kept[0].contains(secret), "{secret} is in the clear: {kept:?}");
    }
    goes_on(&world, project, body).await;
    assert_eq!(exchanges(&world).await, ["ok"]);
    assert_eq!(world.kept().await, [""; 0], "the token is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_during_the_exchange_goes_on_with_its_token() {
    let world = World::new().await;
    let (project, body) = (world.project().await, popup(&world).await);
    world.faults(json!([{"call": "exchange_code", "hold_ms": 3_000}])).await;
    let asked = async || !exchanges(&world).await.is_empty();
    tokio::select! {
        answer = world.sign_up(project, body.clone()) => panic!("it is held, and {answer:?}"),
        () = world.until("the code is spent", asked) => {}
    }
    goes_on(&world, project, body).await;
    assert_eq!(exchanges(&world).await, ["ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_metas_trouble_the_same_request_goes_on_and_no_other_projects() {
    let world = World::new().await;
    let (project, other, body) = (world.project().await, world.project().await, popup(&world).await);
    // Before the code is spent nothing is kept.
    world.faults(json!([{"call": "exchange_code", "code": 2, "http_status": 503}])).await;
    assert_eq!(world.sign_up(project, body.clone()).await.0, 503);
    assert_eq!(world.kept().await, [""; 0]);
    world.faults(json!([{"call": "phone_numbers", "code": 2, "http_status": 503, "times": 100_000}])).await;
    let (status, problem) = world.sign_up(project, body.clone()).await;
    assert_eq!((status, &problem["step"]), (503, &json!("phone_numbers")), "{problem}");
    world.faults(json!([])).await;
    let (status, problem) = world.sign_up(other, body.clone()).await;
    assert_eq!((status, &problem["code"]), (422, &json!("code_refused")), "{problem}");
    // What the browser claims is asked about anew.
    let mut wrong = body.clone();
    wrong["waba_id"] = json!("209");
    let (status, problem) = world.sign_up(project, wrong).await;
    assert_eq!((status, &problem["code"]), (422, &json!("account_not_granted")), "{problem}");
    goes_on(&world, project, body).await;
    assert_eq!(exchanges(&world).await, ["2", "ok", "100"], "the other project's was refused");
    assert_eq!(world.kept().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_answer_to_the_exchange_is_lost_the_code_is_spent_and_another_popup_goes_on() {
    let world = World::new().await;
    let (project, body) = (world.project().await, popup(&world).await);
    world.faults(json!([{"call": "exchange_code", "lose_answer": true}])).await;
    let (status, problem) = world.sign_up(project, body.clone()).await;
    assert_eq!((status, &problem["code"], &problem["step"]), (503, &json!("meta_unavailable"), &json!("exchange_code")), "{problem}");
    assert_eq!(world.kept().await, [""; 0], "its token is nobody's");
    let (status, problem) = world.sign_up(project, body).await;
    assert_eq!((status, &problem["code"]), (422, &json!("code_refused")), "{problem}");
    goes_on(&world, project, popup(&world).await).await;
    assert_eq!(exchanges(&world).await, ["ok", "100", "ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_equal_requests_at_once_one_spends_the_code() {
    let world = World::new().await;
    let (project, body) = (world.project().await, popup(&world).await);
    world.faults(json!([{"call": "exchange_code", "hold_ms": 300}])).await;
    let both = tokio::join!(world.sign_up(project, body.clone()), world.sign_up(project, body));
    let both = [both.0, both.1];
    assert!(both.iter().any(|(status, _)| *status == 202), "{both:?}");
    for (status, answer) in &both {
        // The operation of the first may be over by then.
        let told = [(409, "operation_running"), (503, "contended")];
        assert!(*status == 202 || told.iter().any(|(refused, code)| status == refused && answer["code"] == *code), "{both:?}");
    }
    assert_eq!(exchanges(&world).await, ["ok"]);
    assert_eq!(world.kept().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_comes_back_for_is_forgotten_after_an_hour_and_what_is_no_code_is_never_kept() {
    let world = World::new().await;
    let (project, body) = (world.project().await, popup(&world).await);
    for hostile in [String::new(), "a".repeat(2049), "a b".to_owned(), "made-up".to_owned()] {
        let (status, problem) = world.sign_up(project, json!({"code": hostile, "event": "FINISH"})).await;
        assert_eq!(status, 422, "{problem}");
    }
    assert_eq!(world.kept().await, [""; 0]);
    world.faults(json!([{"call": "debug_token", "code": 100}])).await;
    let (status, problem) = world.sign_up(project, body.clone()).await;
    assert_eq!((status, &problem["step"]), (422, &json!("debug_token")), "{problem}");
    world.clock.advance(TimeDelta::minutes(59));
    assert_eq!(world.kept().await.len(), 1);
    world.clock.advance(TimeDelta::minutes(1));
    world.until("it is forgotten", async || world.kept().await.is_empty()).await;
    let (status, problem) = world.sign_up(project, body).await;
    assert_eq!((status, &problem["code"]), (422, &json!("code_refused")), "{problem}");
}
