//! From Meta's words to items.

use bytes::Bytes;
use chrono::DateTime;
use contract::{Context, EventId, EventType, IdentityKind, Recorded, Subject};
use recorder::items::{How, Item, Said, What, items};
use serde_json::{Value, json};
use ulid::Ulid;

use crate::world::{World, at};

fn heard(field: &str, mut value: Value) -> Vec<Item> {
    value["metadata"] = json!({ "display_phone_number": "15550100234", "phone_number_id": "207358419203847" });
    let data = json!({ "field": field, "value": value }).to_string();
    items(&Recorded {
        sequence: 1,
        subject: Subject::webhook("207358419203847", field).unwrap(),
        id: EventId::from_ulid(Ulid::from_parts(1, 1)),
        event_type: EventType::new(contract::CHANGE_RECEIVED),
        source: "/paige/ingress".to_owned(),
        time: DateTime::from_timestamp(1_790_000_000, 123_456_789).unwrap(),
        context: Context::default(),
        extensions: Vec::new(),
        content_type: "application/json".to_owned(),
        data: Bytes::from(data),
    })
}

fn message(message: Value) -> Vec<Item> {
    heard("messages", json!({ "messages": [message] }))
}

fn said(item: &Item) -> &Said {
    match &item.what {
        What::Said(said) => said,
        other => panic!("nothing was said: {other:?}"),
    }
}

#[test]
fn a_message_without_a_time_has_the_time_of_receipt_and_the_same_id_at_every_delivery() {
    let heard = message(json!({ "id": "w", "from": "16505550142", "type": "text", "text": { "body": "x" } }));
    assert_eq!((said(&heard[0]).stamp_ms, heard[0].at.timestamp_subsec_nanos()), (0, 123_000_000));
}

#[test]
fn a_message_without_an_id_or_a_sender_is_kept_unassigned() {
    for odd in
        [json!({ "from": "16505550142", "type": "text" }), json!({ "id": "w", "type": "text" }), json!({ "id": "w\u{0}", "from": "1" })]
    {
        let bytes = odd.to_string();
        let heard = message(odd);
        assert!(
            matches!(&heard[..], [Item { what: What::Unassigned { key, raw }, .. }] if key == "messages" && raw.get() == bytes),
            "{heard:?}"
        );
    }
}

#[test]
fn a_type_that_nobody_has_seen_is_kept_as_it_came() {
    let odd = json!({ "id": "w", "from": "16505550142", "timestamp": "1790000000", "type": "hologram", "hologram": { "z": 1.0 } });
    let heard = message(odd.clone());
    assert_eq!((said(&heard[0]).kind.as_str(), said(&heard[0]).raw.get()), ("hologram", odd.to_string().as_str()));
}

#[test]
fn words_that_no_column_can_hold_are_made_to_fit() {
    let heard = message(json!({ "id": "w", "from": "1", "type": "x\u{0}".repeat(99), "text": { "body": "x" } }));
    assert!(said(&heard[0]).kind.chars().count() <= 64 && !said(&heard[0]).kind.contains('\0'));
    let heard = message(json!({ "id": "w", "from": "1", "type": "text", "text": { "body": "\u{0}".repeat(1_000_000) } }));
    assert!(said(&heard[0]).text.as_ref().is_some_and(|text| text.chars().count() <= 16_384 && !text.contains('\0')));
    assert!(said(&heard[0]).raw.get().len() > 1_000_000, "the bytes are kept");
}

#[test]
fn a_chat_of_the_history_is_about_its_person_by_number_or_by_user_id() {
    let theirs = json!({ "from": "16505550142", "id": "h1", "timestamp": "1790000000", "type": "text", "text": { "body": "x" } });
    let ours =
        json!({ "from": "15550100234", "id": "h2", "timestamp": "1790000001", "type": "text", "history_context": { "status": "READ" } });
    for (id, kind) in [("16505550142", IdentityKind::Phone), ("US.1", IdentityKind::Bsuid)] {
        let heard = heard("history", json!({ "history": [{ "threads": [{ "id": id, "messages": [theirs, ours] }] }] }));
        assert_eq!(heard.len(), 2);
        assert!(
            heard.iter().all(|item| item.who.identities.iter().any(|identity| identity.kind == kind && identity.value == id)),
            "{heard:?}"
        );
        assert_eq!(said(&heard[0]).how, How::Imported { inbound: true, status: None });
        assert_eq!(said(&heard[1]).how, How::Imported { inbound: false, status: Some("read".to_owned()) });
    }
}

#[test]
fn media_of_the_history_that_the_business_sent_is_about_the_person_it_was_sent_to() {
    let ours = json!({ "from": "15550100234", "to": "16505550142", "id": "h2", "timestamp": "1790000001", "type": "image", "image": { "id": "1" } });
    let heard = heard("history", json!({ "messages": [ours] }));
    assert_eq!(heard[0].who.identities[0].value, "16505550142");
    assert_eq!(said(&heard[0]).how, How::Imported { inbound: false, status: None });
}

#[test]
fn a_flow_is_read_out_of_its_message_and_an_address_is_not_one() {
    let reply = |name: &str, json: &str| {
        let reply = json!({ "name": name, "body": "Sent", "response_json": json });
        let interactive = json!({ "type": "nfm_reply", "nfm_reply": reply });
        let odd = json!({ "id": "w", "from": "16505550142", "timestamp": "1790000000", "type": "interactive", "interactive": interactive });
        said(&message(odd)[0]).submitted.as_ref().map(|it| (it.flow_token.clone(), it.response.get().to_owned()))
    };
    for (json, token, kept) in [
        (r#"{"flow_token":"ours","n":1.0}"#, Some("ours"), r#"{"flow_token":"ours","n":1.0}"#),
        (r#"{"flow_token":"unused"}"#, None, r#"{"flow_token":"unused"}"#),
        ("[1, 2]", None, "[1, 2]"),
        ("not json", None, r#""not json""#),
    ] {
        assert_eq!(reply("flow", json), Some((token.map(str::to_owned), kept.to_owned())));
    }
    assert_eq!(reply("address_message", "{}"), None);
}

#[test]
fn a_status_carries_our_id_of_the_message() {
    let ours = "msg_00000000070000000000000007";
    for (text, read) in [(ours, true), ("order 4711", false), ("", false)] {
        let status = json!({ "id": "out", "status": "sent", "recipient_id": "16505550142", "biz_opaque_callback_data": text });
        let heard = heard("messages", json!({ "statuses": [status] }));
        assert!(matches!(&heard[0].what, What::Status { asked, .. } if *asked == read.then(|| ours.parse().unwrap())), "{heard:?}");
    }
}

/// A person rings.
fn ringing() -> Value {
    let session = json!({ "sdp_type": "offer", "sdp": "v=0\r\n" });
    json!({ "id": "wacid.1", "from": "16505550142", "to": "15550100234", "event": "connect", "timestamp": "1790000007",
        "direction": "USER_INITIATED", "session": session })
}

#[test]
fn a_call_of_a_person_is_a_message_that_opens_the_window_once() {
    let contacts = json!([{ "profile": { "name": "Ana" }, "wa_id": "16505550142", "user_id": "US.1" }]);
    let heard = heard("calls", json!({ "contacts": contacts, "calls": [ringing()] }));
    assert_eq!((said(&heard[0]).kind.as_str(), said(&heard[0]).raw.get()), ("call", ringing().to_string().as_str()));
    let mut world = World::new(None);
    let told = world.hear(&heard[0]);
    assert_eq!(told.last().map(String::as_str), Some("a says wacid.1 in 1"), "{told:?}");
    let contact = world.rows.contacts.get(&world.id('a')).unwrap();
    let conversation = world.rows.conversations.iter().next().unwrap().1;
    assert_eq!((contact.last_inbound_at, conversation.last_inbound_at), (Some(at(7)), Some(at(7))));
    assert_eq!(contact.bsuid.as_deref(), Some("US.1"));
    assert_eq!(world.hear(&heard[0]), Vec::<String>::new());
    // Whoever is talking goes on.
    assert_eq!(world.hear(&message(json!({ "id": "w", "from": "16505550142", "timestamp": "1790000009" }))[0]), ["a says w in 1"]);
}

#[test]
fn what_else_is_told_of_calls_is_about_no_message() {
    let with = |key: &str, value: Value| {
        let mut call = ringing();
        call[key] = value;
        call
    };
    let odd = [
        with("event", json!("terminate")),
        with("direction", json!("BUSINESS_INITIATED")),
        with("direction", Value::Null),
        with("id", Value::Null),
        with("from", Value::Null),
    ];
    for call in odd {
        let bytes = call.to_string();
        let heard = heard("calls", json!({ "calls": [call] }));
        assert!(
            matches!(&heard[..], [Item { what: What::Unassigned { key, raw }, .. }] if key == "calls" && raw.get() == bytes),
            "{heard:?}"
        );
    }
    let status = json!({ "id": "wacid.2", "type": "call", "status": "RINGING", "timestamp": "1790000007", "recipient_id": "16505550142" });
    let heard = heard("calls", json!({ "statuses": [status] }));
    assert!(matches!(&heard[..], [Item { what: What::Unassigned { key, .. }, .. }] if key == "statuses"), "{heard:?}");
}
