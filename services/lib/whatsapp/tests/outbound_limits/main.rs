//! What is refused in a message, where and with which code: a table for each type.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod interactive;
mod template;

use serde_json::{Value, json};
use whatsapp::{FIELD_ERRORS_MAX, FieldError, MediaKind, Outbound};

fn errors(message: &Value) -> Vec<FieldError> {
    Outbound::parse(message).err().unwrap_or_default()
}

/// Given a message, expect these errors and no other, whatever their order.
#[track_caller]
fn check(message: Value, expected: &[(&str, &str)]) {
    let errors = errors(&message);
    let mut found: Vec<_> = errors.iter().map(|error| (error.pointer.as_str(), error.code)).collect();
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{message} gives {errors:#?}");
}

fn text(body: impl Into<Value>) -> Value {
    json!({"type": "text", "text": {"body": body.into()}})
}

fn of(kind: &str, content: Value) -> Value {
    json!({"type": kind, kind: content})
}

fn interactive(kind: &str, action: Value) -> Value {
    of("interactive", json!({"type": kind, "body": {"text": "b"}, "action": action}))
}

fn with(mut message: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = message.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    match parent {
        Value::Object(members) => _ = members.insert(key.to_owned(), value),
        Value::Array(elements) => elements[key.parse::<usize>().unwrap()] = value,
        other => panic!("{other} has no {key}"),
    }
    message
}

fn long(length: usize) -> String {
    "ä".repeat(length)
}

fn buttons(count: usize) -> Value {
    (0..count).map(|n| json!({"type": "reply", "reply": {"id": format!("id{n}"), "title": format!("Title {n}")}})).collect()
}

fn template(components: Value) -> Value {
    of("template", json!({"name": "a", "language": {"code": "en"}, "components": components}))
}

#[test]
fn a_message_has_its_type_and_what_belongs_to_it() {
    check(text("Hello"), &[]);
    for odd in [json!(null), json!([]), json!("text"), json!(1), json!(true)] {
        check(odd, &[("", "type")]);
    }
    check(json!({}), &[("/type", "required")]);
    check(json!({"type": 1, "x": 1}), &[("/type", "type")]);
    check(json!({"type": "Text", "text": {"body": "a"}}), &[("/type", "value")]);
    check(json!({"type": "gif", "gif": {}}), &[("/type", "value")]);
    check(json!({"type": "text"}), &[("/text", "required")]);
    check(json!({"type": "text", "text": null}), &[("/text", "type")]);
    check(with(text("a"), "/image", json!({"id": "1"})), &[("/image", "unknown_property")]);
    check(with(text("a"), "/a~1b~0c", json!(1)), &[("/a~01b~00c", "unknown_property")]);
    check(with(text("a"), "/status", json!("read")), &[("/status", "unknown_property")]);
}

#[test]
fn what_is_set_when_it_is_sent_is_left_out() {
    for key in ["messaging_product", "to", "recipient", "recipient_type", "biz_opaque_callback_data"] {
        check(with(text("a"), &format!("/{key}"), json!("x")), &[(&format!("/{key}"), "not_allowed")]);
    }
    check(json!({"to": "1", "type": "gif"}), &[("/to", "not_allowed"), ("/type", "value")]);
    check(with(text("a"), "/recipient_identity_key_hash", json!("DF2lS5v2W6x=")), &[]);
    check(with(text("a"), "/recipient_identity_key_hash", json!("a b")), &[("/recipient_identity_key_hash", "format")]);
}

#[test]
fn an_answer_names_a_message() {
    let reply = |context: Value| with(text("a"), "/context", context);
    check(reply(json!({"message_id": "wamid.x"})), &[]);
    check(reply(json!({})), &[("/context/message_id", "required")]);
    check(reply(json!("wamid.x")), &[("/context", "type")]);
    check(reply(json!({"message_id": "a b"})), &[("/context/message_id", "format")]);
    check(reply(json!({"message_id": "wacid.x"})), &[("/context/message_id", "value")]);
    check(reply(json!({"message_id": "x".repeat(513)})), &[("/context/message_id", "format")]);
    check(reply(json!({"message_id": "wamid.x", "from": "1"})), &[("/context/from", "unknown_property")]);
}

#[test]
fn text_is_counted_in_characters() {
    check(text(long(4096)), &[]);
    check(text(long(4097)), &[("/text/body", "too_long")]);
    for empty in ["", " ", "\n\t"] {
        check(text(empty), &[("/text/body", "too_short")]);
    }
    check(text("line\nline\tline\r\n"), &[]);
    for control in ["a\0", "a\u{1b}[31m", "a\u{7f}", "a\u{85}b\u{9c}"] {
        check(text(control), &[("/text/body", "format")]);
    }
    for odd in [json!(null), json!(1), json!(["a"]), json!({"text": "a"}), json!(false)] {
        check(text(odd), &[("/text/body", "type")]);
    }
    check(of("text", json!({})), &[("/text/body", "required")]);
    check(of("text", json!({"body": "a", "preview_url": "yes"})), &[("/text/preview_url", "type")]);
    check(of("text", json!({"body": "a", "preview": true})), &[("/text/preview", "unknown_property")]);
    assert_eq!(errors(&text(long(4097)))[0].detail, "must have at most 4096 characters, has 4097");
}

#[test]
fn a_file_has_an_id_or_a_link() {
    for kind in ["image", "video", "audio", "document", "sticker"] {
        check(of(kind, json!({"id": "1"})), &[]);
        check(of(kind, json!({})), &[(&format!("/{kind}"), "required")]);
        check(of(kind, json!({"id": "1", "link": "https://a.example"})), &[(&format!("/{kind}"), "not_allowed")]);
        check(of(kind, json!({"id": 1})), &[(&format!("/{kind}/id"), "type")]);
        check(of(kind, json!({"id": "a b"})), &[(&format!("/{kind}/id"), "format")]);
        check(of(kind, json!({"id": "1".repeat(129)})), &[(&format!("/{kind}/id"), "too_long")]);
    }
    for link in ["ftp://a.example", "a.example/b", "javascript:alert(1)", "https://", "https://a.example/ b", "https://u:p@a.example"] {
        check(of("image", json!({"link": link})), &[("/image/link", "format")]);
    }
    check(of("image", json!({"link": format!("https://a.example/{}", "x".repeat(2100))})), &[("/image/link", "too_long")]);
    check(of("image", json!({"link": ""})), &[("/image/link", "too_short")]);
    check(of("image", json!({"id": "1", "caption": long(1024)})), &[]);
    check(of("image", json!({"id": "1", "caption": long(1025)})), &[("/image/caption", "too_long")]);
    check(of("image", json!({"id": "1", "filename": "a"})), &[("/image/filename", "unknown_property")]);
    check(of("document", json!({"id": "1", "filename": "a\nb"})), &[("/document/filename", "format")]);
    check(of("audio", json!({"id": "1", "voice": true, "caption": "a"})), &[("/audio/caption", "unknown_property")]);
    check(of("audio", json!({"id": "1", "voice": 1})), &[("/audio/voice", "type")]);
    check(of("sticker", json!({"id": "1", "caption": "a"})), &[("/sticker/caption", "unknown_property")]);
}

#[test]
fn a_file_has_as_many_bytes_as_meta_takes_and_not_one_more() {
    let limits = [
        (MediaKind::Audio, 16_777_216),
        (MediaKind::Image, 5_242_880),
        (MediaKind::Video, 16_777_216),
        (MediaKind::Document, 104_857_600),
        // An animated one.
        (MediaKind::Sticker, 512_000),
    ];
    assert_eq!(limits.map(|(kind, _)| kind), MediaKind::ALL);
    let fits = |kind: MediaKind, bytes: u64| bytes <= kind.bytes_max();
    for (kind, max) in limits {
        assert_eq!((fits(kind, max), fits(kind, max + 1)), (true, false), "{kind:?}");
    }
}

#[test]
fn a_place_is_on_the_globe() {
    let at = |latitude: Value, longitude: Value| of("location", json!({"latitude": latitude, "longitude": longitude}));
    for (latitude, longitude) in [(json!(90), json!(-180)), (json!(-90.0), json!(180.0)), (json!("12.5"), json!("-0"))] {
        check(at(latitude, longitude), &[]);
    }
    check(at(json!(91), json!(181)), &[("/location/latitude", "value"), ("/location/longitude", "value")]);
    check(at(json!("91"), json!(0)), &[("/location/latitude", "value")]);
    for odd in ["NaN", "inf", "1e3", "", " 1", "1,5", "1.2.3", "--1", "+1"] {
        check(at(json!(odd), json!(0)), &[("/location/latitude", "format")]);
    }
    // JSON has no such numbers: they become null
    check(at(json!(f64::NAN), json!(f64::INFINITY)), &[("/location/latitude", "type"), ("/location/longitude", "type")]);
    check(of("location", json!({})), &[("/location/latitude", "required"), ("/location/longitude", "required")]);
    check(
        of("location", json!({"latitude": 0, "longitude": 0, "name": long(1001), "url": "https://a.example"})),
        &[("/location/name", "too_long"), ("/location/url", "unknown_property")],
    );
}

#[test]
fn a_card_has_two_names() {
    let card = |card: Value| of("contacts", json!([card]));
    let named = json!({"name": {"formatted_name": "Ana W", "first_name": "Ana"}});
    check(card(named.clone()), &[]);
    check(of("contacts", json!([])), &[("/contacts", "too_few")]);
    check(of("contacts", json!({})), &[("/contacts", "type")]);
    check(of("contacts", Value::from(vec![named.clone(); 257])), &[]);
    check(of("contacts", Value::from(vec![named.clone(); 258])), &[("/contacts", "too_many")]);
    check(card(json!({})), &[("/contacts/0/name", "required")]);
    check(card(json!({"name": {"formatted_name": "Ana"}})), &[("/contacts/0/name", "required")]);
    check(card(json!({"name": {"first_name": "Ana"}})), &[("/contacts/0/name/formatted_name", "required")]);
    for date in ["1981-4-12", "1981-02-30", "12.04.1981", "+981-04-12", ""] {
        check(card(with(named.clone(), "/birthday", json!(date))), &[("/contacts/0/birthday", "format")]);
    }
    check(card(with(named.clone(), "/phones", json!([{"type": "HOME"}]))), &[("/contacts/0/phones/0/phone", "required")]);
    check(card(with(named.clone(), "/phones", json!([{"wa_id": "+1"}]))), &[("/contacts/0/phones/0/wa_id", "format")]);
    check(
        card(with(named.clone(), "/emails", json!([{}, 1]))),
        &[("/contacts/0/emails/0/email", "required"), ("/contacts/0/emails/1", "type")],
    );
    check(card(with(named.clone(), "/urls", Value::from(vec![json!({"url": "a"}); 51]))), &[("/contacts/0/urls", "too_many")]);
    check(card(with(named, "/vcard", json!("BEGIN"))), &[("/contacts/0/vcard", "unknown_property")]);
}

#[test]
fn a_reaction_is_one_emoji() {
    let react = |emoji: Value| of("reaction", json!({"message_id": "wamid.x", "emoji": emoji}));
    check(react(json!("👍")), &[]);
    check(react(json!("")), &[]);
    check(react(json!("yes")), &[("/reaction/emoji", "format")]);
    for two in ["👍 👍", "👍👍", "👍❤️"] {
        check(react(json!(two)), &[("/reaction/emoji", "format")]);
    }
    check(react(json!("👍".repeat(17))), &[("/reaction/emoji", "too_long")]);
    check(react(json!(null)), &[("/reaction/emoji", "type")]);
    check(of("reaction", json!({})), &[("/reaction/message_id", "required"), ("/reaction/emoji", "required")]);
    check(with(react(json!("👍")), "/reaction/message_id", json!("wacid.x")), &[("/reaction/message_id", "value")]);
    check(with(react(json!("👍")), "/context", json!({"message_id": "wamid.x"})), &[("/context", "not_allowed")]);
}

#[test]
fn the_largest_messages_that_are_lawful_are_taken() {
    let line = "x".repeat(400);
    let card = json!({"name": {"formatted_name": line, "first_name": line}, "org": {"company": line}, "urls": [{"url": line}]});
    check(of("contacts", Value::from(vec![card; 257])), &[]);
    let text = "🛵".repeat(32_768);
    check(template(json!([{"type": "body", "parameters": [{"type": "text", "text": text}]}])), &[]);
    let picture = "A".repeat(400_000);
    let parameters = json!({"flow_message_version": "3", "flow_id": "1", "flow_cta": "Book", "flow_action": "navigate",
        "flow_action_payload": {"screen": "FIRST", "data": {"picture": picture}}});
    check(interactive("flow", json!({"name": "flow", "parameters": parameters})), &[]);
}

#[test]
fn errors_are_many_but_not_endless() {
    let unknown: serde_json::Map<String, Value> = (0..500).map(|n| (format!("p{n}"), json!(1))).collect();
    assert_eq!(errors(&of("text", Value::Object(unknown))).len(), FIELD_ERRORS_MAX);
    let cards = Value::from(vec![json!({"name": {"formatted_name": long(500), "first_name": long(500)}}); 257]);
    check(of("contacts", cards), &[("", "too_long")]);
}
