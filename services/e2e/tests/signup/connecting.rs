//! A number comes by Meta's signup and goes again; what a browser claims counts for nothing.

use axum::http::Method;
use contract::Stream;
use futures::StreamExt;
use journal::{Filter, Range};
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_signed_up_again_and_given_back_and_its_secrets_are_nowhere() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    let path = format!("/v1/projects/{project}");
    let shown = world.ask(Method::GET, &path, None).await.1;
    assert_eq!(shown["number"]["phone_number_id"], "101");
    assert_eq!(shown["number"]["waba_id"], "201");
    let line = world.line("101").await;
    assert_eq!((line["registered"].clone(), line["subscribed"].clone()), (json!(true), json!(true)));

    // Again: another token, the same PIN, or Meta would refuse it.
    let (status, accepted) = world.sign_up(project, world.popup(json!({"phone_number_id": "101", "waba_id": "201"})).await).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;

    let mut events = std::pin::pin!(world.journal.replay(Stream::Project, Range::ALL, Filter::all()));
    let mut seen = 0;
    while let Some(event) = events.next().await {
        let text = String::from_utf8(event.unwrap().data.to_vec()).unwrap();
        assert!(!text.contains("EAAG"), "a token is in the log: {text}");
        seen += 1;
    }
    assert!(seen > 10);

    let (status, accepted) = world.ask(Method::DELETE, &format!("{path}/number"), None).await;
    assert_eq!((status, &accepted["kind"]), (202, &json!("disconnect_number")), "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    let line = world.line("101").await;
    assert_eq!((line["registered"].clone(), line["subscribed"].clone()), (json!(false), json!(false)));
    assert_eq!(world.ask(Method::GET, &path, None).await.1["number"], Value::Null);
    assert_eq!(world.ask(Method::DELETE, &format!("{path}/number"), None).await.0, 204);
    world.connected("101", "201").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_stays_in_the_app_is_never_registered() {
    let world = World::new().await;
    let project = world.project().await;
    let popup = json!({"phone_number_id": "101", "waba_id": "201", "event": "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"});
    let (status, accepted) = world.sign_up(project, world.popup(popup).await).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    let (_, accepted) = world.ask(Method::DELETE, &format!("/v1/projects/{project}/number"), None).await;
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;
    assert_eq!((world.calls("register", "101").await, world.calls("deregister", "101").await), (0, 0));
    assert_eq!(world.line("101").await["subscribed"], false);
}

/// Which call of Meta's tells that it is not so, which claim that is, and in what words it is told.
fn told_by(code: &str) -> Option<[&'static str; 3]> {
    match code {
        "code_refused" => Some(["exchange_code", "/code", "(#100) "]),
        "foreign_token" => Some(["debug_token", "/code", "not valid for this installation's app"]),
        "account_not_granted" => Some(["debug_token", "/waba_id", "did not grant this account"]),
        "number_not_in_account" => Some(["phone_numbers", "/phone_number_id", "does not have this number"]),
        "number_not_chosen" => Some(["phone_numbers", "/phone_number_id", "none or several numbers"]),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_claims_is_not_believed() {
    let world = World::new().await;
    let other = world.connected("109", "209").await;
    let project = world.project().await;
    let refused = async |body: Value, status: u16, code: &str| {
        let (answered, problem) = world.sign_up(project, body.clone()).await;
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{problem}");
        assert_eq!(problem.to_string().contains("Meta's trace id"), problem["step"] == "exchange_code", "{problem}");
        let told = told_by(code);
        assert_eq!(problem["step"], json!(told.map(|[step, ..]| step)), "{problem}");
        if let Some([_, pointer, words]) = told {
            let error = &problem["errors"][0];
            assert_eq!((&error["pointer"], &error["detail"]), (&json!(pointer), &problem["detail"]), "{problem}");
            assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        }
    };
    for (field, value) in [
        ("code", json!("")),
        ("code", json!("a".repeat(2049))),
        ("code", json!("a b")),
        ("waba_id", json!("../me")),
        ("phone_number_id", json!("1.2")),
        ("pin", json!("12345")),
        ("event", json!("CANCEL")),
    ] {
        let mut body = json!({"code": "AQ", "event": "FINISH"});
        body[field] = value;
        refused(body, 422, "invalid_body").await;
    }
    refused(json!({"code": "made-up", "event": "FINISH"}), 422, "code_refused").await;
    let with = async |signup: Value, changes: Value| {
        let mut body = world.popup(signup).await;
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let own = json!({"phone_number_id": "101", "waba_id": "201"});
    refused(with(own.clone(), json!({"waba_id": "209"})).await, 422, "account_not_granted").await;
    refused(with(own.clone(), json!({"phone_number_id": "109"})).await, 422, "number_not_in_account").await;
    refused(with(json!({"phone_number_id": "101", "waba_id": "201", "app_id": "666"}), json!({})).await, 422, "foreign_token").await;
    refused(world.popup(json!({"waba_id": "203", "event": "FINISH_ONLY_WABA"})).await, 422, "number_not_chosen").await;
    refused(world.popup(json!({"phone_number_id": "109", "waba_id": "209"})).await, 409, "number_taken").await;
    let spent = world.popup(own).await;
    assert_eq!(world.sign_up(project, spent.clone()).await.0, 202);
    world
        .until("it is connected", async || world.ask(Method::GET, &format!("/v1/projects/{project}"), None).await.1["number"].is_object())
        .await;
    refused(spent, 422, "code_refused").await;
    assert_eq!(world.ask(Method::GET, &format!("/v1/projects/{other}"), None).await.1["number"]["phone_number_id"], "109");
}
