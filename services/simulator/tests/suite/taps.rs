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
async fn what_a_message_offers_or_asks_for_is_answered_too() {
    let (meta, token) = open_chat().await;
    let examples = [
        (include_str!("../../../../schemas/meta/outbound/interactive-product.json"), json!({"choice": 0}), "order"),
        (include_str!("../../../../schemas/meta/outbound/interactive-product-list.json"), json!({"title": "fern-18"}), "order"),
        (include_str!("../../../../schemas/meta/outbound/interactive-catalog.json"), json!({"title": "View catalog"}), "order"),
        (include_str!("../../../../schemas/meta/outbound/interactive-address.json"), json!({"id": "home"}), "interactive"),
        (include_str!("../../../../schemas/meta/outbound/interactive-address.json"), json!({"title": "Provide address"}), "interactive"),
        (include_str!("../../../../schemas/meta/outbound/interactive-call-permission.json"), json!({"id": "reject"}), "interactive"),
        (include_str!("../../../../schemas/meta/outbound/interactive-request-contact-info.json"), json!({"choice": 0}), "contacts"),
    ];
    let mut answers = Vec::new();
    for (example, on, kind) in examples {
        let message: Value = serde_json::from_str(example).expect("JSON");
        let wamid = meta.send(NUMBER, &token, ANA, message).await.expect("accepted");
        meta.webhooks("messages").await;
        let (status, tapped) = tap(&meta, &wamid, on).await;
        assert_eq!((status, &tapped["did"]), (200, &json!("answered")), "{example}: {tapped}");
        let received = last_message(&meta).await;
        assert_eq!((&received["type"], &received["context"]["id"]), (&json!(kind), &json!(wamid)), "{example}");
        answers.push(received[kind].clone());
    }
    let ordered = answers[..3].iter().map(|order| (&order["catalog_id"], &order["product_items"][0]["product_retailer_id"]));
    let [theirs, made_up, aloe, fern] = ["367025965434465", "194836987003835", "aloe-12", "fern-18"].map(Value::from);
    let wanted = [(&theirs, &aloe), (&theirs, &fern), (&made_up, &aloe)];
    assert_eq!(ordered.collect::<Vec<_>>(), wanted);
    let addresses = answers[3..5].iter().map(|answer| {
        assert_eq!(answer["nfm_reply"]["name"], "address_message");
        serde_json::from_str::<Value>(answer["nfm_reply"]["response_json"].as_str().expect("text")).expect("JSON")
    });
    let addresses: Vec<Value> = addresses.collect();
    assert_eq!((&addresses[0]["saved_address_id"], &addresses[0]["values"]["in_pin_code"]), (&json!("home"), &json!("400063")));
    assert_eq!((&addresses[1]["saved_address_id"], &addresses[1]["values"]["name"]), (&Value::Null, &json!("Asha Rao")));
    assert_eq!(answers[5]["call_permission_reply"], json!({"response": "reject", "response_source": "user_action"}));
    assert_eq!(answers[6][0]["phones"][0]["wa_id"], ANA);
}

#[tokio::test]
async fn a_button_to_call_calls() {
    let (meta, token) = open_chat().await;
    let button = include_str!("../../../../schemas/meta/outbound/interactive-voice-call.json");
    let wamid = meta.send(NUMBER, &token, ANA, serde_json::from_str(button).expect("JSON")).await.expect("accepted");
    meta.webhooks("messages").await;
    let (status, tapped) = tap(&meta, &wamid, json!({"title": "Call us"})).await;
    assert_eq!((status, &tapped["did"]), (200, &json!("answered")));
    let call = meta.webhooks("calls").await.remove(0)["calls"][0].clone();
    assert_eq!((&call["event"], &call["id"]), (&json!("connect"), &tapped["wamid"]));
}

#[tokio::test]
async fn a_message_without_a_text_is_no_empty_bubble() {
    let (meta, token) = open_chat().await;
    let product = json!({"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "aloe-12"}});
    let permission = json!({"type": "call_permission_request", "action": {"name": "call_permission_request"}});
    for interactive in [product, permission] {
        meta.send(NUMBER, &token, ANA, json!({"type": "interactive", "interactive": interactive})).await.expect("accepted");
    }
    let shown = meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await;
    assert_eq!((&shown["data"][1]["text"], &shown["data"][2]["text"]), (&json!("aloe-12"), &json!("May this business call you?")));
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
