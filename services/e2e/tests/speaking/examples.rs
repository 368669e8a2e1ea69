//! Every published example of a message, sent for real: each arrives on the phone as it was asked for, and its ticks come back.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::grounded::{Ground, by_flow_name, examples};
use crate::talk::{NUMBER, PHONE, Talk};

/// What a message is: its type, and that of an interactive one.
fn kind(message: &Value) -> (String, Option<String>) {
    let subtype = message.pointer("/interactive/type").and_then(Value::as_str).map(str::to_owned);
    (message["type"].as_str().unwrap().to_owned(), subtype)
}

/// Every type that the API takes, as it says itself when it is asked for another.
async fn every_kind(talk: &Talk) -> BTreeSet<(String, Option<String>)> {
    let choices = async |message: Value, pointer: &str| {
        let (status, problem) = talk.try_send(message).await;
        assert_eq!(status, 422, "{problem}");
        let wrong =
            problem["errors"].as_array().unwrap().iter().find(|wrong| wrong["pointer"] == pointer).unwrap_or_else(|| panic!("{problem}"));
        let listed = wrong["detail"].as_str().unwrap().strip_prefix("must be one of ").unwrap_or_else(|| panic!("{problem}"));
        listed.split(", ").map(str::to_owned).collect::<Vec<_>>()
    };
    let types = choices(json!({ "type": "telegram" }), "/type").await;
    let mut kinds: BTreeSet<_> = types.into_iter().filter(|name| name != "interactive").map(|name| (name, None)).collect();
    let subtypes = choices(json!({ "type": "interactive", "interactive": { "type": "telegram" } }), "/interactive/type").await;
    kinds.extend(subtypes.into_iter().map(|name| ("interactive".to_owned(), Some(name))));
    kinds
}

/// What the person wrote is shown as read, and that an answer is being typed.
async fn read_and_typing(talk: &Talk) -> String {
    let messages = talk.get(&format!("/contacts/{}/messages", talk.contact)).await;
    let heard = &messages["data"][0];
    let chat = async || talk.stage.sim(Method::GET, &format!("/phones/{PHONE}/chats/{NUMBER}"), None).await;
    assert_eq!(chat().await["typing"], false);
    talk.mark_read(&heard["id"], json!({ "typing": true })).await;
    talk.stage
        .until("the phone shows two blue ticks, and that somebody types", async || {
            let chat = chat().await;
            chat["typing"] == true && chat["data"][0]["wamid"] == heard["wamid"] && chat["data"][0]["tick"] == "read"
        })
        .await;
    heard["wamid"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_example_arrives_as_it_was_asked_for() {
    let talk = Talk::begun().await;
    let heard = read_and_typing(&talk).await;
    let ground = Ground::prepare(&talk, &heard).await;
    let mut sent = Vec::new();
    for (name, example) in examples("outbound").into_iter().chain([by_flow_name("outbound", "template-flow", "/template/name")]) {
        let asked = ground.asked(&example);
        let (status, answer) = talk.stage.send(&talk.to_contact(), &name, asked.clone()).await;
        assert_eq!(status, 202, "{name}: {answer}");
        sent.push((name, asked, answer["id"].as_str().unwrap().to_owned()));
    }
    let mut arrived = BTreeSet::new();
    for (name, asked, id) in &sent {
        // Of a reaction Meta tells that it was sent, and nothing more.
        let steps: &[&str] = match asked["type"] == "reaction" {
            true => &["accepted", "requested", "sending", "sent"],
            false => &["accepted", "delivered", "requested", "sending", "sent"],
        };
        talk.stage
            .until(&format!("{name} has arrived"), async || {
                let ledger = talk.ledger(id).await;
                assert!(ledger.iter().all(|step| steps.contains(&step.as_str())), "{name}: {ledger:?}");
                ledger == steps
            })
            .await;
        let received = talk.stage.sim(Method::GET, &format!("/received?biz_opaque_callback_data={id}"), None).await;
        let [message] = &received["data"].as_array().unwrap()[..] else { panic!("{name}, other than once: {received}") };
        assert_eq!((&message["from"], &message["to"]), (&json!(NUMBER), &json!(PHONE)), "{name}");
        assert_eq!(message["wamid"], talk.get(&format!("/messages/{id}")).await["wamid"], "{name}");
        assert_eq!(message["body"], ground.at_meta(&talk, asked, id, &message["body"]).await, "{name}");
        arrived.insert(kind(&message["body"]));
    }
    assert_eq!(arrived, every_kind(&talk).await, "types of which no example arrived, or that nobody may send");
    talk.finish().await;
}
