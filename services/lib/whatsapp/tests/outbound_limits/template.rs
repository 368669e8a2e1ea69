//! What is refused in a message that fills a template, whatever the template is.

use serde_json::{Value, json};

use crate::{check, errors, long, of, template};

#[test]
fn a_template_has_a_name_and_a_language() {
    check(of("template", json!({"name": "a_1", "language": {"code": "en_US", "policy": "deterministic"}})), &[]);
    check(of("template", json!({})), &[("/template/name", "required"), ("/template/language", "required")]);
    for name in ["Hello", "a-b", "a b", "ä"] {
        check(of("template", json!({"name": name, "language": {"code": "en"}})), &[("/template/name", "format")]);
    }
    check(of("template", json!({"name": "a".repeat(513), "language": {"code": "en"}})), &[("/template/name", "too_long")]);
    for code in ["", "e", "EN", "en_", "en_us_x_y", "english", "en US"] {
        check(of("template", json!({"name": "a", "language": {"code": code}})), &[("/template/language/code", "format")]);
    }
    check(of("template", json!({"name": "a", "language": "en"})), &[("/template/language", "type")]);
    check(
        of("template", json!({"name": "a", "language": {"code": "en"}, "namespace": "n"})),
        &[("/template/namespace", "unknown_property")],
    );
}

#[test]
fn components_come_once_and_hold_what_they_may() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let body = |parameters: Value| template(json!([{"type": "body", "parameters": parameters}]));
    check(template(json!([])), &[]);
    check(body(json!([text("a")])), &[]);
    check(template(json!([{"type": "BODY", "parameters": [text("a")]}])), &[]);
    let at = |place: &str| format!("/template/components{place}");
    check(template(json!([{"type": "footer"}])), &[(&at("/0/type"), "value")]);
    check(template(json!([{"type": "body"}])), &[(&at("/0/parameters"), "required")]);
    check(
        template(json!([{"type": "body", "parameters": [text("a")]}, {"type": "body", "parameters": [text("a")]}])),
        &[(&at("/1"), "duplicate")],
    );
    check(body(json!([])), &[(&at("/0/parameters"), "too_few")]);
    check(body(json!([{"type": "image", "image": {"id": "1"}}])), &[(&at("/0/parameters/0/type"), "value")]);
    for odd in ["", "a\nb", "a     b", "a\tb", "a\0"] {
        let code = if odd.is_empty() { "too_short" } else { "format" };
        check(body(json!([text(odd)])), &[(&at("/0/parameters/0/text"), code)]);
    }
    check(template(json!([{"type": "header", "parameters": [text(&long(61))]}])), &[(&at("/0/parameters/0/text"), "too_long")]);
    check(template(json!([{"type": "header", "parameters": [text("a"), text("b")]}])), &[(&at("/0/parameters"), "too_many")]);
    let named = |name: &str| json!({"type": "text", "parameter_name": name, "text": "x"});
    check(body(json!([named("a"), named("b")])), &[]);
    check(body(json!([named("a"), named("a")])), &[(&at("/0/parameters/1/parameter_name"), "duplicate")]);
    check(body(json!([named("a"), text("b")])), &[(&at("/0/parameters"), "value")]);
    check(
        body(json!([{"type": "currency", "currency": {"fallback_value": "€1", "code": "eur", "amount_1000": 1.5}}])),
        &[(&at("/0/parameters/0/currency/code"), "format"), (&at("/0/parameters/0/currency/amount_1000"), "value")],
    );
}

#[test]
fn buttons_of_a_template_are_told_by_their_index() {
    let button = |sub_type: &str, index: Value, parameter: Value| json!({"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]});
    let payload = || json!({"type": "payload", "payload": "p"});
    let at = |place: &str| format!("/template/components{place}");
    check(template(json!([button("quick_reply", json!("0"), payload()), button("QUICK_REPLY", json!(1), payload())])), &[]);
    check(
        template(json!([button("quick_reply", json!("1"), payload()), button("quick_reply", json!(1), payload())])),
        &[(&at("/1/index"), "duplicate")],
    );
    for (index, code) in
        [(json!("10"), "format"), (json!("-1"), "format"), (json!(10), "value"), (json!(0.5), "value"), (json!(null), "type")]
    {
        check(template(json!([button("quick_reply", index, payload())])), &[(&at("/0/index"), code)]);
    }
    check(template(json!([button("url", json!("0"), payload())])), &[(&at("/0/parameters/0/type"), "value")]);
    check(template(json!([button("phone_number", json!("0"), payload())])), &[(&at("/0/sub_type"), "value")]);
    check(template(json!([{"type": "button", "parameters": []}])), &[(&at("/0/index"), "required"), (&at("/0/sub_type"), "required")]);
    check(
        template(json!([button("copy_code", json!("0"), json!({"type": "coupon_code", "coupon_code": "x".repeat(21)}))])),
        &[(&at("/0/parameters/0/coupon_code"), "too_long")],
    );
    check(
        template(json!([button("flow", json!("0"), json!({"type": "action", "action": {"flow_action_data": {}}}))])),
        &[(&at("/0/parameters/0/action/flow_action_data"), "too_few")],
    );
    check(
        template(json!([{"type": "carousel", "cards": [{"card_index": 1, "components": [{"type": "carousel", "cards": []}]}]}])),
        &[(&at("/0/cards/0/card_index"), "value"), (&at("/0/cards/0/components/0/type"), "value")],
    );
}

/// One parameter of each kind, as Meta wants it filled, and of kinds that Meta has elsewhere.
fn parameters() -> Vec<Value> {
    let one = |kind: &str, content: Value| json!({"type": kind, kind: content});
    vec![
        one("text", json!("a")),
        one("currency", json!({"fallback_value": "1 €", "code": "EUR", "amount_1000": 1_000})),
        one("date_time", json!({"fallback_value": "Monday"})),
        one("image", json!({"id": "1"})),
        one("video", json!({"link": "https://a.example/a.mp4"})),
        one("document", json!({"id": "1", "filename": "a.pdf"})),
        one("location", json!({"latitude": 1, "longitude": 2, "name": "n", "address": "a"})),
        one("product", json!({"catalog_id": "1", "product_retailer_id": "p"})),
        one("payload", json!("p")),
        one("coupon_code", json!("X")),
        one("limited_time_offer", json!({"expiration_time_ms": 1_796_083_200_000_u64})),
        one("ttl_minutes", json!(60)),
        one("action", json!({"flow_token": "t", "flow_action_data": {"a": 1}})),
        one("action", json!({"thumbnail_product_retailer_id": "p"})),
        one("action", json!({"sections": [{"product_items": [{"product_retailer_id": "p"}]}]})),
        one("audio", json!({"id": "1"})),
        one("sticker", json!({"id": "1"})),
    ]
}

#[test]
fn each_component_takes_its_own_parameters_and_no_other() {
    let button = |sub_type: &str| json!({"type": "button", "sub_type": sub_type, "index": "0"});
    let none: &[&str] = &[];
    let actions = ["flow_token", "thumbnail_product_retailer_id", "sections"];
    for (component, takes, action) in [
        (json!({"type": "header"}), &["text", "currency", "date_time", "image", "video", "document", "location", "product"][..], none),
        (json!({"type": "body"}), &["text", "currency", "date_time"][..], none),
        (json!({"type": "limited_time_offer"}), &["limited_time_offer"][..], none),
        (button("quick_reply"), &["payload"][..], none),
        (button("url"), &["text"][..], none),
        (button("copy_code"), &["coupon_code"][..], none),
        (button("voice_call"), &["payload", "ttl_minutes"][..], none),
        (button("flow"), &["action"][..], &actions[..1]),
        (button("catalog"), &["action"][..], &actions[1..2]),
        (button("mpm"), &["action"][..], &actions[2..]),
    ] {
        for parameter in parameters() {
            let kind = parameter["type"].as_str().unwrap().to_owned();
            let is_taken = takes.contains(&&*kind) && (kind != "action" || action.iter().any(|key| parameter["action"].get(key).is_some()));
            let mut filled = component.clone();
            filled["parameters"] = json!([parameter]);
            let found = errors(&template(json!([filled])));
            assert_eq!(found.is_empty(), is_taken, "{filled}: {found:#?}");
            let at = if takes.contains(&&*kind) {
                "/template/components/0/parameters/0/action"
            } else {
                "/template/components/0/parameters/0/type"
            };
            assert!(found.iter().all(|error| error.pointer.starts_with(at)), "{filled}: {found:#?}");
        }
    }
}
