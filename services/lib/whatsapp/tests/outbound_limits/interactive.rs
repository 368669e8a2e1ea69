//! What is refused in a message with something to tap: buttons, lists, links, Flows, carousels, products.

use serde_json::{Value, json};

use crate::{buttons, check, errors, interactive, long, of, with};

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
    check(flow(json!({"flow_cta": "Réserver → 5 € – ok"})), &[]);
    for (parameters, place, code) in [
        (json!({"flow_name": "a"}), "", "not_allowed"),
        (json!({"flow_message_version": 3}), "/flow_message_version", "type"),
        (json!({"flow_message_version": "2"}), "/flow_message_version", "value"),
        (json!({"flow_cta": long(31)}), "/flow_cta", "too_long"),
        (json!({"flow_cta": "Go 🚀"}), "/flow_cta", "format"),
        (json!({"flow_cta": "Go ⏰"}), "/flow_cta", "format"),
        (json!({"flow_cta": "Go ⌛"}), "/flow_cta", "format"),
        (json!({"flow_cta": "Go ❤️"}), "/flow_cta", "format"),
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
fn addresses_and_requests_for_a_number_say_what_meta_knows() {
    let address = |more: Value| {
        let mut parameters = json!({"country": "IN"});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        interactive("address_message", json!({"name": "address_message", "parameters": parameters}))
    };
    let saved = |count: usize| -> Value { (0..count).map(|n| json!({"id": n.to_string(), "value": {"city": "Mumbai"}})).collect() };
    check(address(json!({"values": {"name": long(200)}, "saved_addresses": saved(20)})), &[]);
    for (more, place, code) in [
        (json!({"values": {"street": "a"}}), "/values/street", "unknown_property"),
        (json!({"values": {"city": long(201)}}), "/values/city", "too_long"),
        (json!({"values": {"city": "a\nb"}}), "/values/city", "format"),
        (json!({"values": "Mumbai"}), "/values", "type"),
        (json!({"validation_errors": {"in_pin_code": 5}}), "/validation_errors/in_pin_code", "type"),
        (json!({"validation_errors": {"pin": "a"}}), "/validation_errors/pin", "unknown_property"),
        (json!({"saved_addresses": []}), "/saved_addresses", "too_few"),
        (json!({"saved_addresses": saved(21)}), "/saved_addresses", "too_many"),
        (json!({"saved_addresses": [{"value": {}}]}), "/saved_addresses/0/id", "required"),
        (json!({"saved_addresses": [{"id": "home"}]}), "/saved_addresses/0/value", "required"),
        (json!({"saved_addresses": [{"id": "a", "value": {}}, {"id": "a", "value": {}}]}), "/saved_addresses/1/id", "duplicate"),
    ] {
        check(address(more), &[(&format!("/interactive/action/parameters{place}"), code)]);
    }
    check(interactive("address_message", json!({"name": "address_message"})), &[("/interactive/action/parameters", "required")]);
    let number = || interactive("request_contact_info", json!({"name": "request_contact_info"}));
    check(number(), &[]);
    check(with(number(), "/interactive/action/name", json!("send_location")), &[("/interactive/action/name", "value")]);
    check(with(number(), "/interactive/action/parameters", json!({})), &[("/interactive/action/parameters", "unknown_property")]);
    check(with(number(), "/interactive/footer", json!({"text": "a"})), &[("/interactive/footer", "not_allowed")]);
    check(with(number(), "/interactive/header", json!({"type": "text", "text": "a"})), &[("/interactive/header", "not_allowed")]);
    check(interactive("request_contact_info", json!({})), &[("/interactive/action/name", "required")]);
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
