//! What is refused in a template, where and with which code.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod buttons;
mod parameters;

use serde_json::{Value, json};
use whatsapp::{FieldError, TemplateDraft, TemplateEdit};

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

fn otp(button: Value) -> Value {
    let mut all = json!({"type": "OTP"});
    all.as_object_mut().unwrap().extend(button.as_object().unwrap().clone());
    json!([{"type": "BODY"}, {"type": "BUTTONS", "buttons": [all]}])
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
    for wrong in ["line2", "2nd_line", "_line"] {
        let text = format!("Hello dear {{{{{wrong}}}}}, welcome");
        check(name(&text, json!([{"param_name": wrong, "example": "Ana"}])), &[("/components/0/text", "value")]);
    }
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
