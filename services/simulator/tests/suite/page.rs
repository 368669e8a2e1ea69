//! The page, used as a person would: Node runs its scripts against a simulator that listens, and clicks. What it sent is looked for here.

use std::path::Path;
use std::process::Stdio;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::meta::Meta;
use crate::screens::two_screens;

const ANA: &str = "16505550142";
const NUMBER: &str = "101";
const WABA: &str = "201";

/// A chat with one message of each kind that can be answered, and a template that waits; the path of the Flow's preview.
async fn set_up(meta: &Meta) -> String {
    let token = meta.business(NUMBER, WABA).await;
    meta.writes(ANA, NUMBER).await;
    let flow = json!({"name": "Survey", "categories": ["SURVEY"], "flow_json": two_screens().to_string(), "publish": true});
    let flow = meta.graph("POST", &format!("/{WABA}/flows"), &token, Some(flow)).await.expect("published");
    let flow = flow["id"].as_str().expect("an id");
    let reply = |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let parameters = json!({"flow_message_version": "3", "flow_id": flow, "flow_cta": "Open", "flow_token": "t:1"});
    let pizza = json!({"title": "Pizza", "rows": [{"id": "m", "title": "Margherita", "description": "tomato, basil"}, {"id": "f", "title": "Funghi"}]});
    let drinks = json!({"title": "Drinks", "rows": [{"id": "w", "title": "Water"}]});
    let interactive = |kind: &str, text: &str, action: Value| json!({"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}});
    for message in [
        json!({"type": "text", "text": {"body": "<b>Good evening</b> & welcome"}}),
        interactive("button", "When?", json!({"buttons": [reply("8", "At eight"), reply("9", "At nine")]})),
        interactive("list", "What?", json!({"button": "See all", "sections": [pizza, drinks]})),
        interactive("flow", "Who are you?", json!({"name": "flow", "parameters": parameters})),
    ] {
        meta.send(NUMBER, &token, ANA, message).await.expect("accepted");
    }
    let body = json!({"type": "BODY", "text": "Your order {{1}} is on its way.", "example": {"body_text": [["1042"]]}});
    let template = json!({"name": "order_shipped", "language": "en_US", "category": "UTILITY", "components": [body]});
    meta.graph("POST", &format!("/{WABA}/message_templates"), &token, Some(template)).await.expect("asked for");
    // Long enough for everything to be delivered.
    meta.stage.after(TimeDelta::minutes(1)).await;
    meta.stage.ingress.clear();
    let shown = meta.graph("GET", &format!("/{flow}?fields=preview.invalidate(false)"), &token, None).await.expect("shown");
    let url = shown["preview"]["preview_url"].as_str().expect("a link");
    url[url.find("/sim/").expect("a path of ours")..].to_owned()
}

#[tokio::test]
async fn the_page_shows_a_chat_and_sends_what_is_typed_tapped_and_filled_in() {
    let meta = Meta::new().await;
    let preview = set_up(&meta).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let router = meta.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/phone.test.mjs");
    let mut node = Command::new("node");
    node.arg("--test").arg(script).env("BASE", base).env("PREVIEW", preview).stdin(Stdio::null()).kill_on_drop(true);
    let output = node.output().await.unwrap_or_else(|error| panic!("this test needs Node.js 20 or newer on PATH ({error})"));
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));

    let values = meta.webhooks("messages").await;
    let messages: Vec<&Value> = values.iter().filter_map(|value| value["messages"].as_array()).flatten().collect();
    let of = |kind: &str| messages.iter().filter(|message| message["type"] == kind).copied().collect::<Vec<_>>();
    assert_eq!(of("text").iter().map(|message| &message["text"]["body"]).collect::<Vec<_>>(), ["Is there a table?"]);
    let replies: Vec<&Value> = of("interactive").into_iter().map(|message| &message["interactive"]).collect();
    assert_eq!(replies.len(), 3, "{replies:?}");
    assert_eq!(replies[0]["button_reply"], json!({"id": "9", "title": "At nine"}));
    assert_eq!(replies[1]["list_reply"]["id"], "f");
    let answers: Value = serde_json::from_str(replies[2]["nfm_reply"]["response_json"].as_str().expect("a text")).expect("JSON");
    assert_eq!(answers, json!({"name": "Ana", "day": "tue", "flow_token": "t:1"}));
}
