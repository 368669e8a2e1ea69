//! The command line, as a person types it, against a running simulator.

use std::process::{Command, Output};

use crate::flows::flow_json;
use crate::ingress::{BUSINESS, PERSON, Stage, business};
use crate::meta::Meta;
use axum::Router;
use serde_json::{Value as Json, json};
use simulator::routes;

pub(crate) async fn served(stage: &Stage) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router: Router = routes(stage.simulator.clone()).into();
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn typed(url: &str, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulator"));
    command.args(words).env("PAIGE_SIMULATOR_URL", url).env_remove("PAIGE_META_APP_SECRET");
    tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("joined")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_does_what_it_says() {
    let stage = Stage::new().await;
    let url = served(&stage).await;
    let send = |words: &[&'static str]| [&["send", "--phone", PERSON, "--to", BUSINESS], words].concat();
    let folder = format!("{}/../../schemas/meta/webhooks", env!("CARGO_MANIFEST_DIR"));
    for words in [
        vec!["faults", "--delay-ms", "5"],
        vec!["faults"],
        vec!["phone", PERSON, "--name", "Ana Whitfield", "--username", "@ana", "--hidden", "false"],
        send(&["text", "Hi"]),
        send(&["image", "--caption", "Our table"]),
        send(&["video", "--caption", "Our street"]),
        send(&["audio", "--file"]),
        send(&["document", "Offer.pdf"]),
        send(&["sticker", "--animated"]),
        send(&["location", "-33.5", "151.2", "--name", "Home"]),
        send(&["contacts", "Tom", "16505550177"]),
        send(&["button-reply", "yes", "Yes"]),
        send(&["list-reply", "row_1", "First", "--description", "of all"]),
        send(&["nfm-reply", r#"{"a":1}"#, "--flow-token", "t"]),
        send(&["button", "STOP", "Unsubscribe"]),
        send(&["order", "SKU-1", "--quantity", "2"]),
        send(&["unsupported"]),
        send(&["other", "poll_vote", r#"{"options":["a"]}"#]),
        vec!["call", "--phone", PERSON, "--to", BUSINESS],
        vec!["phone", PERSON, "--chat", BUSINESS],
        vec!["rules", "--throughput", "0", "--review-ms", "5"],
        vec!["rules"],
        vec!["received"],
        vec!["template"],
        vec!["flow"],
        vec!["marketing", "--phone", PERSON, "--to", BUSINESS],
        vec!["phone", PERSON, "--new-user-id"],
        vec!["phone", PERSON, "--new-number", "16505550199"],
        vec!["replay", &folder, "--to", "88", "--shuffle"],
        vec!["deliveries"],
    ] {
        let output = typed(&url, &words).await;
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Json>(&output.stdout).expect("json");
    }
    stage.simulator.deliver_due().await;
    // Of the recorded bodies one is a call as well, to another number.
    let values = stage.ingress.values();
    let here = values.iter().filter(|value| value.phone_number_id == Some(business()));
    assert_eq!(here.flat_map(|value| &value.calls).filter(|call| call.is_from_a_person()).count(), 1);
    let texts = stage.ingress.texts();
    for text in ["Hi", "Our table", "Our street", "Home", "Yes", "First"] {
        assert!(texts.iter().any(|found| found == text), "{text} is not among {texts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_what_a_person_would_send() {
    let meta = Meta::new().await;
    let url = served(&meta.stage).await;
    for (words, kind, key, content) in [
        (&["text", "Hi"][..], "text", "text", json!({"body": "Hi"})),
        (&["button-reply", "yes", "Yes"][..], "interactive", "button_reply", json!({"id": "yes", "title": "Yes"})),
        (&["list-reply", "r", "First"][..], "interactive", "list_reply", json!({"id": "r", "title": "First"})),
        (&["nfm-reply", r#"{"a":1}"#][..], "interactive", "nfm_reply", json!({"name": "flow"})),
        (&["image", "--caption", "Us"][..], "image", "image", json!({"caption": "Us", "mime_type": "image/jpeg"})),
    ] {
        let output = typed(&url, &[&["send", "--phone", PERSON, "--to", BUSINESS], words].concat()).await;
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        let message = meta.webhooks("messages").await.remove(0)["messages"][0].clone();
        let sent = if kind == "interactive" { &message["interactive"][key] } else { &message[key] };
        assert_eq!(message["type"], kind);
        for (name, value) in content.as_object().expect("an object") {
            assert_eq!(sent[name], *value, "{words:?}: {name} of {message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_flows_and_templates_are_handled_by_typing() {
    let meta = Meta::new().await;
    let token = meta.business("101", "201").await;
    meta.writes(PERSON, "101").await;
    let draft =
        json!({"name": "hello", "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": "Hello there."}]});
    let template = meta.graph("POST", "/201/message_templates", &token, Some(draft)).await.expect("created");
    let flow = json!({"name": "Survey", "categories": ["OTHER"], "flow_json": flow_json("First"), "publish": true});
    let flow = meta.graph("POST", "/201/flows", &token, Some(flow)).await.expect("published");
    let (template, flow) = (template["id"].as_str().expect("an id"), flow["id"].as_str().expect("an id"));
    let interactive = |content: Json| json!({"type": "interactive", "interactive": content});
    let buttons = json!({"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]});
    let question = interactive(json!({"type": "button", "body": {"text": "?"}, "action": buttons}));
    let question = meta.send("101", &token, PERSON, question).await.expect("accepted");
    let rows = json!({"button": "See", "sections": [{"title": "Pizza", "rows": [{"id": "m", "title": "Margherita"}, {"id": "f", "title": "Funghi"}]}]});
    let menu = interactive(json!({"type": "list", "body": {"text": "?"}, "action": rows}));
    let menu = meta.send("101", &token, PERSON, menu).await.expect("accepted");
    let parameters = json!({"flow_message_version": "3", "flow_id": flow, "flow_cta": "Open", "flow_token": "t:1"});
    let opened = interactive(json!({"type": "flow", "body": {"text": "?"}, "action": {"name": "flow", "parameters": parameters}}));
    let opened = meta.send("101", &token, PERSON, opened).await.expect("accepted");
    meta.webhooks("messages").await;
    let url = served(&meta.stage).await;
    for words in [
        vec!["tap", "--phone", PERSON, "--to", "101", &question, "--title", "Yes"],
        vec!["tap", "--phone", PERSON, "--to", "101", &menu, "--title", "Funghi"],
        vec!["submit", "--phone", PERSON, "--to", "101", &opened, r#"{"name":"Ana"}"#],
        vec!["template", template, "approve"],
        vec!["template", template, "quality", "--value", "RED"],
        vec!["flow", flow, "--status", "throttled"],
    ] {
        let output = typed(&url, &words).await;
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let values = meta.webhooks("messages").await;
    let kinds: Vec<&Json> = values.iter().map(|value| &value["messages"][0]["interactive"]["type"]).collect();
    for kind in ["button_reply", "list_reply", "nfm_reply"] {
        assert!(kinds.contains(&&json!(kind)), "{kind} is not among {kinds:?}");
    }
    let shown = meta.graph("GET", &format!("/{template}?fields=status,quality_score"), &token, None).await.expect("a template");
    assert_eq!((&shown["status"], &shown["quality_score"]["score"]), (&json!("APPROVED"), &json!("RED")));
    assert_eq!(meta.graph("GET", &format!("/{flow}?fields=status"), &token, None).await.expect("a Flow")["status"], "THROTTLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_word_or_a_missing_simulator_is_said_plainly() {
    let stage = Stage::new().await;
    let url = served(&stage).await;
    for (words, says) in [
        (vec!["send", "--phone", "abc", "--to", BUSINESS, "text", "Hi"], "not a WaId"),
        (vec!["send", "--phone", PERSON, "--to", BUSINESS, "text", ""], "422"),
        (vec!["faults", "--batch", "0"], "batch is 1 to 1000"),
        (vec!["deliveries", "--simulator", "http://127.0.0.1:1"], "no simulator at http://127.0.0.1:1"),
        (vec!["serve", "--app-secret", "x", "--listen", "0.0.0.0:0"], "not a loopback address"),
        (vec!["serve", "--app-secret", "x", "--listen", "127.0.0.1:0", "--target", "http://10.0.0.1/"], "not a loopback address"),
    ] {
        let output = typed(&url, &words).await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(says), "{words:?}: {error}");
    }
}
