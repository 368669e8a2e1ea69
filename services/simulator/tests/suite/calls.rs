//! A person calls: what Meta tells of it, and what the business may do from then on.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::{Value, json};
use whatsapp::payload::Value as Payload;

use crate::ingress::{PERSON, person};
use crate::meta::Meta;

const NUMBER: &str = "101";
const WABA: &str = "201";
/// As a library's own test data has it.
const SAMPLE: &str = include_str!("../../../../schemas/meta/webhooks/calls-user-initiated-connect.json");

/// The person calls; Meta's id of the call.
async fn call(meta: &Meta) -> String {
    let said = meta.sim("POST", &format!("phones/{PERSON}/chats/{NUMBER}/calls"), None).await;
    said["wamid"].as_str().expect("an id").to_owned()
}

fn text() -> Value {
    json!({"type": "text", "text": {"body": "You called?"}})
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_call_rings_and_is_over_because_nobody_answers() {
    let meta = Meta::new().await;
    let wacid = call(&meta).await;
    let rings = meta.webhooks("calls").await.remove(0);
    let sample: Value = serde_json::from_str(SAMPLE).expect("json");
    let sample = &sample["entry"][0]["changes"][0]["value"];
    assert_eq!(names(&rings), names(sample));
    assert!(names(&rings["calls"][0]).is_superset(&names(&sample["calls"][0])), "{rings}");

    let chat = meta.sim("GET", &format!("phones/{PERSON}/chats/{NUMBER}"), None).await;
    let shown = &chat["data"][0];
    assert_eq!((&shown["kind"], &shown["from_person"], &shown["tick"]), (&json!("call"), &json!(true), &json!("delivered")), "{chat}");
    meta.stage.after(TimeDelta::seconds(29)).await;
    assert_eq!(meta.webhooks("calls").await, Vec::<Value>::new(), "it still rings");
    meta.stage.after(TimeDelta::seconds(1)).await;
    let over = meta.webhooks("calls").await.remove(0);
    for (told, is_ringing) in [(&rings, true), (&over, false)] {
        let read = Payload::parse(&json!({"field": "calls", "value": told}).to_string());
        assert_eq!((read.calls.len(), read.leftovers.len(), read.others.len()), (1, 0, 0), "{told}");
        let heard = &read.calls[0];
        assert_eq!((heard.id.as_ref().map(|id| id.as_str()), heard.from.as_ref()), (Some(wacid.as_str()), Some(&person(PERSON))), "{told}");
        assert_eq!(heard.from_user_id, read.contacts[0].user_id, "{told}");
        assert_eq!((heard.is_from_a_person(), heard.event.as_deref() == Some("terminate")), (is_ringing, !is_ringing), "{told}");
    }
}

#[tokio::test]
async fn a_call_opens_the_window_for_24_hours() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    meta.writes(PERSON, NUMBER).await;
    meta.sim("PUT", "rules", Some(json!({"refuse_at_once": true}))).await;
    meta.stage.after(TimeDelta::hours(25)).await;
    assert_eq!(meta.send(NUMBER, &token, PERSON, text()).await, Err(131_047));
    call(&meta).await;
    meta.stage.after(TimeDelta::hours(24) - TimeDelta::seconds(1)).await;
    meta.send(NUMBER, &token, PERSON, text()).await.expect("accepted");
    meta.stage.after(TimeDelta::seconds(1)).await;
    assert_eq!(meta.send(NUMBER, &token, PERSON, text()).await, Err(131_047));
}

#[tokio::test]
async fn a_call_is_no_message_that_is_answered_reacted_to_or_read() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let wacid = call(&meta).await;
    let mut answer = text();
    answer["context"] = json!({"message_id": wacid});
    assert_eq!(meta.send(NUMBER, &token, PERSON, answer).await, Err(131_009));
    let reaction = json!({"type": "reaction", "reaction": {"message_id": wacid, "emoji": "👍"}});
    assert_eq!(meta.send(NUMBER, &token, PERSON, reaction).await, Err(131_009));
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wacid});
    assert_eq!(meta.graph("POST", &format!("/{NUMBER}/messages"), &token, Some(read)).await, Err(100));

    // What was written before it is read, and it is not.
    let wamid = meta.writes(PERSON, NUMBER).await;
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
    meta.graph("POST", &format!("/{NUMBER}/messages"), &token, Some(read)).await.expect("marked");
    let chat = meta.sim("GET", &format!("phones/{PERSON}/chats/{NUMBER}"), None).await;
    assert_eq!((&chat["data"][0]["tick"], &chat["data"][1]["tick"]), (&json!("sent"), &json!("read")), "{chat}");
}

#[tokio::test]
async fn whoever_hides_the_number_calls_without_it() {
    let meta = Meta::new().await;
    meta.sim("PUT", &format!("phones/{PERSON}"), Some(json!({"hidden": true}))).await;
    call(&meta).await;
    let told = meta.webhooks("calls").await.remove(0);
    assert!(!told.to_string().contains(PERSON) && told["calls"][0]["from"].is_null(), "{told}");
    assert_eq!(told["calls"][0]["from_user_id"], told["contacts"][0]["user_id"], "{told}");
}
