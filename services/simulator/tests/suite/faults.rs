//! What goes wrong with calls on request: the next ones, or a share of all by a seed.

use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::meta::{Body, Meta};

const ANA: &str = "16505550142";
const NUMBER: &str = "101";

async fn open_chat() -> (Meta, String) {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    meta.writes(ANA, NUMBER).await;
    meta.sim("PUT", "rules", Some(json!({"throughput": 0, "pair_burst": 0}))).await;
    (meta, token)
}

async fn faults(meta: &Meta, faults: Value) {
    meta.sim("PUT", "graph/faults", Some(faults)).await;
}

fn text() -> Value {
    json!({"type": "text", "text": {"body": "Hi"}, "biz_opaque_callback_data": "job=1"})
}

#[tokio::test]
async fn an_answer_that_is_lost_was_a_message_that_is_sent() {
    let (meta, token) = open_chat().await;
    faults(&meta, json!([{"call": "send_message", "lose_answer": true, "hold_ms": 20}])).await;
    let mut body = text();
    (body["messaging_product"], body["to"]) = (json!("whatsapp"), json!(ANA));
    let request = Request::post(format!("/sim/graph/v26.0/{NUMBER}/messages")).header("host", "localhost");
    let request = request.header("authorization", format!("Bearer {token}")).body(Body::from(body.to_string())).expect("a request");
    let answer = meta.router.clone().oneshot(request).await.expect("infallible");
    assert!(answer.into_body().collect().await.is_err(), "the answer breaks off");
    assert_eq!(meta.sim("GET", "received", None).await["count"], 1);
    let statuses = meta.statuses().await;
    assert!(statuses.len() == 2 && statuses.iter().all(|(_, _, status)| status["biz_opaque_callback_data"] == "job=1"));
}

#[tokio::test]
async fn a_refusal_and_a_proxy_send_nothing() {
    let (meta, token) = open_chat().await;
    faults(
        &meta,
        json!([
            {"call": "send_message", "code": 131_016, "http_status": 500, "is_transient": true, "times": 2},
            {"call": "send_message", "http_status": 502},
        ]),
    )
    .await;
    assert_eq!(meta.send(NUMBER, &token, ANA, text()).await, Err(131_016));
    assert_eq!(meta.send(NUMBER, &token, ANA, text()).await, Err(131_016));
    let mut body = text();
    (body["messaging_product"], body["to"]) = (json!("whatsapp"), json!(ANA));
    let (status, answer) = meta.ask("POST", &format!("/sim/graph/v26.0/{NUMBER}/messages"), &token, Some(body)).await;
    assert_eq!((status.as_u16(), answer), (502, Value::Null));
    assert_eq!(meta.sim("GET", "received", None).await["count"], 0);
    assert!(meta.send(NUMBER, &token, ANA, text()).await.is_ok(), "faults are used up");
}

#[tokio::test]
async fn an_unknown_error_and_a_proxy_may_hide_a_message_that_is_sent() {
    let (meta, token) = open_chat().await;
    faults(
        &meta,
        json!([
            {"call": "send_message", "code": 131_000, "http_status": 500},
            {"call": "send_message", "code": 131_000, "http_status": 500, "done": true},
            {"call": "send_message", "http_status": 408, "done": true},
            {"call": "send_message", "code": 131_000, "http_status": 500, "done": true},
        ]),
    )
    .await;
    for on_phones in [0, 1] {
        assert_eq!(meta.send(NUMBER, &token, ANA, text()).await, Err(131_000));
        assert_eq!(meta.sim("GET", "received", None).await["count"], on_phones);
    }
    let mut body = text();
    (body["messaging_product"], body["to"]) = (json!("whatsapp"), json!(ANA));
    let (status, answer) = meta.ask("POST", &format!("/sim/graph/v26.0/{NUMBER}/messages"), &token, Some(body)).await;
    assert_eq!((status.as_u16(), answer), (408, Value::Null));
    assert_eq!(meta.sim("GET", "received", None).await["count"], 2);
    // What cannot be sent is still refused for its own reason.
    let refused = meta.send(NUMBER, &token, ANA, json!({"type": "text"})).await;
    assert!(refused.as_ref().is_err_and(|code| *code != 131_000), "{refused:?}");
    assert_eq!(meta.sim("GET", "received", None).await["count"], 2);
}

#[tokio::test]
async fn a_share_of_calls_follows_from_the_seed() {
    let met = async |seed: u64| {
        let (meta, token) = open_chat().await;
        faults(&meta, json!([{"call": "send_message", "code": 130_429, "percent": 30, "seed": seed}])).await;
        let mut met = Vec::new();
        for _ in 0..200 {
            met.push(meta.send(NUMBER, &token, ANA, text()).await.is_err());
        }
        let delivered = meta.sim("GET", "received", None).await["count"].as_u64().expect("a number");
        assert_eq!(delivered, met.iter().filter(|met| !**met).count() as u64);
        met
    };
    let (first, again, other) = (met(7).await, met(7).await, met(8).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert!((40..80).contains(&first.iter().filter(|met| **met).count()), "{first:?}");
}

#[tokio::test]
async fn an_accepted_message_can_fail_later() {
    let (meta, token) = open_chat().await;
    faults(&meta, json!([{"call": "send_message", "fail_later": 131_049}])).await;
    let wamid = meta.send(NUMBER, &token, ANA, text()).await.expect("accepted");
    let statuses = meta.statuses().await;
    assert_eq!((statuses.len(), &statuses[0].0, &statuses[0].2["errors"][0]["code"]), (1, &wamid, &json!(131_049)));
    assert_eq!(meta.sim("GET", "received", None).await["count"], 0);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let (meta, _) = open_chat().await;
    for fault in [
        json!({"call": "register"}),
        json!({"call": "register", "lose_answer": true, "code": 1}),
        json!({"call": "register", "fail_later": 1}),
        json!({"call": "register", "lose_answer": true, "done": true}),
        json!({"call": "register", "hold_ms": 1, "done": true}),
        json!({"call": "register", "code": 1, "percent": 0}),
        json!({"call": "register", "code": 1, "percent": 101}),
        json!({"call": "register", "code": 1, "times": 0}),
        json!({"call": "register", "http_status": 200}),
        json!({"call": "register", "hold_ms": 600_001}),
    ] {
        let (status, _) = meta.ask("PUT", "/sim/api/graph/faults", "", Some(json!([fault]))).await;
        assert_eq!(status.as_u16(), 422, "{fault}");
    }
}
