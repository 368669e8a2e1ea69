//! A Flow on a phone: opened, walked through, submitted; and what the business gets of it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::meta::Meta;

const ANA: &str = "16505550142";
const NUMBER: &str = "101";
const WABA: &str = "201";

/// Two screens; the second one ends.
pub(crate) fn two_screens() -> Value {
    let footer = |action: Value| json!({"type": "Footer", "label": "Go", "on-click-action": action});
    json!({"version": "6.0", "screens": [
        {"id": "NAME", "title": "Your name", "data": {}, "layout": {"type": "SingleColumnLayout", "children": [
            {"type": "TextInput", "name": "name", "label": "Name", "required": true},
            footer(json!({"name": "navigate", "next": {"type": "screen", "name": "DAY"}, "payload": {"name": "${form.name}"}})),
        ]}},
        {"id": "DAY", "title": "The day", "terminal": true, "success": true, "data": {"name": {"type": "string", "__example__": "Ana"}},
            "layout": {"type": "SingleColumnLayout", "children": [
            {"type": "TextHeading", "text": "${data.name}"},
            {"type": "RadioButtonsGroup", "name": "day", "label": "Day", "required": true, "data-source": [{"id": "mon", "title": "Monday"}, {"id": "tue", "title": "Tuesday"}]},
            footer(json!({"name": "complete", "payload": {"name": "${data.name}", "day": "${form.day}"}})),
        ]}},
    ]})
}

/// Where the sample Flows are.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/meta/flows")
}

async fn sent() -> (Meta, String, String) {
    sent_to_open(&two_screens().to_string(), "navigate").await
}

/// The Flow in a message to somebody; who says what its first screen is.
async fn sent_to_open(flow_json: &str, flow_action: &str) -> (Meta, String, String) {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    meta.give_key(NUMBER, &token).await;
    meta.writes(ANA, NUMBER).await;
    let endpoint = "https://bot.example/flow";
    let body = json!({"name": "Survey", "categories": ["SURVEY"], "flow_json": flow_json, "endpoint_uri": endpoint, "publish": true});
    let made = meta.graph("POST", &format!("/{WABA}/flows"), &token, Some(body)).await.expect("published");
    let id = made["id"].as_str().expect("an id").to_owned();
    let message = json!({"type": "interactive", "interactive": {"type": "flow", "body": {"text": "?"}, "action": {"name": "flow", "parameters": {
        "flow_message_version": "3", "flow_id": id, "flow_cta": "Open", "flow_token": "t:1", "flow_action": flow_action}}}});
    let wamid = meta.send(NUMBER, &token, ANA, message).await.expect("accepted");
    meta.webhooks("messages").await;
    (meta, wamid, id)
}

async fn ask(meta: &Meta, end: &str, wamid: &str, body: Value) -> (u16, Value) {
    let mut body = body;
    body["wamid"] = json!(wamid);
    let (status, answer) = meta.ask("POST", &format!("/sim/api/phones/{ANA}/chats/{NUMBER}/flow{end}"), "", Some(body)).await;
    (status.as_u16(), answer)
}

fn footer(answer: &Value) -> Value {
    answer["screen"]["footer"]["path"].clone()
}

#[tokio::test]
async fn a_flow_is_walked_through_and_its_answers_are_text_with_the_token() {
    let (meta, wamid, _) = sent().await;
    let (_, first) = ask(&meta, "", &wamid, json!({})).await;
    assert_eq!((&first["outcome"], &first["screen"]["title"]), (&json!("screen"), &json!("Your name")));
    let step = |answer: &Value, form: Value| json!({"state": answer["state"], "step": {"component": footer(answer), "form": form}});
    let (_, wrong) = ask(&meta, "/step", &wamid, step(&first, json!({"name": ""}))).await;
    assert_eq!((&wrong["outcome"], &wrong["errors"][0]["name"]), (&json!("inputs"), &json!("name")));
    let (_, second) = ask(&meta, "/step", &wamid, step(&first, json!({"name": "Ana"}))).await;
    assert_eq!((&second["screen"]["screen"], &second["screen"]["components"][0]["text"]), (&json!("DAY"), &json!("Ana")));
    let (_, back) = ask(&meta, "/step", &wamid, json!({"state": second["state"]})).await;
    assert_eq!((&back["screen"]["screen"], &back["screen"]["components"][0]["value"]), (&json!("NAME"), &json!("Ana")));
    let (_, done) = ask(&meta, "/step", &wamid, step(&second, json!({"day": "tue"}))).await;
    assert_eq!(done["outcome"], "submitted");
    let reply = meta.webhooks("messages").await.remove(0)["messages"][0].clone();
    assert_eq!((&reply["id"], &reply["context"]["id"]), (&done["wamid"], &json!(wamid)));
    let nfm = &reply["interactive"]["nfm_reply"];
    let answers: Value = serde_json::from_str(nfm["response_json"].as_str().expect("text")).expect("json");
    assert_eq!((&nfm["name"], answers), (&json!("flow"), json!({"name": "Ana", "day": "tue", "flow_token": "t:1"})));
}

#[tokio::test]
async fn answers_can_be_submitted_without_the_screens() {
    let (meta, wamid, _) = sent().await;
    assert_eq!(ask(&meta, "/submission", &wamid, json!({"answers": {"day": "mon"}})).await.0, 201);
    assert_eq!(submitted(&meta).await, json!({"day": "mon", "flow_token": "t:1"}));
    assert_eq!(ask(&meta, "/submission", &wamid, json!({"answers": [1]})).await.0, 422);
}

#[tokio::test]
async fn a_blocked_flow_is_not_opened_and_a_deprecated_one_is() {
    let (meta, wamid, id) = sent().await;
    for (status, answered) in [("BLOCKED", 422), ("PUBLISHED", 200), ("DEPRECATED", 200)] {
        meta.sim("POST", &format!("flows/{id}/status"), Some(json!({"status": status}))).await;
        assert_eq!(ask(&meta, "", &wamid, json!({})).await.0, answered, "{status}");
    }
    let said = meta.writes(ANA, NUMBER).await;
    assert_eq!(ask(&meta, "", &said, json!({})).await.0, 404, "it carries no Flow");
}

#[tokio::test]
async fn a_state_of_elsewhere_is_refused() {
    let (meta, wamid, _) = sent().await;
    for body in [
        json!({"state": {"screen": "NOWHERE"}, "step": {"component": "layout.children[1]"}}),
        json!({"state": {"screen": "NAME"}, "step": {"component": "layout.children[9]"}}),
        json!({"state": {"screen": "NAME"}}),
        json!({"state": 1}),
    ] {
        assert_eq!(ask(&meta, "/step", &wamid, body.clone()).await.0, 422, "{body}");
    }
}

#[tokio::test]
async fn a_preview_walks_through_the_draft_and_submits_nothing() {
    let (meta, _, id) = sent().await;
    let token = meta.token(NUMBER, WABA).await;
    let shown = meta.graph("GET", &format!("/{id}?fields=preview.invalidate(false)"), &token, None).await.expect("a preview");
    let link = shown["preview"]["preview_url"].as_str().expect("a link").to_owned();
    assert!(meta.fetch(&link, "").await.0.is_success());
    let of_link = link.split_once("token=").expect("a token").1;
    let ask = async |body: Value| meta.ask("POST", &format!("/sim/api/flows/{id}/preview"), "", Some(body)).await;
    let (_, first) = ask(json!({"token": of_link})).await;
    let step = |answer: &Value, form: Value| json!({"token": of_link, "state": answer["state"], "step": {"component": footer(answer), "form": form}});
    let (_, second) = ask(step(&first, json!({"name": "Ana"}))).await;
    let (_, done) = ask(step(&second, json!({"day": "mon"}))).await;
    assert_eq!(done, json!({"outcome": "completed", "answers": {"name": "Ana", "day": "mon"}}));
    assert_eq!(ask(json!({"token": "another"})).await.0.as_u16(), 404);
    assert_eq!(meta.stage.simulator.undelivered(), 0);
}

#[tokio::test]
async fn whoever_holds_the_phone_answers_for_the_endpoint_of_a_flow() {
    let sample = std::fs::read_to_string(samples().join("valid-appointment-booking-endpoint.json")).expect("a sample");
    let (meta, wamid, _) = sent_to_open(&sample, "data_exchange").await;
    let (_, opened) = ask(&meta, "", &wamid, json!({})).await;
    assert_eq!((&opened["outcome"], &opened["state"]), (&json!("data_exchange"), &Value::Null));
    assert_eq!(opened["request"], json!({"version": "3.0", "action": "INIT", "flow_token": "t:1"}));
    assert_eq!((&opened["screens"][0]["id"], &opened["screens"][1]["data"]["booking_ref"]), (&json!("BOOKING"), &json!("BK-48213")));
    let mut booking = opened["screens"][0]["data"].clone();
    let answer = |state: &Value, screen: &str, data: &Value| json!({"state": state, "answer": {"screen": screen, "data": data}});
    let (_, first) = ask(&meta, "/step", &wamid, answer(&Value::Null, "BOOKING", &booking)).await;
    assert_eq!((&first["outcome"], &first["screen"]["title"]), (&json!("screen"), &json!("Book a visit")));
    let department = json!({"department": "eye"});
    let tapped = json!({"component": first["screen"]["components"][0]["path"], "trigger": "select", "form": department});
    let (_, asked) = ask(&meta, "/step", &wamid, json!({"state": first["state"], "step": tapped})).await;
    let request = json!({"version": "3.0", "action": "data_exchange", "screen": "BOOKING", "flow_token": "t:1",
        "data": {"trigger": "department_selected", "department": "eye"}});
    assert_eq!((&asked["outcome"], &asked["request"]), (&json!("data_exchange"), &request));
    booking["is_slot_visible"] = json!(true);
    let (_, second) = ask(&meta, "/step", &wamid, answer(&asked["state"], "BOOKING", &booking)).await;
    let components = &second["screen"]["components"];
    assert_eq!((&components[0]["value"], &components[2]["visible"]), (&json!("eye"), &json!(true)), "what was entered stays");
    let filled = json!({"department": "eye", "date": "2026-11-24", "slot": "1030"});
    let (_, asked) =
        ask(&meta, "/step", &wamid, json!({"state": second["state"], "step": {"component": footer(&second), "form": filled}})).await;
    assert_eq!(asked["request"]["data"]["trigger"], "booking_submitted");
    assert_eq!(ask(&meta, "/step", &wamid, answer(&asked["state"], "NOWHERE", &json!({}))).await.0, 422);
    let (_, last) = ask(&meta, "/step", &wamid, answer(&asked["state"], "SUMMARY", &opened["screens"][1]["data"])).await;
    let (_, done) = ask(&meta, "/step", &wamid, json!({"state": last["state"], "step": {"component": footer(&last), "form": {}}})).await;
    assert_eq!(done["outcome"], "submitted");
    assert_eq!(submitted(&meta).await, json!({"booking_ref": "BK-48213", "department": "eye", "slot": "1030", "flow_token": "t:1"}));
    // An endpoint can also end the Flow by itself.
    assert_eq!(ask(&meta, "/step", &wamid, answer(&asked["state"], "SUCCESS", &json!({"booking_ref": "B"}))).await.0, 422);
    let end = json!({"extension_message_response": {"params": {"booking_ref": "B"}}});
    assert_eq!(ask(&meta, "/step", &wamid, answer(&asked["state"], "SUCCESS", &end)).await.1["outcome"], "submitted");
    assert_eq!(submitted(&meta).await, json!({"booking_ref": "B", "flow_token": "t:1"}));
}

#[tokio::test]
async fn a_flow_without_an_endpoint_asks_nobody() {
    let (meta, wamid, _) = sent_to_open(&two_screens().to_string(), "data_exchange").await;
    assert_eq!(ask(&meta, "", &wamid, json!({})).await.0, 422);
    let body = json!({"state": {"screen": "NAME"}, "answer": {"screen": "DAY", "data": {"name": "Ana"}}});
    assert_eq!(ask(&meta, "/step", &wamid, body).await.0, 422);
}

#[tokio::test]
async fn a_screen_follows_what_is_entered() {
    let survey = std::fs::read_to_string(samples().join("valid-survey.json")).expect("a sample");
    let (meta, wamid, _) = sent_to_open(&survey, "navigate").await;
    let (_, first) = ask(&meta, "", &wamid, json!({})).await;
    for (score, visible) in [("5", false), ("1", true)] {
        let (_, shown) = ask(&meta, "/step", &wamid, json!({"state": first["state"], "form": {"score": score}})).await;
        let components = &shown["screen"]["components"];
        assert_eq!((&components[0]["value"], &components[1]["visible"]), (&json!(score), &json!(visible)));
    }
}

/// The answers of the submission that came last.
async fn submitted(meta: &Meta) -> Value {
    let reply = meta.webhooks("messages").await.remove(0)["messages"][0].clone();
    serde_json::from_str(reply["interactive"]["nfm_reply"]["response_json"].as_str().expect("text")).expect("json")
}
