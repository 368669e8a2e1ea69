//! The simulated Graph API refuses what Meta refuses: signups, tokens, numbers, profiles, names.

use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

use crate::ingress::SECRET;
use crate::meta::{APP, Body, Meta};

#[tokio::test]
async fn a_code_works_once_for_thirty_seconds_and_for_the_app_alone() {
    let meta = Meta::new().await;
    let code = meta.sign_up(json!({})).await;
    assert_eq!(meta.exchange(&code, "another").await, Err(1));
    assert!(meta.exchange(&code, SECRET).await.is_ok(), "a wrong secret burns no code");
    assert_eq!(meta.exchange(&code, SECRET).await, Err(100));
    let in_time = meta.sign_up(json!({})).await;
    let late = meta.sign_up(json!({})).await;
    meta.stage.clock.advance(TimeDelta::seconds(30));
    assert!(meta.exchange(&in_time, SECRET).await.is_ok());
    meta.stage.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(meta.exchange(&late, SECRET).await, Err(100));
    assert_eq!(meta.exchange("nonsense", SECRET).await, Err(100));
}

#[tokio::test]
async fn a_token_says_whose_it_is_and_opens_nothing_else() {
    let meta = Meta::new().await;
    let (ours, theirs) = (meta.token("101", "201").await, meta.token("102", "202").await);
    let path = format!("/debug_token?input_token={ours}");
    let facts = meta.graph("GET", &path, &format!("{APP}|{SECRET}"), None).await.expect("facts");
    assert_eq!(facts["data"]["app_id"], APP);
    assert_eq!(facts["data"]["is_valid"], true);
    assert_eq!(facts["data"]["granular_scopes"][0], json!({"scope": "whatsapp_business_management", "target_ids": ["201"]}));
    assert_eq!(meta.graph("GET", &path, &ours, None).await, Err(100), "a token does not ask about itself");
    assert_eq!(meta.graph("GET", "/201/phone_numbers", &theirs, None).await, Err(200));
    assert_eq!(meta.graph("GET", "/299/phone_numbers", &theirs, None).await, Err(100));
    assert_eq!(meta.graph("GET", "/101?fields=id", &theirs, None).await, Err(10));
    assert_eq!(meta.graph("POST", "/201/subscribed_apps", "", None).await, Err(190));
    let numbers = meta.graph("GET", "/201/phone_numbers?fields=id,status", &ours, None).await.expect("numbers");
    assert_eq!(numbers["data"], json!([{"id": "101", "status": "PENDING"}]));
    assert_eq!(meta.ask("GET", "/sim/graph/v20.0/101", &ours, None).await.1["error"]["code"], 2635);
}

#[tokio::test]
async fn a_number_is_signed_up_in_metas_order_alone() {
    let meta = Meta::new().await;
    let code = meta.sign_up(json!({"phone_number_id": "101", "waba_id": "201"})).await;
    // Before the code is a token, nothing opens: neither the code itself nor what the app is.
    let app = format!("{APP}|{SECRET}");
    for token in ["", code.as_str(), app.as_str()] {
        assert_eq!(meta.subscribe("201", token).await, Err(190), "{token}");
        assert_eq!(meta.register("101", token, "123456").await, Err(190), "{token}");
        assert_eq!(meta.graph("GET", "/201/phone_numbers", token, None).await, Err(190), "{token}");
        assert_eq!(meta.graph("GET", "/101?fields=id", token, None).await, Err(190), "{token}");
    }
    let unknown = meta.graph("GET", &format!("/debug_token?input_token={code}"), &app, None).await.expect("an answer");
    assert_eq!(unknown["data"]["is_valid"], false);
    assert_eq!(meta.graph("GET", "/debug_token", &app, None).await, Err(100), "of which token");

    let token = meta.exchange(&code, SECRET).await.expect("a token");
    assert_eq!(meta.graph("GET", "/101?fields=colour", &token, None).await, Err(100));
    for early in ["/101/deregister", "/101?new_display_name=Pizza"] {
        assert_eq!(meta.graph("POST", early, &token, None).await, Err(133_010), "{early}");
    }
    let (status, refused) =
        meta.ask("POST", "/sim/graph/v26.0/101/register", &token, Some(json!({"messaging_product": "whatsapp", "pin": "123456"}))).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(100)), "before the app has subscribed");
    assert!(refused["error"]["error_data"]["details"].as_str().expect("details").contains("not subscribed"), "{refused}");

    // Another app's subscription is not ours.
    let code = meta.sign_up(json!({"phone_number_id": "101", "waba_id": "201", "app_id": "666"})).await;
    let theirs = meta.exchange(&code, SECRET).await.expect("a token");
    meta.subscribe("201", &theirs).await.expect("subscribed");
    assert_eq!(meta.register("101", &token, "123456").await, Err(100));
    assert_eq!(meta.sim("GET", "graph/numbers/101", None).await["subscribed"], false);
    meta.subscribe("201", &token).await.expect("subscribed");
    for wrong in [
        json!({"pin": "123456"}),
        json!({"messaging_product": "whatsapp", "pin": 123_456}),
        json!({"messaging_product": "whatsapp", "pin": "123456", "colour": "red"}),
    ] {
        assert_eq!(meta.graph("POST", "/101/register", &token, Some(wrong.clone())).await, Err(100), "{wrong}");
    }
    assert!(meta.register("101", &token, "123456").await.is_ok());
    meta.graph("DELETE", "/201/subscribed_apps", &token, None).await.expect("unsubscribed");
    assert_eq!(meta.register("101", &token, "123456").await, Err(100), "nor after it has gone");
}

#[tokio::test]
async fn registering_needs_a_verified_number_its_pin_and_patience() {
    let meta = Meta::new().await;
    let token = meta.token("101", "201").await;
    assert_eq!(meta.graph("GET", "/101/whatsapp_business_profile?fields=about", &token, None).await, Err(133_010));
    meta.subscribe("201", &token).await.expect("subscribed");
    assert_eq!(meta.register("101", &token, "12345").await, Err(100));
    assert!(meta.register("101", &token, "123456").await.is_ok());
    assert!(meta.register("101", &token, "123456").await.is_ok(), "again with the same PIN");
    assert_eq!(meta.register("101", &token, "654321").await, Err(133_005));
    for _ in 3..10 {
        assert!(meta.register("101", &token, "123456").await.is_ok());
    }
    assert_eq!(meta.register("101", &token, "123456").await, Err(133_016));
    assert_eq!(meta.graph("POST", "/101/deregister", &token, None).await, Err(133_016));
    meta.stage.clock.advance(TimeDelta::hours(72));
    assert!(meta.graph("POST", "/101/deregister", &token, None).await.is_ok());
    assert_eq!(meta.graph("POST", "/101/deregister", &token, None).await, Err(133_010));

    let code = meta.sign_up(json!({"phone_number_id": "102", "waba_id": "202", "verified": false})).await;
    let token = meta.exchange(&code, SECRET).await.expect("a token");
    meta.subscribe("202", &token).await.expect("subscribed");
    assert_eq!(meta.register("102", &token, "123456").await, Err(133_006));
    let code = meta.sign_up(json!({"phone_number_id": "103", "waba_id": "203", "event": "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"})).await;
    let token = meta.exchange(&code, SECRET).await.expect("a token");
    meta.subscribe("203", &token).await.expect("subscribed");
    assert_eq!(meta.register("103", &token, "123456").await, Err(100));
    assert_eq!(meta.graph("GET", "/103?fields=status", &token, None).await, Ok(json!({"id": "103", "status": "CONNECTED"})));
}

#[tokio::test]
async fn a_profile_has_metas_limits() {
    let meta = Meta::new().await;
    let token = meta.business("101", "201").await;
    let path = "/101/whatsapp_business_profile";
    for wrong in [
        json!({"about": ""}),
        json!({"about": "a".repeat(140)}),
        json!({"address": "a".repeat(257)}),
        json!({"description": "a".repeat(513)}),
        json!({"email": "nobody"}),
        json!({"websites": ["https://a.example", "https://b.example", "https://c.example"]}),
        json!({"websites": ["ftp://a.example"]}),
        json!({"vertical": "PIZZA"}),
        json!({"profile_picture_handle": "made up"}),
        json!({"colour": "red"}),
    ] {
        let mut body = wrong.clone();
        body["messaging_product"] = json!("whatsapp");
        assert_eq!(meta.graph("POST", path, &token, Some(body)).await, Err(100), "{wrong}");
    }
    assert_eq!(meta.graph("POST", path, &token, Some(json!({"about": "Pizza"}))).await, Err(100), "the product is missing");
    let change = json!({"messaging_product": "whatsapp", "about": "é".repeat(139), "vertical": "RESTAURANT"});
    assert!(meta.graph("POST", path, &token, Some(change)).await.is_ok());
    let shown = meta.graph("GET", &format!("{path}?fields=about,vertical,email"), &token, None).await.expect("a profile");
    assert_eq!(shown, json!({"data": [{"messaging_product": "whatsapp", "about": "é".repeat(139), "vertical": "RESTAURANT"}]}));
}

#[tokio::test]
async fn one_display_name_is_in_review_at_a_time_and_its_decision_is_a_signed_webhook() {
    let meta = Meta::new().await;
    let token = meta.token("101", "201").await;
    assert_eq!(meta.graph("POST", "/101?new_display_name=Pizza", &token, None).await, Err(133_010));
    meta.subscribe("201", &token).await.expect("subscribed");
    meta.register("101", &token, "123456").await.expect("registered");
    assert!(meta.graph("POST", "/101?new_display_name=Pizza", &token, None).await.is_ok());
    assert_eq!(meta.graph("POST", "/101?new_display_name=Pasta", &token, None).await, Err(100));
    let (status, _) = meta.ask("POST", "/sim/api/graph/numbers/101/display-name", "", Some(json!({"approved": true}))).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(meta.stage.simulator.deliver_due().await, 1);
    let shown = meta.graph("GET", "/101?fields=verified_name,name_status", &token, None).await.expect("a number");
    assert_eq!(shown, json!({"id": "101", "verified_name": "Pizza", "name_status": "APPROVED"}));
    assert!(meta.graph("POST", "/101?new_display_name=Pasta", &token, None).await.is_ok());
    let silent = json!({"approved": false, "reason": "NAME_FORMAT_UNACCEPTABLE", "silent": true});
    meta.sim("POST", "graph/numbers/101/display-name", Some(silent)).await;
    assert_eq!(meta.stage.simulator.deliver_due().await, 0, "nobody is told");
    let shown = meta.graph("GET", "/101?fields=name_status,new_display_name,new_name_status", &token, None).await.expect("a number");
    assert_eq!(shown, json!({"id": "101", "name_status": "DECLINED", "new_display_name": "Pasta", "new_name_status": "DECLINED"}));
}

#[tokio::test]
async fn a_fault_is_met_once_and_a_lost_answer_was_carried_out() {
    let meta = Meta::new().await;
    let token = meta.token("101", "201").await;
    meta.subscribe("201", &token).await.expect("subscribed");
    let faults = json!([{"call": "register", "code": 131_016, "http_status": 500}, {"call": "register", "lose_answer": true}]);
    assert_eq!(meta.ask("PUT", "/sim/api/graph/faults", "", Some(faults)).await.0, StatusCode::NO_CONTENT);
    assert_eq!(meta.register("101", &token, "123456").await, Err(131_016));
    assert_eq!(meta.graph("GET", "/101?fields=status", &token, None).await, Ok(json!({"id": "101", "status": "PENDING"})));
    let body = json!({"messaging_product": "whatsapp", "pin": "123456"}).to_string();
    let request =
        Request::post("/sim/graph/v26.0/101/register").header("host", "localhost").header("authorization", format!("Bearer {token}"));
    let answer = meta.router.clone().oneshot(request.body(Body::from(body)).expect("a request")).await.expect("infallible");
    assert!(answer.into_body().collect().await.is_err(), "the answer breaks off");
    assert_eq!(meta.graph("GET", "/101?fields=status", &token, None).await, Ok(json!({"id": "101", "status": "CONNECTED"})));
}
