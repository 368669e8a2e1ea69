//! What is refused in a message, where and with which code: a table for each type.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use serde_json::{Value, json};
use whatsapp::{FIELD_ERRORS_MAX, FieldError, Outbound};

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
    check(react(json!("👍 👍")), &[("/reaction/emoji", "format")]);
    check(react(json!("👍".repeat(17))), &[("/reaction/emoji", "too_long")]);
    check(react(json!(null)), &[("/reaction/emoji", "type")]);
    check(of("reaction", json!({})), &[("/reaction/message_id", "required"), ("/reaction/emoji", "required")]);
    check(with(react(json!("👍")), "/context", json!({"message_id": "wamid.x"})), &[("/context", "not_allowed")]);
}

#[test]
fn a_frame_is_as_its_type_allows() {
    let button = || interactive("button", json!({"buttons": buttons(3)}));
    check(button(), &[]);
    check(with(button(), "/interactive/body/text", json!(long(1024))), &[]);
    check(with(button(), "/interactive/body/text", json!(long(1025))), &[("/interactive/body/text", "too_long")]);
    check(with(button(), "/interactive/body", json!("b")), &[("/interactive/body", "type")]);
    check(with(button(), "/interactive/footer", json!({"text": long(61)})), &[("/interactive/footer/text", "too_long")]);
    check(with(button(), "/interactive/footer", json!({})), &[("/interactive/footer/text", "required")]);
    let header = |header: Value| with(button(), "/interactive/header", header);
    check(header(json!({"type": "text", "text": long(60)})), &[]);
    check(header(json!({"type": "text", "text": long(61)})), &[("/interactive/header/text", "too_long")]);
    check(header(json!({"type": "text", "text": "a\nb"})), &[("/interactive/header/text", "format")]);
    check(header(json!({"type": "sticker", "sticker": {"id": "1"}})), &[("/interactive/header/type", "value")]);
    check(
        header(json!({"type": "image", "image": {"id": "1", "caption": "a"}})),
        &[("/interactive/header/image/caption", "unknown_property")],
    );
    check(
        header(json!({"type": "image", "text": "a"})),
        &[("/interactive/header/image", "required"), ("/interactive/header/text", "unknown_property")],
    );
    check(of("interactive", json!({"type": "button"})), &[("/interactive/body", "required"), ("/interactive/action", "required")]);
    check(of("interactive", json!({"type": "nfm_reply", "nfm_reply": {}})), &[("/interactive/type", "value")]);
    check(of("interactive", json!({})), &[("/interactive/type", "required")]);
    let bare = interactive("location_request_message", json!({"name": "send_location"}));
    check(bare.clone(), &[]);
    check(with(bare.clone(), "/interactive/header", json!({"type": "text", "text": "a"})), &[("/interactive/header", "not_allowed")]);
    check(with(bare.clone(), "/interactive/footer", json!({"text": "a"})), &[("/interactive/footer", "not_allowed")]);
    check(with(bare, "/interactive/action/name", json!("location")), &[("/interactive/action/name", "value")]);
}

#[test]
fn buttons_are_few_and_differ() {
    let message = |buttons: Value| interactive("button", json!({"buttons": buttons}));
    check(message(buttons(1)), &[]);
    check(message(buttons(0)), &[("/interactive/action/buttons", "too_few")]);
    check(message(buttons(4)), &[("/interactive/action/buttons", "too_many")]);
    check(
        message(Value::from(vec![json!(null); 10_000])),
        &[
            ("/interactive/action/buttons", "too_many"),
            ("/interactive/action/buttons/0", "type"),
            ("/interactive/action/buttons/1", "type"),
            ("/interactive/action/buttons/2", "type"),
        ],
    );
    let same = with(buttons(2), "/1/reply/id", json!("id0"));
    check(message(same), &[("/interactive/action/buttons/1/reply/id", "duplicate")]);
    let same = with(buttons(2), "/1/reply/title", json!("Title 0"));
    check(message(same), &[("/interactive/action/buttons/1/reply/title", "duplicate")]);
    for (pointer, value, code) in [
        ("/0/type", json!("url"), "value"),
        ("/0/reply/id", json!("x".repeat(257)), "too_long"),
        ("/0/reply/id", json!(" a"), "format"),
        ("/0/reply/id", json!(""), "too_short"),
        ("/0/reply/title", json!(long(21)), "too_long"),
        ("/0/reply/title", json!("a\0"), "format"),
        ("/0/reply/url", json!("a"), "unknown_property"),
    ] {
        check(message(with(buttons(2), pointer, value)), &[(&format!("/interactive/action/buttons{pointer}"), code)]);
    }
}

#[test]
fn a_list_has_ten_rows_in_all() {
    let rows =
        |from: usize, count: usize| -> Value { (from..from + count).map(|n| json!({"id": format!("r{n}"), "title": "Row"})).collect() };
    let list = |sections: Value| interactive("list", json!({"button": "See", "sections": sections}));
    check(list(json!([{"rows": rows(0, 10)}])), &[]);
    check(with(list(json!([{"rows": rows(0, 1)}])), "/interactive/body/text", json!(long(4096))), &[]);
    check(list(json!([{"title": "A", "rows": rows(0, 5)}, {"title": "B", "rows": rows(5, 5)}])), &[]);
    check(
        list(json!([{"title": "A", "rows": rows(0, 6)}, {"title": "B", "rows": rows(6, 5)}])),
        &[("/interactive/action/sections", "too_many")],
    );
    check(list(json!([{"rows": rows(0, 1)}, {"title": "B", "rows": rows(1, 1)}])), &[("/interactive/action/sections/0/title", "required")]);
    check(
        list(json!([{"title": "A", "rows": rows(0, 1)}, {"title": "B", "rows": rows(0, 1)}])),
        &[("/interactive/action/sections/1/rows/0/id", "duplicate")],
    );
    check(list(json!([])), &[("/interactive/action/sections", "too_few")]);
    check(list(json!([{"rows": []}])), &[("/interactive/action/sections/0/rows", "too_few")]);
    let one = || list(json!([{"title": long(24), "rows": [{"id": "a", "title": long(24), "description": long(72)}]}]));
    check(one(), &[]);
    for (pointer, value, code) in [
        ("/sections/0/title", json!(long(25)), "too_long"),
        ("/sections/0/rows/0/id", json!("x".repeat(201)), "too_long"),
        ("/sections/0/rows/0/title", json!(long(25)), "too_long"),
        ("/sections/0/rows/0/description", json!(long(73)), "too_long"),
        ("/sections/0/rows/0/description", json!(""), "too_short"),
        ("/button", json!(long(21)), "too_long"),
    ] {
        let pointer = format!("/interactive/action{pointer}");
        check(with(one(), &pointer, value), &[(&pointer, code)]);
    }
    check(with(one(), "/interactive/header", json!({"type": "image", "image": {"id": "1"}})), &[("/interactive/header/type", "value")]);
}

#[test]
fn links_flows_and_calls_have_their_parameters() {
    let link = |parameters: Value| interactive("cta_url", json!({"name": "cta_url", "parameters": parameters}));
    check(link(json!({"display_text": long(20), "url": "https://a.example"})), &[]);
    check(
        link(json!({"display_text": long(21), "url": "tel:+1"})),
        &[("/interactive/action/parameters/display_text", "too_long"), ("/interactive/action/parameters/url", "format")],
    );
    let flow = |parameters: Value| {
        let mut all = json!({"flow_message_version": "3", "flow_id": "1", "flow_cta": "Go"});
        all.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        interactive("flow", json!({"name": "flow", "parameters": all}))
    };
    check(flow(json!({})), &[]);
    for (parameters, place, code) in [
        (json!({"flow_name": "a"}), "", "not_allowed"),
        (json!({"flow_message_version": 3}), "/flow_message_version", "type"),
        (json!({"flow_message_version": "2"}), "/flow_message_version", "value"),
        (json!({"flow_cta": long(31)}), "/flow_cta", "too_long"),
        (json!({"flow_cta": "Go 🚀"}), "/flow_cta", "format"),
        (json!({"mode": "live"}), "/mode", "value"),
        (json!({"flow_action": "complete"}), "/flow_action", "value"),
        (json!({"flow_action_payload": {}}), "/flow_action_payload", "too_few"),
        (json!({"flow_action_payload": {"data": {}}}), "/flow_action_payload/data", "too_few"),
        (json!({"flow_action_payload": {"data": []}}), "/flow_action_payload/data", "type"),
        (json!({"flow_action_payload": {"data": {"a": ["\0"]}}}), "/flow_action_payload/data/a/0", "format"),
        (json!({"flow_action": "data_exchange", "flow_action_payload": {"screen": "A"}}), "/flow_action_payload", "not_allowed"),
    ] {
        check(flow(parameters), &[(&format!("/interactive/action/parameters{place}"), code)]);
    }
    let deep = (0..100).fold(json!(1), |inner, _| json!({"a": inner}));
    let found = errors(&flow(json!({"flow_action_payload": {"data": deep}})));
    assert_eq!((found.len(), found[0].code), (1, "value"));
    let call = |parameters: Value| interactive("voice_call", json!({"name": "voice_call", "parameters": parameters}));
    check(call(json!({"display_text": "Call", "ttl_minutes": 43_200})), &[]);
    check(call(json!({"ttl_minutes": 0})), &[("/interactive/action/parameters/ttl_minutes", "value")]);
    check(call(json!({"ttl_minutes": 1.5})), &[("/interactive/action/parameters/ttl_minutes", "value")]);
    check(call(json!({"ttl_minutes": "1"})), &[("/interactive/action/parameters/ttl_minutes", "type")]);
    check(interactive("call_permission_request", json!({"name": "voice_call"})), &[("/interactive/action/name", "value")]);
    check(
        interactive("address_message", json!({"name": "address_message", "parameters": {"country": "DE"}})),
        &[("/interactive/action/parameters/country", "value")],
    );
}

#[test]
fn the_cards_of_a_carousel_are_built_alike() {
    let link = |index: usize, kind: &str| {
        json!({"card_index": index, "type": "cta_url", "header": {"type": kind, kind: {"link": "https://a.example/f"}},
            "action": {"name": "cta_url", "parameters": {"display_text": "Go", "url": "https://a.example"}}})
    };
    let replies = |index: usize, count: usize| {
        let buttons: Value =
            (0..count).map(|n| json!({"type": "quick_reply", "quick_reply": {"id": format!("{n}"), "title": format!("{n}")}})).collect();
        json!({"card_index": index, "header": {"type": "image", "image": {"link": "https://a.example/f"}}, "action": {"buttons": buttons}})
    };
    let carousel = |cards: Value| interactive("carousel", json!({"cards": cards}));
    check(carousel(json!([link(0, "image"), link(1, "image")])), &[]);
    check(carousel(json!([replies(0, 2), replies(1, 2)])), &[]);
    let at = |place: &str| format!("/interactive/action/cards{place}");
    check(carousel(json!([link(0, "image")])), &[(&at(""), "too_few")]);
    check(carousel((0..11).map(|index| link(index, "image")).collect()), &[(&at(""), "too_many")]);
    check(carousel(json!([link(0, "image"), link(1, "video")])), &[(&at("/1"), "value")]);
    check(carousel(json!([link(0, "image"), replies(1, 1)])), &[(&at("/1"), "value")]);
    check(carousel(json!([replies(0, 1), replies(1, 2)])), &[(&at("/1"), "value")]);
    check(carousel(json!([link(0, "image"), link(0, "image")])), &[(&at("/1/card_index"), "value")]);
    let two = || carousel(json!([link(0, "image"), link(1, "image")]));
    for (place, value, code, told) in [
        ("/0/body", json!({"text": long(161)}), "too_long", "/0/body/text"),
        ("/0/body", json!({"text": "a\nb\nc\nd"}), "too_many", "/0/body"),
        ("/0/header/image", json!({"id": "1", "link": "https://a.example"}), "not_allowed", "/0/header/image/id"),
        ("/0/footer", json!({"text": "a"}), "unknown_property", "/0/footer"),
        ("/0/type", json!("button"), "value", "/0/type"),
    ] {
        check(with(two(), &at(place), value), &[(&at(told), code)]);
    }
    check(with(two(), "/interactive/header", json!({"type": "text", "text": "a"})), &[("/interactive/header", "not_allowed")]);
    let long_id = with(json!([replies(0, 1), replies(1, 1)]), "/0/action/buttons/0/quick_reply/id", json!("x".repeat(21)));
    check(carousel(long_id), &[(&at("/0/action/buttons/0/quick_reply/id"), "too_long")]);
}

#[test]
fn product_lists_have_their_sizes() {
    let section = |count: usize| json!({"title": "A", "product_items": vec![json!({"product_retailer_id": "p"}); count]});
    let list = |sections: Value| {
        let message = interactive("product_list", json!({"catalog_id": "1", "sections": sections}));
        with(message, "/interactive/header", json!({"type": "text", "text": "Products"}))
    };
    check(list(json!([section(30)])), &[]);
    check(list(json!([section(20), section(11)])), &[("/interactive/action/sections", "too_many")]);
    check(list(json!([section(0)])), &[("/interactive/action/sections/0/product_items", "too_few")]);
    check(list(Value::from(vec![section(1); 11])), &[("/interactive/action/sections", "too_many")]);
    let bare = interactive("product_list", json!({"catalog_id": "x", "sections": [section(1)]}));
    check(bare, &[("/interactive/header", "required"), ("/interactive/action/catalog_id", "format")]);
    check(of("interactive", json!({"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "p"}})), &[]);
    check(interactive("catalog_message", json!({"name": "catalog_message"})), &[]);
}

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

#[test]
fn errors_are_many_but_not_endless() {
    let unknown: serde_json::Map<String, Value> = (0..500).map(|n| (format!("p{n}"), json!(1))).collect();
    assert_eq!(errors(&of("text", Value::Object(unknown))).len(), FIELD_ERRORS_MAX);
    let cards = Value::from(vec![json!({"name": {"formatted_name": long(500), "first_name": long(500)}}); 257]);
    check(of("contacts", cards), &[("", "too_long")]);
}
