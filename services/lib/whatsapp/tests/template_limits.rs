//! What is refused in a template, where and with which code; and what a message leaves open in a template.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use serde_json::{Value, json};
use whatsapp::{FieldError, Outbound, TemplateDraft, TemplateEdit, check_parameters};

/// These errors and no other, whatever their order.
#[track_caller]
fn are(errors: &[FieldError], expected: &[(&str, &str)]) {
    let mut found: Vec<_> = errors.iter().map(|error| (error.pointer.as_str(), error.code)).collect();
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{errors:#?}");
}

#[track_caller]
fn check(template: Value, expected: &[(&str, &str)]) {
    are(&TemplateDraft::parse(&template).err().unwrap_or_default(), expected);
}

fn in_category(category: &str, components: Value) -> Value {
    json!({"name": "a", "language": "en", "category": category, "components": components})
}

fn utility(components: Value) -> Value {
    in_category("UTILITY", components)
}

fn marketing(components: Value) -> Value {
    in_category("MARKETING", components)
}

fn named(components: Value) -> Value {
    with(utility(components), "parameter_format", json!("NAMED"))
}

fn with(mut template: Value, key: &str, value: Value) -> Value {
    template[key] = value;
    template
}

fn body(text: &str) -> Value {
    json!({"type": "BODY", "text": text})
}

fn filled(text: &str, examples: Value) -> Value {
    json!({"type": "BODY", "text": text, "example": {"body_text": [examples]}})
}

fn buttons(buttons: Value) -> Value {
    utility(json!([body("Hello"), {"type": "BUTTONS", "buttons": buttons}]))
}

fn reply(label: &str) -> Value {
    json!({"type": "QUICK_REPLY", "text": label})
}

fn link(label: &str) -> Value {
    json!({"type": "URL", "text": label, "url": "https://a.example"})
}

fn long(length: usize) -> String {
    "ä".repeat(length)
}

#[test]
fn a_template_has_a_name_a_language_and_a_category() {
    check(utility(json!([body("Hello")])), &[]);
    check(json!({}), &[("/name", "required"), ("/language", "required"), ("/category", "required"), ("/components", "required")]);
    for odd in [json!(null), json!([]), json!("a"), json!(1)] {
        check(odd, &[("", "type")]);
    }
    for (key, value, code) in [
        ("name", json!("Hello"), "format"),
        ("name", json!("a".repeat(513)), "too_long"),
        ("name", json!(1), "type"),
        ("language", json!("english"), "format"),
        ("category", json!("PROMOTION"), "value"),
        ("parameter_format", json!("MIXED"), "value"),
        ("components", json!({}), "type"),
        ("id", json!("1"), "unknown_property"),
        ("allow_category_change", json!("yes"), "type"),
        ("library_template_body_inputs", json!({"a": 1}), "not_allowed"),
    ] {
        check(with(utility(json!([body("Hello")])), key, value), &[(&format!("/{key}"), code)]);
    }
    let library = json!({"name": "a", "language": "en", "category": "UTILITY", "library_template_name": "delivery_update_1",
        "library_template_button_inputs": [{"type": "URL", "url": {"base_url": "https://a.example/{{1}}"}}]});
    check(library.clone(), &[]);
    check(with(library, "components", json!([])), &[("/components", "not_allowed")]);
}

#[test]
fn the_time_to_live_depends_on_the_category() {
    for (category, from, to) in [("AUTHENTICATION", 30, 900), ("UTILITY", 30, 43_200), ("MARKETING", 43_200, 2_592_000)] {
        let components = if category == "AUTHENTICATION" { otp(json!({"otp_type": "COPY_CODE"})) } else { json!([body("Hello")]) };
        let lives = |seconds: Value| with(in_category(category, components.clone()), "message_send_ttl_seconds", seconds);
        for good in [from, to, -1] {
            check(lives(json!(good)), &[]);
        }
        for bad in [json!(from - 1), json!(to + 1), json!(0), json!(-2), json!(60.5)] {
            check(lives(bad), &[("/message_send_ttl_seconds", "value")]);
        }
        check(lives(json!("600")), &[("/message_send_ttl_seconds", "type")]);
    }
}

#[test]
fn components_come_once_and_a_body_is_there() {
    check(utility(json!([])), &[("/components", "too_few"), ("/components", "required")]);
    check(utility(json!([{"type": "FOOTER", "text": "a"}])), &[("/components", "required")]);
    check(utility(json!([body("a"), body("b")])), &[("/components/1", "duplicate")]);
    check(utility(json!([body("a"), {"type": "SIDEBAR", "x": 1}, 7])), &[("/components/1/type", "value"), ("/components/2", "type")]);
    check(
        utility(Value::from(vec![json!(null); 5000])),
        &(0..7)
            .map(|n| {
                (
                    ["/components/0", "/components/1", "/components/2", "/components/3", "/components/4", "/components/5", "/components/6"]
                        [n],
                    "type",
                )
            })
            .chain([("/components", "too_many"), ("/components", "required")])
            .collect::<Vec<_>>(),
    );
    check(utility(json!([body(&long(1024))])), &[]);
    check(utility(json!([body(&long(1025))])), &[("/components/0/text", "too_long")]);
    check(utility(json!([body("")])), &[("/components/0/text", "too_short")]);
    check(utility(json!([body("a\0")])), &[("/components/0/text", "format")]);
    let footer = |text: &str| utility(json!([body("a"), {"type": "FOOTER", "text": text}]));
    check(footer(&long(60)), &[]);
    check(footer(&long(61)), &[("/components/1/text", "too_long")]);
    check(footer("for {{1}}"), &[("/components/1/text", "not_allowed")]);
    check(footer("a\nb"), &[("/components/1/text", "format")]);
}

#[test]
fn variables_are_numbered_or_named() {
    let text = |text: &str, examples: Value| utility(json!([filled(text, examples)]));
    check(text("Hello dear {{1}}, welcome", json!(["Ana"])), &[]);
    check(text("We meet you on {{2}} at {{1}} in our house", json!(["a", "b"])), &[]);
    for gap in ["Hello dear {{2}}, welcome", "Hello dear {{0}}, welcome", "Hello dear {{01}}, welcome", "Hello dear {{name}}, welcome"] {
        check(text(gap, json!(["a"])), &[("/components/0/text", "value")]);
    }
    for broken in [
        "Hello dear {{1}, welcome",
        "Hello dear {{}}, welcome",
        "Hello dear {{ 1 }}, welcome",
        "Hello dear 1}}, welcome",
        "Hello {{Name}}, you",
    ] {
        check(text(broken, json!(["a"])), &[("/components/0/text", "format")]);
    }
    let name =
        |text: &str, examples: Value| named(json!([{"type": "BODY", "text": text, "example": {"body_text_named_params": examples}}]));
    check(name("Hello dear {{first_name}}, welcome", json!([{"param_name": "first_name", "example": "Ana"}])), &[]);
    check(name("Hello dear {{1}}, welcome", json!([{"param_name": "1", "example": "Ana"}])), &[("/components/0/text", "value")]);
    let at = |place: &str| format!("/components/0/example/body_text_named_params{place}");
    check(name("Hello dear {{a}}, welcome", json!([{"param_name": "b", "example": "Ana"}])), &[(&at("/0/param_name"), "value")]);
    check(name("Hello dear {{a}}, welcome", json!([])), &[(&at(""), "too_few")]);
    check(
        name("Hello dear {{a}}, and welcome {{b}} to us", json!([{"param_name": "a", "example": "1"}, {"param_name": "a", "example": ""}])),
        &[(&at("/1/param_name"), "duplicate"), (&at("/1/example"), "too_short")],
    );
}

#[test]
fn variables_stand_among_words() {
    let one = |text: &str| utility(json!([filled(text, json!(["a"]))]));
    let two = |text: &str| utility(json!([filled(text, json!(["a", "b"]))]));
    check(one("{{1}}, your order is on its way"), &[("/components/0/text", "not_allowed")]);
    check(one("Your order is on its way, {{1}} "), &[("/components/0/text", "not_allowed")]);
    check(one("Your order is on its way, {{1}}."), &[]);
    check(two("Your order {{1}} {{2}} is on its way to you"), &[("/components/0/text", "not_allowed")]);
    check(two("Your order {{1}}{{2}} is on its way to you"), &[("/components/0/text", "not_allowed")]);
    check(one("Hi {{1}}!"), &[("/components/0/text", "too_many")]);
    check(two("Order {{1}} leaves {{2}} o'clock today"), &[("/components/0/text", "too_many")]);
    check(two("Your order {{1}} leaves at {{2}} today"), &[]);
    check(one("您好{{1}}，欢迎"), &[]);
    check(one("{{1}}"), &[("/components/0/text", "not_allowed"), ("/components/0/text", "too_many")]);
}

#[test]
fn every_variable_has_an_example() {
    let example = |example: Value| utility(json!([{"type": "BODY", "text": "Hello dear {{1}}, welcome", "example": example}]));
    check(utility(json!([body("Hello dear {{1}}, welcome")])), &[("/components/0/example", "required")]);
    check(example(json!({})), &[("/components/0/example/body_text", "required")]);
    check(example(json!({"body_text": ["a"]})), &[("/components/0/example/body_text/0", "type")]);
    check(example(json!({"body_text": [[]]})), &[("/components/0/example/body_text/0", "too_few")]);
    check(example(json!({"body_text": [["a", "b"]]})), &[("/components/0/example/body_text/0", "too_many")]);
    check(example(json!({"body_text": [["a"], ["b"]]})), &[("/components/0/example/body_text", "too_many")]);
    check(example(json!({"body_text": [[""]]})), &[("/components/0/example/body_text/0/0", "too_short")]);
    check(example(json!({"body_text": [["a"]], "x": 1})), &[("/components/0/example/x", "unknown_property")]);
    check(utility(json!([filled("No variable", json!(["a"]))])), &[("/components/0/example", "not_allowed")]);
}

#[test]
fn a_header_is_a_line_a_file_or_a_place() {
    let header = |header: Value| utility(json!([header, body("Hello")]));
    check(header(json!({"type": "HEADER", "format": "TEXT", "text": long(60)})), &[]);
    check(header(json!({"type": "HEADER", "format": "TEXT", "text": "{{1}}", "example": {"header_text": ["a"]}})), &[]);
    for (text, code) in
        [(long(61), "too_long"), ("a\nb".to_owned(), "format"), ("{{1}} and {{2}}".to_owned(), "too_many"), (String::new(), "too_short")]
    {
        check(header(json!({"type": "HEADER", "format": "TEXT", "text": text})), &[("/components/0/text", code)]);
    }
    check(header(json!({"type": "HEADER", "format": "TEXT", "text": "For {{1}}"})), &[("/components/0/example", "required")]);
    for format in ["IMAGE", "VIDEO", "DOCUMENT"] {
        check(header(json!({"type": "HEADER", "format": format, "example": {"header_handle": ["4::a"]}})), &[]);
        check(header(json!({"type": "HEADER", "format": format})), &[("/components/0/example", "required")]);
        check(
            header(json!({"type": "HEADER", "format": format, "example": {"header_handle": []}})),
            &[("/components/0/example/header_handle", "too_few")],
        );
        check(
            header(json!({"type": "HEADER", "format": format, "example": {"header_url": ["a"]}})),
            &[("/components/0/example/header_handle", "required"), ("/components/0/example/header_url", "unknown_property")],
        );
    }
    check(header(json!({"type": "HEADER", "format": "LOCATION"})), &[]);
    check(header(json!({"type": "HEADER", "format": "LOCATION", "text": "a"})), &[("/components/0/text", "unknown_property")]);
    check(header(json!({"type": "HEADER", "format": "AUDIO"})), &[("/components/0/format", "value")]);
    check(header(json!({"type": "HEADER"})), &[("/components/0/format", "required")]);
    let gif = json!([{"type": "HEADER", "format": "GIF", "example": {"header_handle": ["4::a"]}}, body("Hello")]);
    check(utility(gif.clone()), &[("/components/0/format", "not_allowed")]);
    check(marketing(gif), &[]);
}

#[test]
fn buttons_are_counted_and_grouped() {
    let replies = |count: usize| (0..count).map(|n| reply(&format!("R{n}"))).collect::<Vec<_>>();
    let at = |place: &str| format!("/components/1/buttons{place}");
    check(buttons(json!(replies(10))), &[]);
    check(buttons(json!(replies(11))), &[(&at(""), "too_many")]);
    check(buttons(json!([])), &[(&at(""), "too_few")]);
    check(buttons(json!([link("A"), link("B")])), &[]);
    check(buttons(json!([link("A"), link("B"), link("C")])), &[(&at(""), "too_many")]);
    check(buttons(json!([reply("A"), reply("B"), link("C")])), &[]);
    check(buttons(json!([link("C"), reply("A"), reply("B")])), &[]);
    check(buttons(json!([reply("A"), link("C"), reply("B")])), &[(&at(""), "value")]);
    check(buttons(json!([reply("A"), reply("A")])), &[(&at("/1/text"), "duplicate")]);
    check(buttons(json!([reply(&long(25))])), &[]);
    check(buttons(json!([reply(&long(26))])), &[(&at("/0/text"), "too_long")]);
    check(buttons(json!([reply("To {{1}}")])), &[(&at("/0/text"), "not_allowed")]);
    check(buttons(json!([{"type": "OTP", "otp_type": "COPY_CODE"}])), &[(&at("/0/type"), "value")]);
    check(buttons(json!([{"type": "CATALOG", "text": "View"}])), &[(&at("/0/type"), "not_allowed")]);
    let phone = |number: &str| json!({"type": "PHONE_NUMBER", "text": "Call", "phone_number": number});
    check(buttons(json!([phone("+15550100234")])), &[]);
    check(buttons(json!([phone("call me")])), &[(&at("/0/phone_number"), "format")]);
    check(buttons(json!([phone("+1 5550 100 234 0000000")])), &[(&at("/0/phone_number"), "too_long")]);
    check(
        buttons(json!([phone("+15550100234"), {"type": "PHONE_NUMBER", "text": "Or", "phone_number": "+15550100235"}])),
        &[(&at(""), "too_many")],
    );
}

#[test]
fn links_codes_and_flows_have_what_they_need() {
    let at = |place: &str| format!("/components/1/buttons/0{place}");
    let url = |url: &str, example: Value| buttons(json!([{"type": "URL", "text": "Go", "url": url, "example": example}]));
    check(url("https://a.example/{{1}}", json!(["https://a.example/b"])), &[]);
    check(url("https://a.example/{{1}}", json!("b")), &[]);
    check(url("https://a.example/{{1}}", json!([])), &[(&at("/example"), "too_few")]);
    check(url("https://a.example", json!(["b"])), &[(&at("/example"), "not_allowed")]);
    check(url("https://a.example/{{1}}/b", json!(["b"])), &[(&at("/url"), "not_allowed")]);
    check(url("https://a.example/{{1}}/{{2}}", json!(["b"])), &[(&at("/url"), "not_allowed")]);
    for bad in ["https://{{1}}", "a.example", "ftp://a.example/{{1}}"] {
        check(url(bad, json!(["b"])), &[(&at("/url"), "format")]);
    }
    check(url(&format!("https://a.example/{}", "x".repeat(2000)), json!(["b"])), &[(&at("/url"), "too_long")]);
    check(buttons(json!([{"type": "URL", "text": "Go", "url": "https://a.example/{{1}}"}])), &[(&at("/example"), "required")]);
    check(buttons(json!([{"type": "COPY_CODE", "example": "x".repeat(20)}])), &[]);
    check(buttons(json!([{"type": "COPY_CODE", "example": "x".repeat(21)}])), &[(&at("/example"), "too_long")]);
    check(buttons(json!([{"type": "COPY_CODE"}])), &[(&at("/example"), "required")]);
    let flow = |key: &str| json!({"type": "FLOW", "text": "Go", key: "x"});
    for key in ["flow_id", "flow_name", "flow_json"] {
        check(buttons(json!([flow(key)])), &[]);
    }
    check(buttons(json!([{"type": "FLOW", "text": "Go"}])), &[(&at(""), "required")]);
    check(buttons(json!([{"type": "FLOW", "text": "Go", "flow_id": "1", "flow_json": "{}"}])), &[(&at(""), "not_allowed")]);
    check(buttons(json!([{"type": "FLOW", "text": "Go", "flow_id": "1", "flow_action": "jump"}])), &[(&at("/flow_action"), "value")]);
}

#[test]
fn offers_and_carousels_have_their_own_frame() {
    let handle = || json!({"header_handle": ["4::a"]});
    let offer = || json!({"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": long(16), "has_expiration": true}});
    check(marketing(json!([offer(), body("Hello")])), &[]);
    check(utility(json!([offer(), body("Hello")])), &[("/components/0", "not_allowed")]);
    check(marketing(json!([offer(), body(&long(601))])), &[("/components/1/text", "too_long")]);
    check(marketing(json!([offer(), body("Hello"), {"type": "FOOTER", "text": "a"}])), &[("/components/2", "not_allowed")]);
    check(
        marketing(json!([offer(), body("Hello"), {"type": "HEADER", "format": "TEXT", "text": "a"}])),
        &[("/components/2/format", "value")],
    );
    let card = |format: &str, buttons: Value| json!({"components": [{"type": "HEADER", "format": format, "example": handle()}, body("Card"), {"type": "BUTTONS", "buttons": buttons}]});
    let carousel = |cards: Value| marketing(json!([body("Hello"), {"type": "CAROUSEL", "cards": cards}]));
    let one = || card("IMAGE", json!([reply("A")]));
    let at = |place: &str| format!("/components/1/cards{place}");
    check(carousel(json!([one(), one()])), &[]);
    check(carousel(json!([one()])), &[(&at(""), "too_few")]);
    check(carousel(Value::from(vec![one(); 11])), &[(&at(""), "too_many")]);
    check(carousel(json!([one(), card("VIDEO", json!([reply("A")]))])), &[(&at("/1"), "value")]);
    check(carousel(json!([one(), card("IMAGE", json!([link("A")]))])), &[(&at("/1"), "value")]);
    check(carousel(json!([one(), card("TEXT", json!([reply("A")]))])), &[(&at("/1"), "value"), (&at("/1/components/0/format"), "value")]);
    let crowded = card("IMAGE", json!([reply("A"), reply("B"), reply("C")]));
    check(carousel(json!([crowded, card("IMAGE", json!([reply("A"), reply("B")]))])), &[(&at("/0/components/2/buttons"), "too_many")]);
    check(
        carousel(json!([{"components": [body("a")]}, {"components": [body(&long(161))]}])),
        &[
            (&at("/0/components"), "required"),
            (&at("/0/components"), "required"),
            (&at("/1/components"), "required"),
            (&at("/1/components"), "required"),
            (&at("/1/components/0/text"), "too_long"),
        ],
    );
    let crowded = marketing(json!([body("Hello"), {"type": "CAROUSEL", "cards": [one(), one()]}, {"type": "FOOTER", "text": "a"}]));
    check(crowded, &[("/components/2", "not_allowed")]);
}

fn otp(button: Value) -> Value {
    let mut all = json!({"type": "OTP"});
    all.as_object_mut().unwrap().extend(button.as_object().unwrap().clone());
    json!([{"type": "BODY"}, {"type": "BUTTONS", "buttons": [all]}])
}

#[test]
fn a_template_with_a_code_has_no_text_of_its_own() {
    let authentication = |components: Value| in_category("AUTHENTICATION", components);
    let app = || json!({"package_name": "com.example.app", "signature_hash": "K8a/AINcGX7"});
    let at = |place: &str| format!("/components/1/buttons/0{place}");
    check(authentication(otp(json!({"otp_type": "COPY_CODE", "text": long(25)}))), &[]);
    check(authentication(otp(json!({"otp_type": "COPY_CODE", "text": long(26)}))), &[(&at("/text"), "too_long")]);
    check(
        authentication(otp(json!({"otp_type": "COPY_CODE", "supported_apps": [app()]}))),
        &[(&at("/supported_apps"), "unknown_property")],
    );
    check(authentication(otp(json!({"otp_type": "ONE_TAP", "supported_apps": [app()]}))), &[]);
    check(authentication(otp(json!({"otp_type": "ONE_TAP"}))), &[(&at("/supported_apps"), "required")]);
    check(authentication(otp(json!({"otp_type": "ONE_TAP", "supported_apps": vec![app(); 6]}))), &[(&at("/supported_apps"), "too_many")]);
    check(
        authentication(otp(json!({"otp_type": "ONE_TAP", "supported_apps": [{"package_name": "app", "signature_hash": "short"}]}))),
        &[(&at("/supported_apps/0/package_name"), "format"), (&at("/supported_apps/0/signature_hash"), "format")],
    );
    check(
        authentication(otp(json!({"otp_type": "ZERO_TAP", "supported_apps": [app()]}))),
        &[(&at("/zero_tap_terms_accepted"), "required")],
    );
    check(
        authentication(otp(json!({"otp_type": "ZERO_TAP", "supported_apps": [app()], "zero_tap_terms_accepted": false}))),
        &[(&at("/zero_tap_terms_accepted"), "value")],
    );
    check(authentication(otp(json!({"otp_type": "SMS"}))), &[(&at("/otp_type"), "value")]);
    check(
        authentication(json!([{"type": "BODY", "text": "Your code is {{1}}."}])),
        &[("/components", "required"), ("/components/0/text", "not_allowed")],
    );
    check(authentication(json!([{"type": "BODY"}, {"type": "BUTTONS", "buttons": [reply("A")]}])), &[(&at("/type"), "value")]);
    let footer = |minutes: Value| {
        let mut components = otp(json!({"otp_type": "COPY_CODE"}));
        components.as_array_mut().unwrap().push(json!({"type": "FOOTER", "code_expiration_minutes": minutes}));
        authentication(components)
    };
    check(footer(json!(90)), &[]);
    for bad in [json!(0), json!(91), json!(1.5)] {
        check(footer(bad), &[("/components/2/code_expiration_minutes", "value")]);
    }
    check(
        authentication(json!([{"type": "HEADER", "format": "TEXT", "text": "a"}])),
        &[("/components/0/type", "value"), ("/components", "required"), ("/components", "required")],
    );
}

#[test]
fn a_change_has_at_least_one_thing() {
    let check = |edit: Value, expected: &[(&str, &str)]| are(&TemplateEdit::parse(&edit).err().unwrap_or_default(), expected);
    check(json!({}), &[("", "too_few")]);
    check(json!({"name": "b"}), &[("/name", "unknown_property")]);
    check(json!({"category": "MARKETING", "message_send_ttl_seconds": 60}), &[("/message_send_ttl_seconds", "value")]);
    check(json!({"message_send_ttl_seconds": 60}), &[]);
    check(json!({"components": [filled("Hello dear {{1}}, welcome", json!(["Ana"]))]}), &[]);
    check(
        json!({"components": [{"type": "BODY", "text": "Hello dear {{a}}, welcome", "example": {"body_text_named_params": [{"param_name": "a", "example": "b"}]}}]}),
        &[],
    );
    check(json!({"components": [body("We are {{1}} and you are {{a}} to us")]}), &[("/components/0/text", "value")]);
    check(json!({"components": otp(json!({"otp_type": "COPY_CODE"}))}), &[]);
    check(
        json!({"category": "UTILITY", "components": otp(json!({"otp_type": "COPY_CODE"}))}),
        &[("/components/0/text", "required"), ("/components/1/buttons/0/type", "value")],
    );
}

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
