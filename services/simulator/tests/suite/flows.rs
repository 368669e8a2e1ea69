//! Flows: drafts, JSON, publishing, and what Meta or somebody in its editor does to them.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::meta::Meta;

const ANA: &str = "16505550142";
const NUMBER: &str = "101";
const WABA: &str = "201";

/// One screen with one field.
pub(crate) fn flow_json(title: &str) -> String {
    json!({"version": "6.0", "screens": [{"id": "START", "title": title, "terminal": true, "success": true, "data": {},
    "layout": {"type": "SingleColumnLayout", "children": [
        {"type": "TextInput", "name": "name", "label": "Name", "required": true},
        {"type": "Footer", "label": "Send", "on-click-action": {"name": "complete", "payload": {"name": "${form.name}"}}},
    ]}}]})
    .to_string()
}

async fn create(meta: &Meta, token: &str, name: &str) -> Result<String, i64> {
    let body = json!({"name": name, "categories": ["OTHER"]});
    let answer = meta.graph("POST", &format!("/{WABA}/flows"), token, Some(body)).await?;
    Ok(answer["id"].as_str().expect("an id").to_owned())
}

async fn upload(meta: &Meta, token: &str, id: &str, json: &str) -> Result<Value, i64> {
    let texts = [("name", "flow.json"), ("asset_type", "FLOW_JSON")];
    meta.form(&format!("/{id}/assets"), token, &texts, Some(("flow.json", "application/json", json.as_bytes()))).await
}

async fn publish(meta: &Meta, token: &str, id: &str) -> Result<Value, i64> {
    meta.graph("POST", &format!("/{id}/publish"), token, None).await
}

async fn status(meta: &Meta, token: &str, id: &str) -> Value {
    meta.graph("GET", &format!("/{id}?fields=status"), token, None).await.expect("a Flow")["status"].clone()
}

fn message(id: &str, mode: &str) -> Value {
    json!({"type": "interactive", "interactive": {"type": "flow", "body": {"text": "?"}, "action": {"name": "flow", "parameters": {
        "flow_message_version": "3", "flow_id": id, "flow_cta": "Open", "flow_token": "t:1", "mode": mode,
        "flow_action": "navigate", "flow_action_payload": {"screen": "START"}}}}})
}

async fn published() -> (Meta, String, String) {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let id = create(&meta, &token, "Survey").await.expect("created");
    let uploaded = upload(&meta, &token, &id, &flow_json("First")).await.expect("uploaded");
    assert_eq!(uploaded, json!({"success": true, "validation_errors": []}));
    publish(&meta, &token, &id).await.expect("published");
    (meta, token, id)
}

#[tokio::test]
async fn a_draft_becomes_published_and_says_so() {
    let (meta, token, id) = published().await;
    assert_eq!(status(&meta, &token, &id).await, "PUBLISHED");
    let mut changes: Vec<(Value, Value)> =
        meta.webhooks("flows").await.into_iter().map(|value| (value["old_status"].clone(), value["new_status"].clone())).collect();
    changes.sort_by_key(|(old, _)| old.is_string());
    assert_eq!(changes, [(Value::Null, json!("DRAFT")), (json!("DRAFT"), json!("PUBLISHED"))]);
    assert_eq!(publish(&meta, &token, &id).await, Err(139_002), "no draft");
    let fields = "fields=id,name,categories,json_version,updated_at,health_status,whatsapp_business_account,validation_errors";
    let shown = meta.graph("GET", &format!("/{id}?{fields}"), &token, None).await.expect("a Flow");
    assert_eq!((&shown["name"], &shown["json_version"], &shown["categories"]), (&json!("Survey"), &json!("6.0"), &json!(["OTHER"])));
    assert_eq!((&shown["health_status"]["can_send_message"], &shown["validation_errors"]), (&json!("AVAILABLE"), &json!([])));
    assert_eq!(meta.graph("GET", &format!("/{id}?fields=colour"), &token, None).await, Err(100));
}

#[tokio::test]
async fn publishing_has_conditions() {
    let meta = Meta::new().await;
    let token = meta.token(NUMBER, WABA).await;
    let id = create(&meta, &token, "Survey").await.expect("created");
    assert_eq!(publish(&meta, &token, &id).await, Err(139_002), "no JSON");
    let uploaded = upload(&meta, &token, &id, r#"{"version": "6.0", "screens": []}"#).await.expect("kept all the same");
    assert!(uploaded["success"] == true && !uploaded["validation_errors"].as_array().expect("a list").is_empty(), "{uploaded}");
    assert!(uploaded["validation_errors"][0]["pointers"].is_array() && uploaded["validation_errors"][0]["line_start"].is_u64());
    assert_eq!(publish(&meta, &token, &id).await, Err(139_002), "validation errors");
    upload(&meta, &token, &id, &flow_json("First")).await.expect("uploaded");
    assert_eq!(publish(&meta, &token, &id).await, Err(139_002), "no registered number");
    meta.subscribe(WABA, &token).await.expect("subscribed");
    meta.register(NUMBER, &token, "123456").await.expect("registered");
    meta.graph("DELETE", &format!("/{WABA}/subscribed_apps"), &token, None).await.expect("unsubscribed");
    assert_eq!(publish(&meta, &token, &id).await, Err(139_002), "not subscribed");
    meta.subscribe(WABA, &token).await.expect("subscribed");
    assert!(publish(&meta, &token, &id).await.is_ok());
}

#[tokio::test]
async fn an_edit_brings_a_published_flow_back_to_draft_and_leaves_what_people_get() {
    let (meta, token, id) = published().await;
    meta.writes(ANA, NUMBER).await;
    assert_eq!(meta.send(NUMBER, &token, ANA, message(&id, "draft")).await, Err(131_009), "no draft to try");
    upload(&meta, &token, &id, &flow_json("Second")).await.expect("uploaded");
    assert_eq!(status(&meta, &token, &id).await, "DRAFT");
    for mode in ["published", "draft"] {
        assert!(meta.send(NUMBER, &token, ANA, message(&id, mode)).await.is_ok(), "{mode}");
    }
    meta.sim("PUT", "rules", Some(json!({"flows_immutable": true}))).await;
    assert_eq!(upload(&meta, &token, &id, &flow_json("Third")).await, Err(139_001));
    let clone = json!({"name": "Survey 2", "categories": ["OTHER"], "clone_flow_id": id});
    let clone = meta.graph("POST", &format!("/{WABA}/flows"), &token, Some(clone)).await.expect("cloned");
    let clone = clone["id"].as_str().expect("an id");
    assert!(upload(&meta, &token, clone, &flow_json("Third")).await.is_ok());
}

#[tokio::test]
async fn only_what_is_published_is_sent() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    meta.writes(ANA, NUMBER).await;
    let id = create(&meta, &token, "Survey").await.expect("created");
    assert_eq!(meta.send(NUMBER, &token, ANA, message(&id, "published")).await, Err(131_009));
    assert_eq!(meta.send(NUMBER, &token, ANA, message(&id, "draft")).await, Err(131_009), "no JSON");
    upload(&meta, &token, &id, &flow_json("First")).await.expect("uploaded");
    assert!(meta.send(NUMBER, &token, ANA, message(&id, "draft")).await.is_ok());
    publish(&meta, &token, &id).await.expect("published");
    assert!(meta.send(NUMBER, &token, ANA, message(&id, "published")).await.is_ok());
    let mut elsewhere = message(&id, "published");
    elsewhere["interactive"]["action"]["parameters"]["flow_action_payload"]["screen"] = json!("NOWHERE");
    assert_eq!(meta.send(NUMBER, &token, ANA, elsewhere).await, Err(131_009));
    let turn = async |to: &str| meta.sim("POST", &format!("flows/{id}/status"), Some(json!({"status": to}))).await;
    turn("THROTTLED").await;
    for _ in 0..10 {
        assert!(meta.send(NUMBER, &token, ANA, message(&id, "published")).await.is_ok());
    }
    assert_eq!(meta.send(NUMBER, &token, ANA, message(&id, "published")).await, Err(132_069));
    meta.stage.clock.advance(TimeDelta::hours(1));
    assert!(meta.send(NUMBER, &token, ANA, message(&id, "published")).await.is_ok());
    turn("BLOCKED").await;
    assert_eq!(meta.send(NUMBER, &token, ANA, message(&id, "published")).await, Err(132_068));
    turn("PUBLISHED").await;
    assert!(meta.graph("POST", &format!("/{id}/deprecate"), &token, None).await.is_ok());
    assert_eq!(meta.send(NUMBER, &token, ANA, message(&id, "published")).await, Err(131_009));
}

#[tokio::test]
async fn ends_are_ends() {
    let (meta, token, id) = published().await;
    assert_eq!(meta.graph("DELETE", &format!("/{id}"), &token, None).await, Err(139_004));
    assert!(meta.graph("POST", &format!("/{id}/deprecate"), &token, None).await.is_ok());
    assert_eq!(meta.graph("POST", &format!("/{id}/deprecate"), &token, None).await, Err(139_003));
    assert_eq!(upload(&meta, &token, &id, &flow_json("Late")).await, Err(139_001));
    let draft = create(&meta, &token, "Another").await.expect("created");
    assert_eq!(meta.graph("POST", &format!("/{draft}/deprecate"), &token, None).await, Err(139_003));
    assert_eq!(meta.graph("DELETE", &format!("/{draft}"), &token, None).await, Ok(json!({"success": true})));
    assert_eq!(meta.graph("GET", &format!("/{draft}"), &token, None).await, Err(100));
    assert!(create(&meta, &token, "Another").await.is_ok(), "its name is free again");
}

#[tokio::test]
async fn arguments_of_a_flow_are_checked() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let path = format!("/{WABA}/flows");
    let id = create(&meta, &token, "Survey").await.expect("created");
    for body in [
        json!({"name": "Survey", "categories": ["OTHER"]}),
        json!({"name": "", "categories": ["OTHER"]}),
        json!({"name": "X", "categories": []}),
        json!({"name": "X", "categories": ["PIZZA"]}),
        json!({"name": "X"}),
        json!({"name": "X", "categories": ["OTHER"], "endpoint_uri": "ftp://a"}),
        json!({"name": "X", "categories": ["OTHER"], "clone_flow_id": "77"}),
        json!({"name": "X", "categories": ["OTHER"], "clone_flow_id": id, "clone_template": "y"}),
        json!({"name": "X", "categories": ["OTHER"], "colour": "red"}),
    ] {
        assert_eq!(meta.graph("POST", &path, &token, Some(body.clone())).await, Err(100), "{body}");
    }
    let at_once = json!({"name": "X", "categories": "[\"SURVEY\"]", "flow_json": flow_json("First"), "publish": true});
    let made = meta.graph("POST", &path, &token, Some(at_once)).await.expect("created and published");
    assert_eq!(status(&meta, &token, made["id"].as_str().expect("an id")).await, "PUBLISHED");
    let bad = json!({"name": "Y", "categories": ["SURVEY"], "flow_json": "{}", "publish": "true"});
    assert_eq!(meta.graph("POST", &path, &token, Some(bad)).await, Err(139_002));
    assert_eq!(meta.graph("POST", &format!("/{id}"), &token, Some(json!({"name": "X"}))).await, Err(100), "taken");
    assert!(meta.graph("POST", &format!("/{id}"), &token, Some(json!({"name": "Z", "categories": ["SIGN_UP"]}))).await.is_ok());
    let names: Vec<Value> = meta.graph("GET", &format!("{path}?limit=100"), &token, None).await.expect("a page")["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|flow| flow["name"].clone())
        .collect();
    assert_eq!(names, ["Z", "X"]);
    let theirs = meta.business("102", "202").await;
    assert_eq!(meta.graph("GET", &format!("/{id}"), &theirs, None).await, Err(200));
}

#[tokio::test]
async fn the_json_is_fetched_and_may_change_behind_our_back() {
    let (meta, token, id) = published().await;
    let link = async || {
        let assets = meta.graph("GET", &format!("/{id}/assets"), &token, None).await.expect("assets");
        assets["data"][0]["download_url"].as_str().expect("a link").to_owned()
    };
    let first = link().await;
    assert_eq!(meta.fetch(&first, "").await, (StatusCode::OK, flow_json("First").into_bytes()));
    let path = format!("/sim/api/flows/{id}/assets");
    let (status_code, answer) = meta.ask("PUT", &path, "", Some(serde_json::from_str(&flow_json("Elsewhere")).expect("json"))).await;
    assert_eq!((status_code.as_u16(), answer), (200, json!({"validation_errors": []})));
    assert_eq!(status(&meta, &token, &id).await, "DRAFT");
    let (_, bytes) = meta.fetch(&link().await, "").await;
    assert!(String::from_utf8(bytes).expect("text").contains("Elsewhere"));
    meta.stage.clock.advance(TimeDelta::hours(2));
    assert_eq!(meta.fetch(&first, "").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_name_makes_a_draft_of_what_is_published_too_and_is_one_flows() {
    let (meta, token, id) = published().await;
    create(&meta, &token, "Taken").await.expect("created");
    meta.webhooks("flows").await;
    let shown = async || meta.graph("GET", &format!("/{id}?fields=name,status,updated_at"), &token, None).await.expect("a Flow");
    let before = shown().await;
    meta.stage.clock.advance(TimeDelta::seconds(5));
    assert!(meta.graph("POST", &format!("/{id}"), &token, Some(json!({"name": "Poll"}))).await.is_ok());
    let after = shown().await;
    assert_eq!((&after["name"], &after["status"]), (&json!("Poll"), &json!("DRAFT")));
    assert_ne!(after["updated_at"], before["updated_at"]);
    let behind = async |name: &str| {
        let (status_code, _) = meta.ask("PUT", &format!("/sim/api/flows/{id}/name"), "", Some(json!({ "name": name }))).await;
        status_code.as_u16()
    };
    assert_eq!((behind("Survey").await, behind("Taken").await, behind("").await), (204, 422, 422), "its former name is free again");
    assert_eq!(shown().await["name"], "Survey");
    assert_eq!(meta.webhooks("flows").await.len(), 1, "that it is a draft is told, and of a name no webhook tells");
    assert!(meta.graph("POST", &format!("/{id}/publish"), &token, None).await.is_ok());
    assert_eq!(behind("Poll").await, 204);
    assert_eq!(shown().await["status"], "DRAFT", "in Meta's own pages as well");
    assert!(meta.graph("POST", &format!("/{id}/publish"), &token, None).await.is_ok());
    assert!(meta.graph("POST", &format!("/{id}/deprecate"), &token, None).await.is_ok());
    assert_eq!(meta.graph("POST", &format!("/{id}"), &token, Some(json!({"name": "Late"}))).await, Err(139_001));
    assert_eq!(behind("Late").await, 422);
}

#[tokio::test]
async fn a_preview_lasts_thirty_days_or_until_a_new_one() {
    let (meta, token, id) = published().await;
    let preview = async |invalidate: bool| {
        let answer = meta.graph("GET", &format!("/{id}?fields=preview.invalidate({invalidate})"), &token, None).await.expect("a preview");
        (answer["preview"]["preview_url"].clone(), answer["preview"]["expires_at"].clone())
    };
    let first = preview(false).await;
    assert_eq!(preview(false).await, first);
    let second = preview(true).await;
    assert_ne!(second.0, first.0);
    meta.stage.clock.advance(TimeDelta::days(30));
    assert_ne!(preview(false).await.0, second.0);
}

#[tokio::test]
async fn warnings_are_webhooks() {
    let (meta, _, id) = published().await;
    meta.webhooks("flows").await;
    for (alert, key) in [
        (
            json!({"event": "CLIENT_ERROR_RATE", "value": 12.5, "threshold": 10.0, "errors": {"INVALID_SCREEN_TRANSITION": 12.5}}),
            "error_rate",
        ),
        (json!({"event": "ENDPOINT_LATENCY", "value": 5000.0, "alert_state": "DEACTIVATED"}), "p90_latency"),
        (json!({"event": "ENDPOINT_AVAILABILITY", "value": 80.0}), "availability"),
        (json!({"event": "FLOW_VERSION_EXPIRY_WARNING"}), "warning"),
    ] {
        meta.sim("POST", &format!("flows/{id}/alerts"), Some(alert.clone())).await;
        let value = meta.webhooks("flows").await.remove(0);
        assert_eq!((&value["event"], &value["flow_id"], value[key].is_null()), (&alert["event"], &json!(id), false), "{value}");
    }
    let (status, _) = meta.ask("POST", &format!("/sim/api/flows/{id}/alerts"), "", Some(json!({"event": "PARTY"}))).await;
    assert_eq!(status.as_u16(), 422);
}
