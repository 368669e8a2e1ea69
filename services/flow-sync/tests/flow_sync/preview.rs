//! A Flow is walked through without a phone: screen by screen, with nothing kept between two steps.

use serde_json::{Value, json};

use crate::world::{World, bad};

const BOOKING: &str = include_str!("../../../../schemas/meta/flows/valid-appointment-booking-endpoint.json");
const LEAD: &str = include_str!("../../../../schemas/meta/flows/valid-lead-capture.json");

fn two_screens() -> Value {
    let screen = |id: &str, data: Value, children: Value, terminal: bool| {
        let mut screen = json!({"id": id, "title": id, "data": data, "layout": {"type": "SingleColumnLayout", "children": children}});
        if terminal {
            (screen["terminal"], screen["success"]) = (json!(true), json!(true));
        }
        screen
    };
    let next = json!({"name": "navigate", "next": {"type": "screen", "name": "SUMMARY"}, "payload": {"who": "${form.who}"}});
    let done = json!({"name": "complete", "payload": {"who": "${data.who}"}});
    let input = json!({"type": "TextInput", "name": "who", "label": "Who", "required": true});
    let first =
        json!([{"type": "Form", "name": "form", "children": [input, {"type": "Footer", "label": "Go on", "on-click-action": next}]}]);
    let second = json!([{"type": "TextHeading", "text": "${data.who}"}, {"type": "Footer", "label": "Done", "on-click-action": done}]);
    let who = json!({"who": {"type": "string", "__example__": "Ana"}});
    json!({"version": "6.0", "screens": [screen("WELCOME", json!({}), first, false), screen("SUMMARY", who, second, true)]})
}

#[tokio::test]
async fn a_flow_is_walked_through_from_its_first_screen_to_its_end() {
    let world = World::new().await;
    let project = world.project().await;
    let path = world.make(project, "booking", &two_screens()).await;
    let shown = world.get(&format!("{path}/preview")).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert_eq!((&shown.body["screen"]["screen"], &shown.body["screens"]), (&json!("WELCOME"), &json!(["WELCOME", "SUMMARY"])));
    let steps = format!("{path}/preview/steps");
    let footer = |body: &Value| body["screen"]["footer"]["path"].clone();
    let tap =
        |body: &Value, form: Value| json!({"state": body["state"], "action": {"type": "tap", "component": footer(body), "form": form}});
    let refused = world.post(&steps, &tap(&shown.body, json!({}))).await;
    assert_eq!(
        (refused.refused(), &refused.body["errors"][0]["pointer"]),
        ((422, "inputs_invalid"), &json!("/action/form/who")),
        "{}",
        refused.body
    );
    let second = world.post(&steps, &tap(&shown.body, json!({"who": "Ben"}))).await.body;
    assert_eq!((&second["outcome"], &second["screen"]["screen"]), (&json!("screen"), &json!("SUMMARY")), "{second}");
    assert_eq!(
        second["screen"]["components"][0]["properties"]["text"].as_str().or(second["screen"]["components"][0]["text"].as_str()),
        Some("Ben")
    );
    let back = world.post(&steps, &json!({"state": second["state"], "action": {"type": "back"}})).await.body;
    assert_eq!((&back["screen"]["screen"], &back["state"]["form"]["who"]), (&json!("WELCOME"), &json!("Ben")));
    let done = world.post(&steps, &tap(&second, json!({}))).await.body;
    assert_eq!((&done["outcome"], &done["payload"]["who"], &done["success"]), (&json!("complete"), &json!("Ben"), &json!(true)), "{done}");
    let named = world.get(&format!("{path}/preview?screen=SUMMARY&data=%7B%22who%22%3A%22Eve%22%7D")).await.body;
    assert_eq!(named["state"]["data"]["who"], "Eve");
    for (body, expected) in [
        (json!({"action": {"type": "back"}}), "step_impossible"),
        (json!({"action": {"type": "tap", "component": "nowhere"}}), "step_impossible"),
        (json!({"state": {"screen": "X"}, "action": {"type": "tap", "component": "x"}}), "step_impossible"),
        (json!({"action": {"type": "answer", "screen": "X"}}), "step_impossible"),
        (json!({"action": {"type": "answer", "screen": "SUMMARY", "data": {"who": "Eve"}}}), "step_impossible"),
        (json!({"action": {"type": "jump"}}), "invalid_body"),
        (json!({}), "invalid_body"),
    ] {
        assert_eq!(world.post(&steps, &body).await.refused(), (422, expected), "{body}");
    }
    assert_eq!(world.get(&format!("{path}/preview?data=7")).await.refused(), (400, "invalid_query"));
    assert_eq!(world.get(&format!("{path}/preview?revision=9")).await.refused(), (404, "not_found"));
    world.put(&path, &bad(), false).await;
    let invalid = world.get(&format!("{path}/preview")).await;
    assert_eq!(invalid.refused(), (409, "flow_invalid"));
    assert!(!invalid.body["findings"].as_array().unwrap().is_empty());
    assert_eq!(world.get(&format!("{path}/preview?revision=1")).await.status, 200);
    assert_eq!(world.told(&path).await, ["created", "revised", "revised"], "nothing is kept of it");
    world.end().await;
}

/// Where on the screen the component stands whose `key` is that.
fn place(body: &Value, key: &str, wanted: &str) -> Value {
    let components = body["screen"]["components"].as_array().unwrap();
    components.iter().find(|one| one[key] == wanted).unwrap_or_else(|| panic!("no {wanted} in {body}"))["path"].clone()
}

fn tapped(body: &Value, component: &Value, trigger: &str, form: Value) -> Value {
    json!({"state": body["state"], "action": {"type": "tap", "component": component, "trigger": trigger, "form": form}})
}

#[tokio::test]
async fn whoever_walks_answers_for_the_endpoint_and_is_told_what_is_opened() {
    let world = World::new().await;
    let project = world.project().await;
    let path = world.make(project, "booking", &serde_json::from_str(BOOKING).unwrap()).await;
    let steps = format!("{path}/preview/steps");
    let asks = async |step: Value, payload: Value| {
        let asked = world.post(&steps, &step).await.body;
        assert_eq!((&asked["outcome"], &asked["payload"]), (&json!("data_exchange"), &payload), "{asked}");
        assert_eq!((&asked["screen"]["screen"], &asked["state"]["form"]), (&json!("BOOKING"), &step["action"]["form"]), "it stays");
        asked
    };
    let answers = async |asked: &Value, screen: &str, data: Value| {
        let step = json!({"state": asked["state"], "action": {"type": "answer", "screen": screen, "data": data}});
        let shown = world.post(&steps, &step).await.body;
        assert_eq!((&shown["outcome"], &shown["screen"]["screen"]), (&json!("screen"), &json!(screen)), "{shown}");
        shown
    };
    let shown = world.get(&format!("{path}/preview")).await.body;
    let chosen = tapped(&shown, &place(&shown, "name", "department"), "select", json!({"department": "eye"}));
    let asked = asks(chosen, json!({"trigger": "department_selected", "department": "eye"})).await;
    let shown = answers(&asked, "BOOKING", json!({"is_slot_visible": true, "slots": [{"id": "0900", "title": "9:00"}]})).await;
    let filled = json!({"department": "eye", "date": "2026-11-24", "slot": "0900"});
    let submitted = tapped(&shown, &shown["screen"]["footer"]["path"], "click", filled);
    let payload = json!({"trigger": "booking_submitted", "department": "eye", "date": "2026-11-24", "slot": "0900"});
    let asked = asks(submitted, payload).await;
    let nowhere = json!({"state": asked["state"], "action": {"type": "answer", "screen": "X"}});
    assert_eq!(world.post(&steps, &nowhere).await.refused(), (422, "step_impossible"));
    let summary = json!({"summary": "Eye care, 9:00", "price_note": "Free", "booking_ref": "BK-1"});
    let shown = answers(&asked, "SUMMARY", summary).await;
    assert_eq!(shown["screen"]["components"][1]["text"], "Eye care, 9:00");
    let done = world.post(&steps, &tapped(&shown, &shown["screen"]["footer"]["path"], "click", json!({}))).await.body;
    let payload = json!({"booking_ref": "BK-1", "department": "eye", "slot": "0900"});
    assert_eq!((&done["outcome"], &done["payload"]), (&json!("complete"), &payload), "{done}");

    let path = world.make(project, "lead", &serde_json::from_str(LEAD).unwrap()).await;
    let shown = world.get(&format!("{path}/preview")).await.body;
    let link = tapped(&shown, &place(&shown, "type", "EmbeddedLink"), "click", json!({}));
    let opened = world.post(&format!("{path}/preview/steps"), &link).await.body;
    let told = (&opened["outcome"], &opened["url"], &opened["screen"]["screen"]);
    assert_eq!(told, (&json!("open_url"), &json!("https://studio.example/portfolio"), &json!("LEAD")), "{opened}");
    world.end().await;
}
