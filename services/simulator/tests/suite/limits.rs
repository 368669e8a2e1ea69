//! Meta's limits on messages, written down once more from its reference ("Send messages" and the pages of the types).
//!
//! The simulator judges a message with the same code as whoever sends it, so a limit that is wrong there would be wrong on both sides and
//! no call would show it. This table shares nothing with that code.

use serde_json::{Value, json};
use whatsapp::outbound::Outbound;

/// What is limited, how much of it Meta takes, and a message with so much of it.
type Row = (&'static str, usize, fn(usize) -> Value);

fn long(count: usize) -> String {
    "ä".repeat(count)
}

/// A message with something else at `place`.
fn put(mut message: Value, place: &str, value: impl Into<Value>) -> Value {
    *message.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value.into();
    message
}

fn of(kind: &str, content: Value) -> Value {
    json!({"type": kind, kind: content})
}

fn bare(kind: &str, action: Value) -> Value {
    of("interactive", json!({"type": kind, "body": {"text": "?"}, "action": action}))
}

fn framed(kind: &str, action: Value) -> Value {
    let mut message = bare(kind, action);
    message["interactive"]["header"] = json!({"type": "text", "text": "h"});
    message["interactive"]["footer"] = json!({"text": "f"});
    message
}

fn captioned(kind: &str, count: usize) -> Value {
    of(kind, json!({"id": "1", "caption": long(count)}))
}

fn reply(buttons: usize) -> Value {
    let button = |n: usize| json!({"type": "reply", "reply": {"id": format!("b{n}"), "title": format!("Button {n}")}});
    framed("button", json!({"buttons": (0..buttons).map(button).collect::<Value>()}))
}

/// Sections with so many rows each.
fn list(sections: &[usize]) -> Value {
    let section = |(n, rows): (usize, &usize)| {
        let row = |row: usize| json!({"id": format!("r{n}-{row}"), "title": "Row", "description": "d"});
        json!({"title": "Section", "rows": (0..*rows).map(row).collect::<Value>()})
    };
    framed("list", json!({"button": "See", "sections": sections.iter().enumerate().map(section).collect::<Value>()}))
}

fn link() -> Value {
    framed("cta_url", json!({"name": "cta_url", "parameters": {"display_text": "Go", "url": "https://a.example"}}))
}

fn flow() -> Value {
    framed("flow", json!({"name": "flow", "parameters": {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Go"}}))
}

fn location_request() -> Value {
    bare("location_request_message", json!({"name": "send_location"}))
}

fn carousel(cards: usize) -> Value {
    let card = |n: usize| {
        json!({"card_index": n, "type": "cta_url", "header": {"type": "image", "image": {"link": "https://a.example/a.jpg"}},
            "body": {"text": "b"}, "action": {"name": "cta_url", "parameters": {"display_text": "Go", "url": "https://a.example"}}})
    };
    bare("carousel", json!({"cards": (0..cards).map(card).collect::<Value>()}))
}

fn replying_carousel() -> Value {
    let card = |n: usize| {
        json!({"card_index": n, "header": {"type": "image", "image": {"link": "https://a.example/a.jpg"}},
            "action": {"buttons": [{"type": "quick_reply", "quick_reply": {"id": "a", "title": "A"}}]}})
    };
    bare("carousel", json!({"cards": (0..2).map(card).collect::<Value>()}))
}

fn products(sections: &[usize]) -> Value {
    let section = |products: &usize| json!({"title": "Section", "product_items": vec![json!({"product_retailer_id": "p"}); *products]});
    framed("product_list", json!({"catalog_id": "1", "sections": sections.iter().map(section).collect::<Value>()}))
}

fn contacts(cards: usize) -> Value {
    of("contacts", json!(vec![json!({"name": {"formatted_name": "Ana", "first_name": "Ana"}}); cards]))
}

const PLAIN: [Row; 5] = [
    ("/text/body", 4096, |n| of("text", json!({"body": long(n)}))),
    ("/image/caption", 1024, |n| captioned("image", n)),
    ("/video/caption", 1024, |n| captioned("video", n)),
    ("/document/caption", 1024, |n| captioned("document", n)),
    ("/contacts", 257, contacts),
];

const BUTTONS: [Row; 6] = [
    ("/interactive/action/buttons", 3, reply),
    ("/interactive/action/buttons/0/reply/id", 256, |n| put(reply(1), "/interactive/action/buttons/0/reply/id", long(n))),
    ("/interactive/action/buttons/0/reply/title", 20, |n| put(reply(1), "/interactive/action/buttons/0/reply/title", long(n))),
    ("/interactive/body/text", 1024, |n| put(reply(1), "/interactive/body/text", long(n))),
    ("/interactive/footer/text", 60, |n| put(reply(1), "/interactive/footer/text", long(n))),
    ("/interactive/header/text", 60, |n| put(reply(1), "/interactive/header/text", long(n))),
];

const LISTS: [Row; 12] = [
    ("/interactive/action/button", 20, |n| put(list(&[1]), "/interactive/action/button", long(n))),
    ("/interactive/action/sections", 10, |n| list(&vec![1; n])),
    ("/interactive/action/sections", 10, |n| list(&[5, n - 5])),
    ("/interactive/action/sections/0/title", 24, |n| put(list(&[1]), "/interactive/action/sections/0/title", long(n))),
    ("/interactive/action/sections/0/rows/0/id", 200, |n| put(list(&[1]), "/interactive/action/sections/0/rows/0/id", long(n))),
    ("/interactive/action/sections/0/rows/0/title", 24, |n| put(list(&[1]), "/interactive/action/sections/0/rows/0/title", long(n))),
    ("/interactive/action/sections/0/rows/0/description", 72, |n| {
        put(list(&[1]), "/interactive/action/sections/0/rows/0/description", long(n))
    }),
    ("/interactive/body/text", 4096, |n| put(list(&[1]), "/interactive/body/text", long(n))),
    ("/interactive/footer/text", 60, |n| put(list(&[1]), "/interactive/footer/text", long(n))),
    ("/interactive/header/text", 60, |n| put(list(&[1]), "/interactive/header/text", long(n))),
    ("/interactive/action/sections", 10, |n| products(&vec![1; n])),
    ("/interactive/action/sections", 30, |n| products(&[20, n - 20])),
];

const LINKS: [Row; 5] = [
    ("/interactive/action/parameters/display_text", 20, |n| put(link(), "/interactive/action/parameters/display_text", long(n))),
    ("/interactive/body/text", 1024, |n| put(link(), "/interactive/body/text", long(n))),
    ("/interactive/action/parameters/flow_cta", 30, |n| put(flow(), "/interactive/action/parameters/flow_cta", long(n))),
    ("/interactive/body/text", 1024, |n| put(flow(), "/interactive/body/text", long(n))),
    ("/interactive/body/text", 1024, |n| put(location_request(), "/interactive/body/text", long(n))),
];

const CAROUSELS: [Row; 7] = [
    ("/interactive/action/cards", 10, carousel),
    ("/interactive/body/text", 1024, |n| put(carousel(2), "/interactive/body/text", long(n))),
    ("/interactive/action/cards/0/body/text", 160, |n| put(carousel(2), "/interactive/action/cards/0/body/text", long(n))),
    ("/interactive/action/cards/0/body", 2, |n| put(carousel(2), "/interactive/action/cards/0/body/text", format!("a{}", "\nb".repeat(n)))),
    ("/interactive/action/cards/0/action/parameters/display_text", 20, |n| {
        put(carousel(2), "/interactive/action/cards/0/action/parameters/display_text", long(n))
    }),
    ("/interactive/action/cards/0/action/buttons/0/quick_reply/id", 20, |n| {
        put(replying_carousel(), "/interactive/action/cards/0/action/buttons/0/quick_reply/id", long(n))
    }),
    ("/interactive/action/cards/0/action/buttons/0/quick_reply/title", 20, |n| {
        put(replying_carousel(), "/interactive/action/cards/0/action/buttons/0/quick_reply/title", long(n))
    }),
];

/// Where something is wrong, each place once.
fn wrong(message: &Value) -> Vec<String> {
    let mut places: Vec<String> = Outbound::parse(message).err().unwrap_or_default().into_iter().map(|error| error.pointer).collect();
    places.dedup();
    places
}

#[test]
fn as_much_as_meta_takes_is_taken_and_no_more() {
    for (place, most, make) in PLAIN.iter().chain(&BUTTONS).chain(&LISTS).chain(&LINKS).chain(&CAROUSELS) {
        assert_eq!(wrong(&make(*most)), [""; 0], "{place}: {most}");
        assert_eq!(wrong(&make(*most + 1)), [*place], "{place}: one more than {most}");
    }
}

#[test]
fn as_little_as_meta_takes_is_taken_and_no_less() {
    let fewest: [Row; 4] = [
        ("/interactive/action/buttons", 1, reply),
        ("/interactive/action/cards", 2, carousel),
        ("/interactive/action/sections", 1, |n| list(&vec![1; n])),
        ("/contacts", 1, contacts),
    ];
    for (place, least, make) in fewest {
        assert_eq!(wrong(&make(least)), [""; 0], "{place}: {least}");
        assert_eq!(wrong(&make(least - 1)), [place], "{place}: one less than {least}");
    }
}

#[test]
fn a_header_and_a_footer_are_where_meta_shows_them() {
    let header = |message: Value, header: Value| {
        let mut message = message;
        message["interactive"]["header"] = header;
        message
    };
    let (words, picture) = (json!({"type": "text", "text": "h"}), json!({"type": "image", "image": {"id": "1"}}));
    for (message, place) in [
        (header(reply(1), picture.clone()), None),
        (header(list(&[1]), picture.clone()), Some("/interactive/header/type")),
        (header(products(&[1]), picture), Some("/interactive/header/type")),
        (header(location_request(), words.clone()), Some("/interactive/header")),
        (header(carousel(2), words), Some("/interactive/header")),
        (list(&[1, 1]), None),
    ] {
        assert_eq!(wrong(&message), place.into_iter().collect::<Vec<_>>(), "{message}");
    }
    for mut message in [location_request(), carousel(2)] {
        message["interactive"]["footer"] = json!({"text": "f"});
        assert_eq!(wrong(&message), ["/interactive/footer"], "{message}");
    }
    let mut untitled = list(&[1, 1]);
    untitled["interactive"]["action"]["sections"][1].as_object_mut().expect("a section").remove("title");
    assert_eq!(wrong(&untitled), ["/interactive/action/sections/1/title"]);
}
