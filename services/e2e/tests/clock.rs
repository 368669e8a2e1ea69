//! The clock of a development installation: forwards, for every service, by the platform key alone.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use chassis::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use e2e::Stage;
use reqwest::Method;
use serde_json::{Value, json};

const CLOCK: &str = "/v1/dev/clock";

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_goes_forwards_for_everybody_and_never_back() {
    let stage = Stage::start().await;
    let project = stage.project("Clockwork").await;
    let shown = stage.call(Method::GET, CLOCK, None).await;
    assert_eq!(shown["ahead_seconds"], 0);
    let moved = stage.call(Method::POST, CLOCK, Some(json!({ "advance_seconds": 13 * 86_400 }))).await;
    assert_eq!(moved["ahead_seconds"], 13 * 86_400);
    for refused in [json!({ "advance_seconds": -1 }), json!({ "to": shown["now"] }), json!({}), json!({ "advance_seconds": 400_000_000 })] {
        let (status, problem) = stage.request(Method::POST, CLOCK, Some(refused.clone())).await;
        assert_eq!((status, &problem["code"]), (422, &json!("invalid_body")), "{refused}");
    }
    let subscription = format!("/v1/projects/{project}/subscription");
    let trial = stage.call(Method::GET, &subscription, None).await;
    assert_eq!(trial["state"], "trialing");
    let ends_at = instant(&trial["trial"]["ends_at"]);
    assert!(stage.clock.now() < ends_at && stage.clock.now() - Clock::System.now() > TimeDelta::days(12));
    stage.call(Method::POST, CLOCK, Some(json!({ "to": ends_at }))).await;
    stage.until("the trial has ended", async || stage.call(Method::GET, &subscription, None).await["state"] == "expired").await;
    let path = format!("/v1/projects/{project}");
    stage.until("the project is suspended", async || stage.call(Method::GET, &path, None).await["status"] == "suspended").await;
    stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_moves_the_clock_without_the_platform_key() {
    let stage = Stage::start().await;
    for key in ["", "paige_nothing"] {
        let request = stage.http.post(format!("{}{CLOCK}", stage.base)).bearer_auth(key).json(&json!({ "advance_seconds": 1 }));
        assert_eq!(request.send().await.unwrap().status(), 401, "{key:?}");
    }
    assert_eq!(stage.call(Method::GET, CLOCK, None).await["ahead_seconds"], 0);
    stage.finish(0).await;
}
