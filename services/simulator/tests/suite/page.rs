//! The page, used as a person would: Node runs its scripts against a simulator that listens, and clicks. What it sent is looked for here.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use tokio::process::Command;

use crate::meta::Meta;
use crate::screens::{samples, two_screens};

const ANA: &str = "16505550142";
const BEN: &str = "16505550143";
const NUMBER: &str = "101";
const WABA: &str = "201";

/// A chat with one message of each kind that can be answered, another with one at each tick, templates and display names that wait; the path
/// of the Flow's preview.
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
    for name in ["order_shipped", "order_lost"] {
        let body = json!({"type": "BODY", "text": "Your order {{1}} is on its way.", "example": {"body_text": [["1042"]]}});
        let template = json!({"name": name, "language": "en_US", "category": "UTILITY", "components": [body]});
        meta.graph("POST", &format!("/{WABA}/message_templates"), &token, Some(template)).await.expect("asked for");
    }
    let other = meta.business("102", "202").await;
    for (number, token, name) in [(NUMBER, &token, "Trattoria%20Ana"), ("102", &other, "%21%21%21%20BEST%20PIZZA")] {
        meta.graph("POST", &format!("/{number}?new_display_name={name}"), token, None).await.expect("in review");
    }
    one_at_each_tick(meta, &token).await;
    // Long enough for everything to be delivered.
    meta.stage.after(TimeDelta::minutes(1)).await;
    meta.stage.ingress.clear();
    preview(meta, &token, flow).await
}

/// A message to somebody else at each tick, where it stays for the next minutes.
async fn one_at_each_tick(meta: &Meta, token: &str) {
    meta.writes(BEN, NUMBER).await;
    for (tick, rules) in [
        ("Accepted", json!({"sent_ms": 600_000})),
        ("Sent", json!({"delivered_ms": 600_000})),
        ("Delivered", json!({})),
        ("Read", json!({"read_ms": 0})),
        ("Failed", json!({})),
    ] {
        meta.sim("PUT", "rules", Some(rules)).await;
        let wamid = meta.send(NUMBER, token, BEN, json!({"type": "text", "text": {"body": tick}})).await.expect("accepted");
        if tick == "Failed" {
            let status = json!({"phone_number_id": NUMBER, "wa_id": BEN, "wamid": wamid, "status": "failed", "error_code": 131_026});
            meta.sim("POST", "statuses", Some(status)).await;
        }
    }
}

/// The paths of the previews of all valid samples, by the names of their files.
async fn previews(meta: &Meta) -> Value {
    let token = meta.token(NUMBER, WABA).await;
    let mut paths = Map::new();
    for file in std::fs::read_dir(samples()).expect("a folder") {
        let name = file.expect("a file").file_name().into_string().expect("a name");
        if !name.starts_with("valid-") {
            continue;
        }
        let json = std::fs::read_to_string(samples().join(&name)).expect("a sample");
        let flow = json!({"name": name, "categories": ["OTHER"], "flow_json": json, "endpoint_uri": "https://bot.example/flow"});
        let flow = meta.graph("POST", &format!("/{WABA}/flows"), &token, Some(flow)).await.expect("made");
        paths.insert(name, json!(preview(meta, &token, flow["id"].as_str().expect("an id")).await));
    }
    Value::Object(paths)
}

async fn preview(meta: &Meta, token: &str, flow: &str) -> String {
    let shown = meta.graph("GET", &format!("/{flow}?fields=preview.invalidate(false)"), token, None).await.expect("shown");
    let url = shown["preview"]["preview_url"].as_str().expect("a link");
    url[url.find("/sim/").expect("a path of ours")..].to_owned()
}

/// A script of somebody who uses the page, with what it has to know.
async fn used(meta: &Meta, script: &str, told: (&str, String)) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let router = meta.router.clone();
    let served = tokio::spawn(async move { axum::serve(listener, router).await });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page").join(script);
    let mut node = Command::new("node");
    node.arg("--test").arg(script).env("BASE", base).env(told.0, told.1).stdin(Stdio::null()).kill_on_drop(true);
    let output = node.output().await.unwrap_or_else(|error| panic!("this test needs Node.js 20 or newer on PATH ({error})"));
    served.abort();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn every_flow_sample_is_drawn_and_filled_in_to_its_end() {
    let meta = Meta::new().await;
    let paths = previews(&meta).await;
    used(&meta, "flows.test.mjs", ("PREVIEWS", paths.to_string())).await;
    assert!(meta.webhooks("messages").await.is_empty(), "a preview submits nothing");
}

#[tokio::test]
async fn the_page_shows_a_chat_and_sends_what_is_typed_tapped_and_filled_in() {
    let meta = Meta::new().await;
    let preview = set_up(&meta).await;
    used(&meta, "phone.test.mjs", ("PREVIEW", preview)).await;

    let changes = changes(&meta).await;
    let messages: Vec<&Value> =
        values(&changes, "messages").into_iter().filter_map(|value| value["messages"].as_array()).flatten().collect();
    let of = |kind: &str| messages.iter().filter(|message| message["type"] == kind).copied().collect::<Vec<_>>();
    assert_eq!(of("text").iter().map(|message| &message["text"]["body"]).collect::<Vec<_>>(), ["Is there a table?"]);
    let replies: Vec<&Value> = of("interactive").into_iter().map(|message| &message["interactive"]).collect();
    assert_eq!(replies.len(), 3, "{replies:?}");
    assert_eq!(replies[0]["button_reply"], json!({"id": "9", "title": "At nine"}));
    assert_eq!(replies[1]["list_reply"]["id"], "f");
    let answers: Value = serde_json::from_str(replies[2]["nfm_reply"]["response_json"].as_str().expect("a text")).expect("JSON");
    assert_eq!(answers, json!({"name": "Ana", "day": "tue", "flow_token": "t:1"}));
    let calls = values(&changes, "calls");
    assert_eq!(calls.iter().map(|value| &value["calls"][0]["event"]).collect::<Vec<_>>(), ["connect"]);
    let told = |field: &str, keys: [&str; 3]| {
        let mut told: Vec<Value> = values(&changes, field).into_iter().map(|value| json!(keys.map(|key| &value[key]))).collect();
        told.sort_by_key(Value::to_string);
        told
    };
    assert_eq!(
        told("message_template_status_update", ["message_template_name", "event", "reason"]),
        [json!(["order_lost", "REJECTED", "SCAM"]), json!(["order_shipped", "APPROVED", "NONE"])]
    );
    assert_eq!(
        told("phone_number_name_update", ["requested_verified_name", "decision", "rejection_reason"]),
        [json!(["!!! BEST PIZZA", "REJECTED", "NAME_NOT_CONSISTENT"]), json!(["Trattoria Ana", "APPROVED", null])]
    );
}

#[tokio::test]
async fn whatever_can_be_chosen_and_done_on_the_page_reaches_the_business() {
    let meta = Meta::new().await;
    meta.business(NUMBER, WABA).await;
    meta.sim("PUT", &format!("phones/{ANA}"), Some(json!({}))).await;
    let folder = samples().join("../webhooks");
    used(&meta, "typed.test.mjs", ("FOLDER", folder.display().to_string())).await;

    let changes = changes(&meta).await;
    let own = |value: &&Value| value["metadata"]["phone_number_id"] == NUMBER;
    let messages = values(&changes, "messages").into_iter().filter(own).filter_map(|value| value["messages"].as_array()).flatten();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for message in messages {
        *kinds.entry(message["type"].as_str().expect("a type")).or_default() += 1;
    }
    let chosen = ["image", "video", "audio", "document", "sticker", "location", "contacts", "button", "order", "unsupported", "poll_vote"];
    let done = [("text", 2), ("interactive", 5), ("reaction", 2), ("edit", 1), ("revoke", 1)];
    for (kind, times) in chosen.map(|kind| (kind, 1)).into_iter().chain(done) {
        assert_eq!(kinds.get(kind), Some(&times), "{kind} of {kinds:?}");
    }
    assert_eq!(values(&changes, "user_preferences").into_iter().filter(own).count(), 1);
    // Another user id, and the one that comes with another number.
    assert_eq!(values(&changes, "user_id_update").into_iter().filter(own).count(), 2);
    let came = meta.stage.ingress.bodies();
    for file in std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()) {
        let recorded = std::fs::read(&file).expect("it is read");
        assert!(
            file.extension().is_none_or(|kind| kind != "json") || came.contains(&recorded.into()),
            "{} was not replayed",
            file.display()
        );
    }
}

/// All that came.
async fn changes(meta: &Meta) -> Vec<Value> {
    meta.stage.simulator.deliver_due().await;
    let bodies = meta.stage.ingress.bodies();
    let entries = bodies.iter().flat_map(|body| {
        let body: Value = serde_json::from_slice(body).expect("json");
        body["entry"].as_array().cloned().expect("entries")
    });
    entries.flat_map(|entry| entry["changes"].as_array().cloned().expect("changes")).collect()
}

/// What came in a field.
fn values<'a>(changes: &'a [Value], field: &str) -> Vec<&'a Value> {
    changes.iter().filter(|change| change["field"] == field).map(|change| &change["value"]).collect()
}
