//! What a person taps on in a message of the business.

use serde_json::{Value, json};

use crate::meta::Meta;

const ANA: &str = "16505550142";
const NUMBER: &str = "101";

async fn open_chat() -> (Meta, String) {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    meta.writes(ANA, NUMBER).await;
    (meta, token)
}

async fn tap(meta: &Meta, wamid: &str, on: Value) -> (u16, Value) {
    let mut body = on;
    body["wamid"] = json!(wamid);
    let (status, answer) = meta.ask("POST", &format!("/sim/api/phones/{ANA}/chats/{NUMBER}/taps"), "", Some(body)).await;
    (status.as_u16(), answer)
}

async fn last_message(meta: &Meta) -> Value {
    meta.webhooks("messages").await.iter().rev().find_map(|value| value["messages"].get(0).cloned()).expect("a message")
}

#[tokio::test]
async fn buttons_rows_and_places_are_answers_to_their_message() {
    let (meta, token) = open_chat().await;
    let interactive =
        |kind: &str, action: Value| json!({"type": "interactive", "interactive": {"type": kind, "body": {"text": "?"}, "action": action}});
    let buttons = json!({"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}, {"type": "reply", "reply": {"id": "n", "title": "No"}}]});
    let rows = json!({"button": "Open", "sections": [{"title": "A", "rows": [{"id": "r1", "title": "First", "description": "d"}]}]});
    for (message, on, key, answer) in [
        (
            interactive("button", buttons.clone()),
            json!({"title": "No"}),
            "interactive",
            json!({"type": "button_reply", "button_reply": {"id": "n", "title": "No"}}),
        ),
        (
            interactive("list", rows),
            json!({"choice": 0}),
            "interactive",
            json!({"type": "list_reply", "list_reply": {"id": "r1", "title": "First", "description": "d"}}),
        ),
        (
            interactive("location_request_message", json!({"name": "send_location"})),
            json!({"choice": 0, "latitude": 1.5, "longitude": 2.5}),
            "location",
            json!({"latitude": 1.5, "longitude": 2.5}),
        ),
    ] {
        let wamid = meta.send(NUMBER, &token, ANA, message.clone()).await.expect("accepted");
        meta.webhooks("messages").await;
        let (status, tapped) = tap(&meta, &wamid, on).await;
        assert_eq!((status, &tapped["did"]), (200, &json!("answered")), "{message}");
        let received = last_message(&meta).await;
        assert_eq!((&received[key], &received["context"]["id"], &received["id"]), (&answer, &json!(wamid), &tapped["wamid"]));
    }
    let wamid = meta.send(NUMBER, &token, ANA, interactive("button", buttons)).await.expect("accepted");
    assert_eq!(tap(&meta, &wamid, json!({"title": "Maybe"})).await.0, 404);
    assert_eq!(tap(&meta, &wamid, json!({})).await.0, 422, "more than one fits");
    assert_eq!(tap(&meta, "wamid.unknown", json!({"choice": 0})).await.0, 404);
}

#[tokio::test]
async fn a_link_is_opened_and_nobody_hears_of_it() {
    let (meta, token) = open_chat().await;
    let link = json!({"type": "interactive", "interactive": {"type": "cta_url", "header": {"type": "text", "text": "H"}, "body": {"text": "?"}, "footer": {"text": "F"},
        "action": {"name": "cta_url", "parameters": {"display_text": "See", "url": "https://shop.example/a"}}}});
    let wamid = meta.send(NUMBER, &token, ANA, link).await.expect("accepted");
    meta.webhooks("messages").await;
    assert_eq!(
        tap(&meta, &wamid, json!({"choice": 0})).await.1,
        json!({"did": "opened", "what": "url", "value": "https://shop.example/a"})
    );
    assert_eq!(meta.stage.simulator.undelivered(), 0);
    let shown = meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await["data"][1].clone();
    assert_eq!((&shown["header"], &shown["footer"], &shown["text"]), (&json!("H"), &json!("F"), &json!("?")));
}

#[tokio::test]
async fn who_stops_marketing_is_heard() {
    let (meta, _) = open_chat().await;
    meta.webhooks("messages").await;
    meta.sim("POST", &format!("phones/{ANA}/chats/{NUMBER}/marketing"), Some(json!({"stop": true}))).await;
    let value = meta.webhooks("user_preferences").await.remove(0);
    assert_eq!((&value["user_preferences"][0]["value"], &value["user_preferences"][0]["wa_id"]), (&json!("stop"), &json!(ANA)));
    assert_eq!(meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await["no_marketing"], true);
}
