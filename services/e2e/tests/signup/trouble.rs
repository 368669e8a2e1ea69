//! Connecting when Meta refuses, is out of order or answers nobody, and when lifecycle is killed over it.

use axum::http::Method;
use chrono::TimeDelta;
use contract::Subject;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_or_its_answer_lost_the_number_is_connected_all_the_same() {
    let mut world = World::new().await;
    for (index, (call, done)) in [("subscribe", 0), ("register", 1), ("number", 2)].into_iter().enumerate() {
        let (number, waba) = (format!("10{index}"), format!("20{index}"));
        let project = world.project().await;
        world.faults(json!([{"call": call, "code": 2, "http_status": 503, "times": 100_000}])).await;
        let body = world.popup(json!({"phone_number_id": number, "waba_id": waba})).await;
        let (status, accepted) = world.sign_up(project, body).await;
        assert_eq!(status, 202, "{accepted}");
        let id = accepted["id"].as_str().unwrap().to_owned();
        let node = if call == "subscribe" { &waba } else { &number };
        world.until(&format!("{call} was tried"), async || world.calls(call, node).await > 0).await;
        world.kill().await;
        let steps = world.ask(Method::GET, &format!("/v1/operations/{id}"), None).await.1;
        let complete = steps["steps"].as_array().unwrap().iter().filter(|step| step["status"] == "done").count();
        assert_eq!(complete, done, "{steps}");
        // Meta does it, and nobody hears of it.
        world.faults(json!([{"call": call, "lose_answer": true}])).await;
        world.operation(&id, "succeeded").await;
        assert_eq!(world.line(&number).await["registered"], true);
        let claims = world.journal.entity(&Subject::number(&number).unwrap()).await.unwrap();
        assert_eq!(claims.len(), 1, "claimed once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_of_metas_trouble_wastes_no_code_and_a_longer_one_names_the_call() {
    let world = World::new().await;
    let project = world.project().await;
    let popup = || world.popup(json!({"phone_number_id": "101", "waba_id": "201"}));
    world
        .faults(json!([
            {"call": "debug_token", "code": 2, "http_status": 503},
            {"call": "phone_numbers", "http_status": 502, "times": 2},
        ]))
        .await;
    let (status, accepted) = world.sign_up(project, popup().await).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    for call in ["exchange_code", "debug_token", "phone_numbers"] {
        let busy =
            json!({"call": call, "code": 2, "http_status": 503, "message": "(#2) Service temporarily unavailable", "times": 100_000});
        world.faults(json!([busy])).await;
        let (status, problem) = world.sign_up(project, popup().await).await;
        assert_eq!((status, &problem["code"], &problem["step"]), (503, &json!("meta_unavailable"), &json!(call)), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("(#2) Service temporarily unavailable"), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_refuses_before_the_operation_names_the_call_and_metas_words_and_wastes_no_code() {
    let world = World::new().await;
    let project = world.project().await;
    let refused = async |body: &Value, step: &str, code: &str, words: &str| {
        let (status, problem) = world.sign_up(project, body.clone()).await;
        assert_eq!((status, &problem["code"], &problem["step"]), (422, &json!(code), &json!(step)), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    };
    let body = world.popup(json!({"phone_number_id": "101", "waba_id": "201"})).await;
    for (call, code, name, message) in [
        ("exchange_code", 101, "meta_refused", "(#101) Error validating application"),
        ("debug_token", 100, "meta_refused", "(#100) The App_id in the input_token did not match the Viewing App"),
        ("debug_token", 190, "access_lost", "(#190) Error validating access token: Session has expired"),
        ("debug_token", 200, "access_lost", "(#200) Requires whatsapp_business_management permission to manage the object"),
        ("phone_numbers", 10, "access_lost", "(#10) Application does not have permission for this action"),
        ("phone_numbers", 100, "meta_refused", "(#100) Tried accessing nonexisting field"),
    ] {
        world.faults(json!([{"call": call, "code": code, "message": message}])).await;
        refused(&body, call, name, &format!("{message} (Meta's trace id Asimulated)")).await;
    }
    let (status, accepted) = world.sign_up(project, body).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;

    // The token is kept, and its owner takes it back before it is looked at again.
    let body = world.popup(json!({"phone_number_id": "102", "waba_id": "202"})).await;
    world.faults(json!([{"call": "debug_token", "code": 100}])).await;
    refused(&body, "debug_token", "meta_refused", "(#100) Simulated failure").await;
    world.revoke("102").await;
    let words = "not valid for this installation's app: (#190) Error validating access token: The session was invalidated";
    refused(&body, "debug_token", "foreign_token", words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_refuses_names_the_step_and_metas_words_and_can_be_tried_again() {
    let world = World::new().await;
    let cases = [
        ("subscribe", "subscribe_app", 200, "access_lost"),
        ("subscribe", "subscribe_app", 368, "meta_refused"),
        ("register", "register", 133_005, "pin_mismatch"),
        ("register", "register", 133_006, "number_not_verified"),
        ("register", "register", 133_008, "pin_guesses_exceeded"),
        ("register", "register", 133_015, "number_recently_deleted"),
        ("register", "register", 133_016, "registration_limit_reached"),
        ("number", "read_number", 190, "access_lost"),
    ];
    for (index, (call, step, code, name)) in cases.into_iter().enumerate() {
        let project = world.project().await;
        world.faults(json!([{"call": call, "code": code, "message": format!("(#{code}) as Meta says")}])).await;
        let popup = json!({"phone_number_id": format!("10{index}"), "waba_id": format!("20{index}")});
        let (status, accepted) = world.sign_up(project, world.popup(popup).await).await;
        assert_eq!(status, 202, "{accepted}");
        let id = accepted["id"].as_str().unwrap();
        let failed = world.operation(id, "failed").await;
        assert_eq!((&failed["error"]["step"], &failed["error"]["code"]), (&json!(step), &json!(name)), "{failed}");
        assert!(failed["error"]["reason"].as_str().unwrap().contains(&format!("(#{code}) as Meta says")), "{failed}");
        let (status, retried) = world.ask(Method::POST, &format!("/v1/projects/{project}/retry"), None).await;
        assert_eq!(status, 202, "{retried}");
        world.operation(id, "succeeded").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_time_runs_out_over_metas_trouble_the_failure_says_what_meta_said_last() {
    let world = World::new().await;
    let busy =
        json!({"call": "subscribe", "code": 2, "http_status": 503, "message": "(#2) Service temporarily unavailable", "times": 100_000});
    let cases = [
        (busy, "subscribe_app", "(#2) Service temporarily unavailable (Meta's trace id Asimulated)"),
        (json!({"call": "register", "http_status": 502, "times": 100_000}), "register", "HTTP 502"),
        (json!({"call": "number", "lose_answer": true, "times": 100_000}), "read_number", "no answer from Meta"),
    ];
    for (index, (fault, step, words)) in cases.into_iter().enumerate() {
        let (number, waba) = (format!("10{index}"), format!("20{index}"));
        let project = world.project().await;
        let call = fault["call"].as_str().unwrap().to_owned();
        world.faults(json!([fault])).await;
        let (status, accepted) = world.sign_up(project, world.popup(json!({"phone_number_id": number, "waba_id": waba})).await).await;
        assert_eq!(status, 202, "{accepted}");
        let id = accepted["id"].as_str().unwrap();
        let node = if call == "subscribe" { &waba } else { &number };
        world.until("it was tried again", async || world.calls(&call, node).await > 1).await;
        world.clock.advance(TimeDelta::minutes(10));
        let error = world.operation(id, "failed").await["error"].clone();
        assert_eq!((&error["step"], &error["code"]), (&json!(step), &json!("deadline_passed")), "{error}");
        let reason = error["reason"].as_str().unwrap();
        assert!(reason.starts_with("was not done within 10 minutes; ") && reason.contains(words), "{reason}");
        world.faults(json!([])).await;
        assert_eq!(world.ask(Method::POST, &format!("/v1/projects/{project}/retry"), None).await.0, 202);
        world.operation(id, "succeeded").await;
    }
}
