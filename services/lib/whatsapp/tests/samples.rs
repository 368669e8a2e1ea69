//! Every sample body is read as what it is, in both forms, and its change is the slice of the body that Meta sent.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "samples/mod.rs"]
mod samples;

use chrono::{TimeZone, Utc};
use whatsapp::payload::{Delivery, Interactive, Kind, Message, SystemEvent, Value};
use whatsapp::{Change, split};

fn kind(message: &Message) -> String {
    match &message.kind {
        Kind::Interactive(interactive) => format!("interactive.{}", interactive.name()),
        Kind::Edit(edit) => format!("edit({})", edit.kind.name()),
        Kind::Unknown { type_name } => format!("unknown!{}", type_name.as_deref().unwrap_or("-")),
        Kind::Malformed { type_name } => format!("malformed!{type_name}"),
        kind => kind.name().to_owned(),
    }
}

fn described(change: &Change<'_>) -> String {
    let value = Value::parse(change.raw);
    assert_eq!(value.field.as_deref(), Some(change.field.as_ref()));
    let kinds = |messages: &[Message]| messages.iter().map(kind).collect::<Vec<_>>().join(",");
    let mut items = Vec::new();
    let mut add = |name: &str, text: String| {
        if !text.is_empty() && text != "0" {
            items.push(format!("{name}={text}"));
        }
    };
    add("contacts", value.contacts.len().to_string());
    add("messages", kinds(&value.messages));
    add("message_echoes", kinds(&value.message_echoes));
    add("statuses", value.statuses.iter().map(|status| status.status.as_str()).collect::<Vec<_>>().join(","));
    for chunk in &value.history {
        let errors = chunk.errors.iter().map(|error| format!("errors:{}", error.code.unwrap()));
        let threads = chunk.threads.iter().map(|thread| kinds(&thread.messages));
        add("history", errors.chain(threads).collect::<Vec<_>>().join(","));
    }
    add("user_id_update", value.user_id_updates.len().to_string());
    add("user_preferences", value.user_preferences.len().to_string());
    add("user_actions", value.user_actions.len().to_string());
    add("calls", value.calls.len().to_string());
    add("errors", value.errors.len().to_string());
    add("others", value.others.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(","));
    add("leftovers", value.leftovers.len().to_string());
    format!("{} | {}", change.field, items.join(" "))
}

fn sample(name: &str) -> String {
    samples::all().into_iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no sample {name}")).1
}

fn value(name: &str) -> Value {
    let body = sample(name);
    Value::parse(split(body.as_bytes()).unwrap()[0].raw)
}

fn message(name: &str) -> Message {
    value(name).messages.remove(0)
}

#[test]
fn every_sample_is_read_as_what_it_is_in_both_forms() {
    let mut expected = include_str!("samples/expected.txt").lines();
    let samples = samples::all();
    assert_eq!(samples.len(), 105);
    for (name, body) in samples {
        let escaped = samples::escaped(&body);
        assert!(escaped.is_ascii());
        for form in [&body, &escaped] {
            let changes = split(form.as_bytes()).unwrap();
            assert_eq!(changes.len(), 1, "{name}");
            assert!(form.contains(changes[0].raw), "{name}: not the bytes that came");
            assert!(changes[0].raw.starts_with('{') && changes[0].raw.ends_with('}'), "{name}");
        }
        let line = expected.next().unwrap_or_else(|| panic!("{name} is not expected"));
        assert_eq!(format!("{name} | {}", described(&split(body.as_bytes()).unwrap()[0])), line);
        assert_eq!(format!("{name} | {}", described(&split(escaped.as_bytes()).unwrap()[0])), line, "escaped");
    }
    assert_eq!(expected.next(), None);
}

#[test]
fn both_forms_say_the_same() {
    for (name, body) in samples::all() {
        let escaped = samples::escaped(&body);
        let [plain, escaped] = [&body, &escaped].map(|form| Value::parse(split(form.as_bytes()).unwrap()[0].raw));
        for (a, b) in plain.messages.iter().zip(&escaped.messages) {
            assert_eq!(a.kind, b.kind, "{name}");
            assert_eq!((&a.wamid, &a.from, &a.from_user_id, a.timestamp), (&b.wamid, &b.from, &b.from_user_id, b.timestamp), "{name}");
            assert!(a.wamid.is_some() && a.timestamp.is_some() && (a.from.is_some() || a.from_user_id.is_some()), "{name}");
        }
        for (a, b) in plain.contacts.iter().zip(&escaped.contacts) {
            assert_eq!((&a.name, &a.username), (&b.name, &b.username), "{name}");
        }
    }
}

#[test]
fn routing_ids_are_found_where_they_are() {
    let body = sample("messages-text");
    let change = &split(body.as_bytes()).unwrap()[0];
    assert_eq!(change.waba_id.as_deref(), Some("104857392016384"));
    assert_eq!(change.phone_number_id.as_deref(), Some("207358419203847"));
    assert_eq!((change.entry_time, change.index), (None, 0));
    let body = sample("account-deleted");
    let change = &split(body.as_bytes()).unwrap()[0];
    assert_eq!((change.entry_time, change.phone_number_id.as_deref()), (Some(1_794_993_100), None));
}

#[test]
fn a_text_tells_who_when_and_what() {
    let value = value("messages-text");
    let message = &value.messages[0];
    assert_eq!(message.from.as_ref().unwrap().as_str(), "16505550142");
    assert_eq!(message.from_user_id.as_ref().unwrap().as_str(), "US.18274650918273645091");
    assert_eq!(message.timestamp, Some(Utc.timestamp_opt(1_794_992_403, 0).unwrap()));
    assert_eq!(message.kind.text(), Some("Hi! Do you have a table for two tonight?"));
    assert_eq!(value.display_phone_number.as_ref().unwrap().as_str(), "+15550100234");
    assert_eq!(value.profile_for(message).unwrap().name.as_deref(), Some("Ana Whitfield"));
}

#[test]
fn a_person_without_a_number_is_known_by_the_user_id() {
    let value = value("messages-text-bsuid-only");
    let message = &value.messages[0];
    assert_eq!(message.from, None);
    let profile = value.profile_for(message).unwrap();
    assert_eq!((profile.wa_id.as_ref(), profile.username.as_ref().unwrap().as_str()), (None, "tomokafor"));
}

#[test]
fn profiles_are_matched_by_id_and_not_by_place() {
    let value = value("messages-two-in-one-change");
    let names: Vec<_> = value.messages.iter().map(|message| value.profile_for(message).unwrap().name.as_deref().unwrap()).collect();
    assert_eq!(names, ["Ana Whitfield", "Tom Okafor"]);
}

#[test]
fn flow_answers_are_parsed_a_second_time() {
    let reply = |name| match message(name).kind {
        Kind::Interactive(Interactive::NfmReply(reply)) => reply,
        kind => panic!("{kind:?}"),
    };
    let flow = reply("messages-interactive-nfm-reply-flow");
    assert_eq!(flow.flow_token(), Some("appt:v3:48213:9f1c2d"));
    assert_eq!(flow.response.as_ref().unwrap()["extras"][1], "whitening");
    assert_eq!(reply("messages-interactive-nfm-reply-unused-token").flow_token(), None);
    let address = reply("messages-interactive-nfm-reply-address");
    assert_eq!(address.name.as_deref(), Some("address_message"));
    assert_eq!(address.response.as_ref().unwrap()["values"]["city"], "Mumbai");
}

#[test]
fn what_each_kind_reads_like() {
    let table = [
        ("messages-image", Some("Is this the right part?")),
        ("messages-image-no-url", None),
        ("messages-document", Some("signed copy")),
        ("messages-audio-voice", None),
        ("messages-location-place", Some("Ferry Building")),
        ("messages-location-pin", None),
        ("messages-contacts", Some("Dr. Grace A. Lind")),
        ("messages-interactive-button-reply", Some("Confirm")),
        ("messages-interactive-list-reply", Some("Fri 20 Nov, 10:30")),
        ("messages-interactive-nfm-reply-flow", Some("Sent")),
        ("messages-button-template-quick-reply", Some("Unsubscribe")),
        ("messages-reaction-added", Some("❤️")),
        ("messages-reaction-removed", None),
        ("messages-edit", Some("Is this the right part? (edited)")),
        ("messages-system-identity-changed", Some("User Ana Whitfield identity changed")),
        ("messages-unsupported-poll", None),
        ("messages-unknown-future-type", None),
    ];
    for (name, text) in table {
        assert_eq!(message(name).kind.text(), text, "{name}");
    }
}

#[test]
fn media_carry_what_fetching_them_needs() {
    let voice = message("messages-audio-voice");
    let media = voice.kind.media().unwrap();
    assert_eq!(
        (media.id.as_str(), media.voice, media.mime_type.as_deref()),
        ("4316678740930371", Some(true), Some("audio/ogg; codecs=opus"))
    );
    let document = message("messages-document");
    assert_eq!(document.kind.media().unwrap().filename.as_deref(), Some("Vertrag 2026 – März (final).pdf"));
    assert_eq!(message("messages-sticker-animated").kind.media().unwrap().animated, Some(true));
    let failed = message("messages-media-download-error");
    assert!(failed.kind.media().is_none());
    assert_eq!(failed.errors[0].code, Some(131_052));
    assert!(failed.errors[0].details.as_ref().unwrap().contains("100 MB"));
}

#[test]
fn changes_of_identity_carry_the_new_one() {
    let Kind::System(system) = message("messages-system-user-changed-number").kind else { panic!() };
    assert_eq!((system.event, system.wa_id.unwrap().as_str()), (SystemEvent::UserChangedNumber, "16505550199"));
    let update = value("user-id-update").user_id_updates.remove(0);
    assert_eq!(update.user_id_previous.unwrap().as_str(), "US.18274650918273645091");
    assert_eq!(update.user_id_current.unwrap().as_str(), "US.40192837465019283746");
    assert!(update.parent_user_id_current.unwrap().is_parent());
    assert!(update.timestamp.is_some());
    let preference = value("user-preferences-stop").user_preferences.remove(0);
    assert_eq!((preference.value.as_deref(), preference.timestamp.map(|t| t.timestamp())), (Some("stop"), Some(1_794_993_120)));
}

#[test]
fn statuses_carry_their_recipient_and_their_errors() {
    let value = value("status-group-aggregated");
    let status = &value.statuses[0];
    assert_eq!((status.recipient_id.as_ref(), status.participant_id.as_ref().unwrap().as_str()), (None, "16505550142"));
    assert!(status.group_id.as_ref().unwrap().as_str().starts_with("Y2FwaV9"));
    assert_eq!(status.participant_user_id.as_ref().unwrap().as_str(), "US.18274650918273645091");
    let value = self::value("status-failed-131047");
    assert_eq!((&value.statuses[0].status, value.statuses[0].errors[0].code), (&Delivery::Failed, Some(131_047)));
    let value = self::value("status-sent-v23-conversation");
    assert!(value.statuses[0].conversation.is_some() && value.statuses[0].pricing.is_some());
    let value = self::value("status-biz-opaque-data");
    assert_eq!(value.statuses[0].biz_opaque_callback_data.as_deref(), Some("campaign=autumn;job=48213;attempt=1"));
}

#[test]
fn replies_forwards_and_advertisements_keep_their_origin() {
    let context = message("messages-text-reply-context").context.unwrap();
    assert_eq!((context.from.unwrap().as_str(), context.forwarded), ("15550100234", false));
    assert!(context.id.is_some());
    assert!(message("messages-text-forwarded").context.unwrap().forwarded);
    assert!(message("messages-text-frequently-forwarded").context.unwrap().frequently_forwarded);
    let referral = message("messages-text-ctwa-referral").referral.unwrap();
    assert_eq!((referral.source_type.as_deref(), referral.headline.as_deref()), (Some("ad"), Some("Book a table")));
    assert!(referral.ctwa_clid.is_some() && referral.raw.get().contains("welcome_message"));
}

#[test]
fn the_index_names_every_sample() {
    let index = include_str!("../../../../schemas/meta/webhooks/README.md");
    let missing: Vec<_> =
        samples::all().into_iter().map(|(name, _)| name).filter(|name| !index.contains(&format!("`{name}.json`"))).collect();
    assert_eq!(missing, Vec::<String>::new());
}
