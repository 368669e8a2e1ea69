//! What a message leaves open in the template that it fills, where and with which code.

use serde_json::{Value, json};
use whatsapp::{Outbound, check_parameters};

use crate::{are, body, link, otp, reply};

fn fills(template: Value, given: Value, expected: &[(&str, &str)]) {
    let message = json!({"type": "template", "template": {"name": "a", "language": {"code": "en"}, "components": given}});
    let message = Outbound::parse(&message).unwrap_or_else(|errors| panic!("{errors:?}"));
    let expected: Vec<_> = expected.iter().map(|(place, code)| (format!("/template/components{place}"), *code)).collect();
    let expected: Vec<_> = expected.iter().map(|(place, code)| (place.as_str(), *code)).collect();
    are(&check_parameters(&template, &message), &expected);
}

#[test]
fn a_message_fills_its_texts() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let name = |name: &str| json!({"type": "text", "parameter_name": name, "text": "x"});
    let given = |parameters: Value| json!([{"type": "body", "parameters": parameters}]);
    fills(json!([body("a {{1}} b {{2}} c {{1}}")]), given(json!([text("x"), text("y")])), &[]);
    fills(json!([body("a {{1}} b {{2}} c")]), given(json!([text("x")])), &[("/0/parameters", "too_few")]);
    fills(json!([body("a {{1}} c")]), given(json!([text("x"), text("y")])), &[("/0/parameters", "too_many")]);
    fills(json!([body("a {{1}} c")]), given(json!([name("b")])), &[("/0/parameters/0/parameter_name", "not_allowed")]);
    fills(json!([body("a {{1}} c")]), json!([]), &[("", "required")]);
    fills(json!([body("a")]), given(json!([text("x")])), &[("/0", "not_allowed")]);
    fills(json!([body("a")]), json!([]), &[]);
    fills(json!([body("a {{x}} b {{y}} c")]), given(json!([name("y"), name("x")])), &[]);
    fills(
        json!([body("a {{x}} b {{y}} c")]),
        given(json!([name("y"), name("z")])),
        &[("/0/parameters/1/parameter_name", "value"), ("/0/parameters", "required")],
    );
    fills(
        json!([body("a {{x}} b")]),
        given(json!([text("x")])),
        &[("/0/parameters/0/parameter_name", "required"), ("/0/parameters", "required")],
    );
    for odd in [json!(null), json!({}), json!([1, null, {"type": 1}, {"type": "BODY"}]), json!("x")] {
        fills(odd, json!([]), &[]);
    }
    for unknown in [json!(null), json!({})] {
        fills(unknown, given(json!([text("x")])), &[]);
    }
}

#[test]
fn a_filled_text_is_no_longer_than_meta_sends() {
    let text = |length: usize| json!({"type": "text", "text": "ü".repeat(length)});
    let named = |name: &str, length: usize| json!({"type": "text", "parameter_name": name, "text": "x".repeat(length)});
    let given = |parameters: Value| json!([{"type": "body", "parameters": parameters}]);
    let with_footer = |text: &str| json!([body(text), {"type": "FOOTER", "text": "Bye"}]);
    let too_long = [("/0/parameters", "too_long")];
    fills(with_footer("a {{1}} b {{2}} c"), given(json!([text(1_000), text(17)])), &[]);
    fills(with_footer("a {{1}} b {{2}} c"), given(json!([text(1_000), text(18)])), &too_long);
    fills(with_footer("a {{1}} b {{1}} c"), given(json!([text(508)])), &[]);
    fills(with_footer("a {{1}} b {{1}} c"), given(json!([text(509)])), &too_long);
    fills(with_footer("a {{x}} b {{y}} c"), given(json!([named("y", 1_000), named("x", 17)])), &[]);
    fills(with_footer("a {{x}} b {{y}} c"), given(json!([named("y", 1_000), named("x", 18)])), &too_long);
    let price =
        |shown: usize| json!([{"type": "currency", "currency": {"fallback_value": "1".repeat(shown), "code": "EUR", "amount_1000": 1}}]);
    fills(with_footer("for {{1}} only"), given(price(1_015)), &[]);
    fills(with_footer("for {{1}} only"), given(price(1_016)), &too_long);
    // nothing but a body
    fills(json!([body("a {{1}} b")]), given(json!([text(32_764)])), &[]);
    fills(json!([body("a {{1}} b")]), given(json!([text(32_765)])), &too_long);
    let header = json!([{"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"}]);
    let above = |length: usize| json!([{"type": "header", "parameters": [text(length)]}]);
    fills(header.clone(), above(54), &[]);
    fills(header, above(55), &too_long);
    let card = json!({"components": [{"type": "HEADER", "format": "IMAGE"}, body("in the {{1}} room")]});
    let on_cards = |length: usize| {
        let components = json!([{"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]}, {"type": "body", "parameters": [text(length)]}]);
        json!([{"type": "carousel", "cards": [{"card_index": 0, "components": components}]}])
    };
    let carousel = json!([{"type": "CAROUSEL", "cards": [card]}]);
    fills(carousel.clone(), on_cards(1_012), &[]);
    fills(carousel, on_cards(1_013), &[("/0/cards/0/components/1/parameters", "too_long")]);
}

#[test]
fn a_message_fills_its_header_and_its_buttons() {
    let header = |format: &str| json!([{"type": "HEADER", "format": format}]);
    let image = json!([{"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]}]);
    fills(header("IMAGE"), image.clone(), &[]);
    fills(header("image"), image.clone(), &[]);
    fills(header("VIDEO"), image.clone(), &[("/0/parameters/0/type", "value")]);
    fills(header("IMAGE"), json!([]), &[("", "required")]);
    fills(json!([{"type": "HEADER", "format": "TEXT", "text": "Hi"}]), image.clone(), &[("/0", "not_allowed")]);
    fills(json!([{"type": "HEADER", "format": "TEXT", "text": "Hi {{1}}"}]), image, &[("/0/parameters/0/type", "value")]);
    let buttons = json!([{"type": "BUTTONS", "buttons": [
        reply("A"), {"type": "URL", "text": "B", "url": "https://a.example/{{1}}"}, link("C"), {"type": "COPY_CODE", "text": "D", "example": ["X"]},
    ]}]);
    let press = |sub_type: &str, index: usize| {
        let parameter = match sub_type {
            "url" => json!({"type": "text", "text": "x"}),
            "copy_code" => json!({"type": "coupon_code", "coupon_code": "x"}),
            _ => json!({"type": "payload", "payload": "x"}),
        };
        json!({"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]})
    };
    fills(buttons.clone(), json!([press("url", 1), press("copy_code", 3)]), &[]);
    fills(buttons.clone(), json!([press("quick_reply", 0), press("url", 1), press("copy_code", 3)]), &[]);
    fills(buttons.clone(), json!([press("quick_reply", 0)]), &[("", "required"), ("", "required")]);
    fills(buttons.clone(), json!([press("quick_reply", 1), press("copy_code", 3)]), &[("/0/sub_type", "value")]);
    fills(buttons.clone(), json!([press("url", 1), press("url", 2), press("copy_code", 3)]), &[("/1", "not_allowed")]);
    fills(buttons, json!([press("url", 1), press("copy_code", 3), press("url", 4)]), &[("/2/index", "value")]);
    // as Meta gives back a template with a code
    let code = json!([{"type": "BODY", "text": "*{{1}}* is your verification code."}, {"type": "BUTTONS", "buttons": [
        {"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"},
    ]}]);
    let given = json!([{"type": "body", "parameters": [{"type": "text", "text": "1"}]}, press("url", 0)]);
    fills(code, given.clone(), &[]);
    fills(otp(json!({"otp_type": "COPY_CODE"})), given, &[]);
}

#[test]
fn a_message_says_when_an_offer_ends() {
    let offer = |content: Value| json!([{"type": "LIMITED_TIME_OFFER", "limited_time_offer": content}]);
    let parameter = json!({"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1_796_083_200_000_u64}});
    let ends = json!([{"type": "limited_time_offer", "parameters": [parameter]}]);
    fills(offer(json!({"has_expiration": true})), ends.clone(), &[]);
    fills(offer(json!({"has_expiration": true})), json!([]), &[("", "required")]);
    fills(offer(json!({"has_expiration": false})), ends.clone(), &[("/0", "not_allowed")]);
    fills(offer(json!({"has_expiration": false})), json!([]), &[]);
    fills(offer(json!({})), ends, &[]);
    fills(offer(json!({})), json!([]), &[]);
}

#[test]
fn a_message_fills_every_card() {
    let card = json!({"components": [{"type": "HEADER", "format": "IMAGE"}, body("in the {{1}} room")]});
    let template = json!([body("Hello"), {"type": "CAROUSEL", "cards": [card, card]}]);
    let filled = |index: usize| {
        json!({"card_index": index, "components": [
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]}, {"type": "body", "parameters": [{"type": "text", "text": "x"}]},
        ]})
    };
    fills(template.clone(), json!([{"type": "carousel", "cards": [filled(0), filled(1)]}]), &[]);
    fills(template.clone(), json!([{"type": "carousel", "cards": [filled(0)]}]), &[("/0/cards", "too_few")]);
    fills(template.clone(), json!([]), &[("", "required")]);
    fills(
        template,
        json!([{"type": "carousel", "cards": [filled(0), {"card_index": 1, "components": []}]}]),
        &[("/0/cards/1/components", "required"), ("/0/cards/1/components", "required")],
    );
    fills(json!([body("Hello")]), json!([{"type": "carousel", "cards": [filled(0)]}]), &[("/0", "not_allowed")]);
}
