//! What people see of a number: its business profile and its display name.

use axum::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_and_a_display_name_need_a_number_and_follow_what_meta_says() {
    let world = World::new().await;
    let project = world.project().await;
    let (profile, name) = (format!("/v1/projects/{project}/profile"), format!("/v1/projects/{project}/display-name"));
    for (method, path, body) in [
        (Method::GET, &profile, None),
        (Method::PATCH, &profile, Some(json!({"about": "Pizza"}))),
        (Method::PUT, &name, Some(json!({"name": "Pizza"}))),
    ] {
        let (status, problem) = world.ask(method, path, body).await;
        assert_eq!((status, &problem["code"]), (409, &json!("number_not_connected")), "{problem}");
    }
    let (status, accepted) = world.sign_up(project, world.popup(json!({"phone_number_id": "101", "waba_id": "201"})).await).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "succeeded").await;

    let wrong = json!({"about": "", "websites": ["https://a.example", "ftp://b.example"], "photo": "AAAA"});
    let (status, problem) = world.ask(Method::PATCH, &profile, Some(wrong)).await;
    let pointers: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!((status, pointers), (422, vec!["/about", "/websites/1", "/photo"]));
    let change = json!({"about": "Pizza since 1999", "email": "a@b.example", "vertical": "RESTAURANT", "photo": "/9j/4AAQSkZJRg=="});
    let (status, changed) = world.ask(Method::PATCH, &profile, Some(change)).await;
    assert_eq!((status, &changed["about"]), (200, &json!("Pizza since 1999")), "{changed}");
    let (status, changed) = world.ask(Method::PATCH, &profile, Some(json!({"email": null}))).await;
    assert_eq!((status, &changed["email"], &changed["vertical"]), (200, &Value::Null, &json!("RESTAURANT")), "{changed}");
    let shown = world.ask(Method::GET, &profile, None).await.1;
    assert_eq!((&shown["about"], &shown["email"]), (&json!("Pizza since 1999"), &Value::Null));
    assert!(shown["photo_url"].is_string(), "{shown}");

    for (asked, approved, expected) in [("Pizza", false, "rejected"), ("Main St. Pizza", true, "approved")] {
        let (status, pending) = world.ask(Method::PUT, &name, Some(json!({"name": asked}))).await;
        assert_eq!((status, &pending["status"]), (202, &json!("pending")), "{pending}");
        let asked_of_meta = world.calls("request_display_name", "101").await;
        let again = world.ask(Method::PUT, &name, Some(json!({"name": asked}))).await;
        assert_eq!(again, (202, pending), "asked again it is the same");
        assert_eq!(world.calls("request_display_name", "101").await, asked_of_meta);
        let (status, problem) = world.ask(Method::PUT, &name, Some(json!({"name": "Another"}))).await;
        assert_eq!((status, &problem["code"]), (409, &json!("display_name_in_review")), "{problem}");
        world.review("101", json!({"approved": approved, "reason": "NAME_FORMAT_UNACCEPTABLE"})).await;
        world.until("the decision came", async || world.ask(Method::GET, &name, None).await.1["status"] == expected).await;
    }
    let shown = world.ask(Method::GET, &name, None).await.1;
    assert_eq!((&shown["verified_name"], &shown["reason"]), (&json!("Main St. Pizza"), &Value::Null), "{shown}");

    // Another number cannot be connected: this one still is, with all of that.
    world.faults(json!([{"call": "register", "code": 133_006}])).await;
    let (status, accepted) = world.sign_up(project, world.popup(json!({"phone_number_id": "102", "waba_id": "202"})).await).await;
    assert_eq!(status, 202, "{accepted}");
    world.operation(accepted["id"].as_str().unwrap(), "failed").await;
    let (status, changed) = world.ask(Method::PATCH, &profile, Some(json!({"about": "Still here"}))).await;
    assert_eq!((status, &changed["about"]), (200, &json!("Still here")), "{changed}");
    assert_eq!(world.line("101").await["profile"]["about"], "Still here");
    assert_eq!(world.ask(Method::GET, &profile, None).await.0, 200);
    let (status, pending) = world.ask(Method::PUT, &name, Some(json!({"name": "Pasta"}))).await;
    assert_eq!((status, &pending["status"]), (202, &json!("pending")), "{pending}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_whose_webhook_never_comes_is_found_at_meta_and_silence_ends_too() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    let path = format!("/v1/projects/{project}/display-name");
    let stands = async |status: &str| {
        world.until(&format!("the name is {status}"), async || world.ask(Method::GET, &path, None).await.1["status"] == status).await;
        world.ask(Method::GET, &path, None).await.1
    };
    for (asked, approved, status, reason) in
        [("Pizza", false, "rejected", json!("DECLINED")), ("Main St. Pizza", true, "approved", Value::Null)]
    {
        assert_eq!(world.ask(Method::PUT, &path, Some(json!({"name": asked}))).await.0, 202);
        world.review("101", json!({"approved": approved, "silent": true})).await;
        assert_eq!(world.ask(Method::GET, &path, None).await.1["status"], "pending", "nobody was told");
        world.clock.advance(TimeDelta::hours(1));
        assert_eq!(stands(status).await["reason"], reason);
    }
    let shown = world.ask(Method::GET, &format!("/v1/projects/{project}"), None).await.1;
    assert_eq!((&shown["number"]["verified_name"], &shown["number"]["name_status"]), (&json!("Main St. Pizza"), &json!("APPROVED")));

    // Meta does not decide, and then cannot even be asked.
    assert_eq!(world.ask(Method::PUT, &path, Some(json!({"name": "Pasta"}))).await.0, 202);
    let looks = world.calls("number", "101").await;
    world.clock.advance(TimeDelta::days(13));
    world.until("it was looked at", async || world.calls("number", "101").await > looks).await;
    assert_eq!(world.ask(Method::GET, &path, None).await.1["status"], "pending");
    world.faults(json!([{"call": "number", "http_status": 503, "times": 100_000}])).await;
    world.clock.advance(TimeDelta::days(1));
    assert_eq!(stands("undecided").await["reason"], "NOT_DECIDED");
    // Another may be asked for here; whether Meta takes it is Meta's to say.
    let (status, problem) = world.ask(Method::PUT, &path, Some(json!({"name": "Pesto"}))).await;
    assert_eq!((status, &problem["code"]), (422, &json!("meta_refused")), "{problem}");
    // Its late word counts.
    world.review("101", json!({"approved": true})).await;
    assert_eq!(stands("approved").await["verified_name"], "Pasta");
    assert_eq!(world.ask(Method::PUT, &path, Some(json!({"name": "Pesto"}))).await.0, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_whose_answer_was_lost_is_in_review_at_once_or_when_it_is_asked_for_again() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    let path = format!("/v1/projects/{project}/display-name");
    let lost = json!({"call": "request_display_name", "lose_answer": true});
    world.faults(json!([lost])).await;
    let (status, pending) = world.ask(Method::PUT, &path, Some(json!({"name": "Pizza"}))).await;
    assert_eq!((status, &pending["requested"], &pending["status"]), (202, &json!("Pizza"), &json!("pending")), "{pending}");
    world.review("101", json!({"approved": true})).await;
    world.until("the decision came", async || world.ask(Method::GET, &path, None).await.1["status"] == "approved").await;

    // Nobody can say whether Meta took it.
    world.faults(json!([lost, {"call": "number", "code": 2, "http_status": 503, "times": 100_000}])).await;
    let (status, problem) = world.ask(Method::PUT, &path, Some(json!({"name": "Pasta"}))).await;
    assert_eq!((status, &problem["code"]), (503, &json!("meta_unavailable")), "{problem}");
    assert_eq!(world.ask(Method::GET, &path, None).await.1["requested"], "Pizza");
    world.faults(json!([])).await;
    let (status, problem) = world.ask(Method::PUT, &path, Some(json!({"name": "Pesto"}))).await;
    assert_eq!((status, &problem["code"]), (422, &json!("meta_refused")), "another is in review there: {problem}");
    let (status, pending) = world.ask(Method::PUT, &path, Some(json!({"name": "Pasta"}))).await;
    assert_eq!((status, &pending["requested"], &pending["status"]), (202, &json!("Pasta"), &json!("pending")), "{pending}");
}
