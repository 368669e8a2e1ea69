//! The published examples of messages: each is taken as it is, says what it holds, and stays what it is whatever is done to it.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "documents/mod.rs"]
mod documents;
#[path = "mutate/mod.rs"]
mod mutate;

use proptest::prelude::*;
use serde_json::{Value, json};
use whatsapp::outbound::{FlowMode, MediaUse};
use whatsapp::{Bsuid, MediaKind, Outbound, Recipient, WaId};

fn messages() -> Vec<(String, Value)> {
    documents::of("outbound")
}

fn sample(name: &str) -> Value {
    messages().into_iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no sample {name}")).1
}

fn outbound(name: &str) -> Outbound {
    Outbound::parse(&sample(name)).unwrap_or_else(|errors| panic!("{name}: {errors:?}"))
}

#[test]
fn every_sample_is_taken_as_it_is() {
    let samples = messages();
    assert_eq!(samples.len(), 43);
    for (name, json) in samples {
        let outbound = outbound(&name);
        assert_eq!(outbound.json(), &json, "{name}");
        assert_eq!(Outbound::parse(outbound.json()).as_ref(), Ok(&outbound), "{name}");
        assert!(name.starts_with(outbound.kind()), "{name} is {}", outbound.kind());
        assert_eq!(outbound.needs_window(), outbound.kind() != "template", "{name}");
    }
}

#[test]
fn there_is_a_sample_of_every_type() {
    let mut kinds: Vec<_> = messages().iter().map(|(name, _)| outbound(name)).map(|o| (o.kind(), o.subtype().map(str::to_owned))).collect();
    kinds.sort();
    kinds.dedup();
    let found: Vec<_> = kinds.iter().map(|(kind, subtype)| subtype.as_deref().unwrap_or(kind)).collect();
    let expected = [
        "audio",
        "contacts",
        "document",
        "image",
        "address_message",
        "button",
        "call_permission_request",
        "carousel",
        "catalog_message",
        "cta_url",
        "flow",
        "list",
        "location_request_message",
        "product",
        "product_list",
        "request_contact_info",
        "voice_call",
        "location",
        "reaction",
        "sticker",
        "template",
        "text",
        "video",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_index_names_every_sample() {
    let index = include_str!("../../../../schemas/meta/outbound/README.md");
    let missing: Vec<_> = messages().into_iter().map(|(name, _)| name).filter(|name| !index.contains(&format!("`{name}.json`"))).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn what_each_reads_like() {
    for (name, text) in [
        ("text-reply", Some("Yes, we have a high chair.")),
        ("image-id", Some("The corner table")),
        ("image-link", None),
        ("document", Some("Invoice 2026-118")),
        ("audio-voice", None),
        ("sticker", None),
        ("location", Some("Ferry Building")),
        ("contacts", Some("Dr. Grace A. Lind")),
        ("reaction", Some("👍🏽")),
        ("reaction-removed", None),
        ("interactive-list", Some("Which time suits you?")),
        ("template-named", Some("appointment_reminder")),
    ] {
        assert_eq!(outbound(name).text().as_deref(), text, "{name}");
    }
}

#[test]
fn what_each_refers_to() {
    let wamid = "wamid.HBgLMTY1MDU1NTAxNDIVAgASGBQzQTdCMjE5RkM0MDhEOTVFMTdBMgA=";
    assert_eq!((outbound("text-reply").reply_to(), outbound("text").reply_to()), (Some(wamid), None));
    assert_eq!((outbound("reaction").target(), outbound("text-reply").target()), (Some(wamid), None));
    let named = outbound("template-named");
    let template = named.template().unwrap();
    assert_eq!((template.name, template.language), ("appointment_reminder", "en"));
    assert_eq!(outbound("text").template(), None);
}

#[test]
fn a_flow_is_found_and_exchanged() {
    let mut message = outbound("interactive-flow-name");
    let flow = message.flow().unwrap();
    assert_eq!((flow.flow_id, flow.flow_name, flow.mode, flow.flow_token), (None, Some("booking"), FlowMode::Published, None));
    let mut draft = message.json().clone();
    draft["interactive"]["action"]["parameters"]["mode"] = json!("draft");
    message = Outbound::parse(&draft).unwrap();
    message.with_flow("812455391047283", "t.1");
    let flow = message.flow().unwrap();
    assert_eq!((flow.flow_id, flow.flow_name, flow.mode, flow.flow_token), (Some("812455391047283"), None, FlowMode::Draft, Some("t.1")));
    assert_eq!(Outbound::parse(message.json()).as_ref(), Ok(&message));
    assert_eq!(outbound("interactive-flow").flow().unwrap().mode, FlowMode::Published);
    for name in ["interactive-cta-url", "template-flow", "text"] {
        let mut message = outbound(name);
        assert_eq!(message.flow(), None, "{name}");
        message.with_flow("1", "t");
        assert_eq!(message, outbound(name), "{name}");
    }
}

#[test]
fn files_are_found_and_exchanged_wherever_they_are() {
    let table: [(&str, &[(MediaKind, &str)]); 8] = [
        ("image-id", &[(MediaKind::Image, "1037543291543634")]),
        ("image-link", &[(MediaKind::Image, "https://example.com/menu/today.jpg")]),
        ("interactive-button", &[(MediaKind::Image, "1037543291543634")]),
        (
            "interactive-carousel",
            &[(MediaKind::Image, "https://example.com/plants/aloe.jpg"), (MediaKind::Image, "https://example.com/plants/fern.jpg")],
        ),
        ("template-header-document", &[(MediaKind::Document, "2762702990552401")]),
        ("template-carousel", &[(MediaKind::Image, "1037543291543634"), (MediaKind::Image, "1037543291543635")]),
        ("interactive-list", &[]),
        ("text", &[]),
    ];
    for (name, expected) in table {
        let mut message = outbound(name);
        let found: Vec<_> =
            message.media().iter().map(|MediaUse { kind, id, link, .. }| (*kind, id.or(*link).unwrap().to_owned())).collect();
        let expected: Vec<_> = expected.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect();
        assert_eq!(found, expected, "{name}");
        message.with_media_id("1037543291543634", "7");
        let exchanged: Vec<_> = message.media().iter().filter_map(|media| media.id).map(str::to_owned).collect();
        assert!(!exchanged.contains(&"1037543291543634".to_owned()), "{name}");
        let ours = expected.iter().filter(|(_, text)| text == "1037543291543634").count();
        assert_eq!(exchanged.iter().filter(|id| *id == "7").count(), ours, "{name}");
        assert_eq!(Outbound::parse(message.json()).as_ref(), Ok(&message), "{name}");
    }
}

#[test]
fn what_is_posted_names_the_recipient() {
    let message = outbound("text-reply");
    let to_phone = message.body(&Recipient::Phone(WaId::parse("16505550142").unwrap()), "m=1");
    let expected = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+16505550142", "biz_opaque_callback_data": "m=1", "type": "text",
        "text": {"body": "Yes, we have a high chair."}, "context": message.json()["context"],
    });
    assert_eq!(to_phone, expected);
    let to_user = message.body(&Recipient::User(Bsuid::parse("US.18274650918273645091").unwrap()), "m=1");
    assert_eq!((to_user["recipient"].as_str(), to_user.get("to")), (Some("US.18274650918273645091"), None));
}

#[test]
fn two_spellings_become_one() {
    let given = json!({"type": "template", "template": {"name": "a", "language": {"code": "pt-BR"}, "components": [
        {"type": "header", "parameters": [{"type": "location", "location": {"latitude": "37.5", "longitude": -1}}]},
        {"type": "button", "sub_type": "flow", "index": 3, "parameters": [{"type": "action", "action": {}}]},
        {"type": "carousel", "cards": [{"card_index": 0, "components": [{"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "text": "x"}]}]}]},
    ]}});
    let message = Outbound::parse(&given).unwrap();
    assert_eq!(message.template().unwrap().language, "pt_BR");
    for (pointer, expected) in [
        ("/template/components/0/parameters/0/location/latitude", json!(37.5)),
        ("/template/components/0/parameters/0/location/longitude", json!(-1)),
        ("/template/components/1/index", json!("3")),
        ("/template/components/2/cards/0/components/0/index", json!("1")),
    ] {
        assert_eq!(message.json().pointer(pointer), Some(&expected), "{pointer}");
    }
    let place = Outbound::parse(&json!({"type": "location", "location": {"latitude": "-90", "longitude": "180.0"}})).unwrap();
    assert_eq!(place.json()["location"], json!({"latitude": -90.0, "longitude": 180.0}));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_taken_stays_as_it_is(message in mutate::mutated(messages())) {
        match Outbound::parse(&message) {
            Ok(taken) => {
                prop_assert_eq!(Outbound::parse(taken.json()), Ok(taken.clone()));
                prop_assert!(taken.json().to_string().len() <= whatsapp::OUTBOUND_BYTES_MAX);
                for media in taken.media() {
                    prop_assert!(media.id.is_some() != media.link.is_some());
                }
                prop_assert_eq!(taken.flow().is_some(), taken.subtype() == Some("flow"));
                prop_assert_eq!(taken.template().is_some(), taken.kind() == "template");
                prop_assert!(!taken.json().to_string().contains("\\u0000"));
            }
            Err(errors) => mutate::errors_are_in_order(&message, &errors)?,
        }
    }
}
