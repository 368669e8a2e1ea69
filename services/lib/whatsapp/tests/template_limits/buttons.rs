//! What is refused in a template with something to tap: its buttons, offers, carousels and codes.

use serde_json::{Value, json};

use crate::{body, buttons, check, in_category, link, long, marketing, otp, reply, utility};

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
fn most_buttons_come_once() {
    for button in [
        json!({"type": "PHONE_NUMBER", "phone_number": "+15550100234"}),
        json!({"type": "COPY_CODE", "example": "SAVE10"}),
        json!({"type": "FLOW", "flow_id": "1"}),
        json!({"type": "CATALOG"}),
        json!({"type": "MPM"}),
        json!({"type": "SPM"}),
        json!({"type": "VOICE_CALL"}),
        json!({"type": "REQUEST_CONTACT_INFO"}),
    ] {
        let labelled = |label: &str| {
            let mut button = button.clone();
            button["text"] = json!(label);
            button
        };
        let of = |buttons: Value| marketing(json!([body("Hello"), {"type": "BUTTONS", "buttons": buttons}]));
        check(of(json!([labelled("One")])), &[]);
        check(of(json!([labelled("One"), labelled("Other")])), &[("/components/1/buttons", "too_many")]);
    }
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
