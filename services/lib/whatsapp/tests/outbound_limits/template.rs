//! What is refused in a message that fills a template, whatever the template is.

use serde_json::{Value, json};

use crate::{check, long, of, template};

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
