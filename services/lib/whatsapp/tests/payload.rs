//! Values that are not as documented: read as far as they go, the rest kept raw.

use std::time::{Duration, Instant};

use whatsapp::payload::{Delivery, Interactive, Kind, Message, Value};

fn value(body: &str) -> Value {
    Value::parse(&format!(r#"{{"field":"messages","value":{body}}}"#))
}

fn message(json: &str) -> Message {
    let mut value = value(&format!(r#"{{"messages":[{json}]}}"#));
    assert_eq!((value.messages.len(), value.leftovers.len()), (1, 0), "{json}");
    assert_eq!(value.messages[0].raw.get(), json);
    value.messages.remove(0)
}

#[test]
fn a_type_whose_object_is_missing_or_wrong_is_malformed_and_kept() {
    for name in ["text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "button"] {
        for wrong in ["null", "5", "\"x\"", "[]", "{}", "[{}]"] {
            if (name == "contacts" && wrong.starts_with('[')) || (name == "interactive" && wrong == "{}") {
                continue;
            }
            let read = message(&format!(r#"{{"id":"wamid.1","type":"{name}","{name}":{wrong}}}"#));
            assert_eq!(read.kind, Kind::Malformed { type_name: name.into() }, "{wrong}");
            assert_eq!(read.wamid.unwrap().as_str(), "wamid.1");
        }
    }
    for name in ["reaction", "order", "system", "edit", "revoke"] {
        assert_eq!(message(&format!(r#"{{"type":"{name}","{name}":[]}}"#)).kind.name(), name);
        assert!(matches!(message(&format!(r#"{{"type":"{name}"}}"#)).kind, Kind::Malformed { .. }), "{name}");
    }
}

#[test]
fn a_message_that_tells_nothing_is_a_message() {
    let read = message("{}");
    assert!(read.wamid.is_none() && read.from.is_none() && read.timestamp.is_none());
    assert_eq!(read.kind, Kind::Unknown { type_name: None });
    assert_eq!(message(r#"{"type":"poll_vote","poll_vote":{"options":["a"]}}"#).kind.name(), "poll_vote");
    assert_eq!(message(r#"{"type":7}"#).kind, Kind::Unknown { type_name: Some("7".into()) });
}

#[test]
fn ids_that_cannot_be_ids_are_none_and_numbers_are_ids() {
    let read = message(r#"{"id":17,"from":16505550142,"from_user_id":"nobody","timestamp":1794992403,"type":"text","text":{"body":5}}"#);
    assert_eq!(read.wamid.unwrap().as_str(), "17");
    assert_eq!(read.from.unwrap().as_str(), "16505550142");
    assert_eq!((read.from_user_id, read.kind), (None, Kind::Text { body: "5".into() }));
    assert_eq!(read.timestamp.unwrap().timestamp(), 1_794_992_403);
    let long = format!(r#"{{"id":"{}","from":"{}","timestamp":"soon"}}"#, "x".repeat(600), "1".repeat(21));
    let read = message(&long);
    assert!(read.wamid.is_none() && read.from.is_none() && read.timestamp.is_none());
}

#[test]
fn a_reaction_is_taken_back_by_no_emoji_or_an_empty_one() {
    for json in ["", r#","emoji":"""#, r#","emoji":null"#] {
        let read = message(&format!(r#"{{"type":"reaction","reaction":{{"message_id":"wamid.2"{json}}}}}"#));
        assert!(matches!(read.kind, Kind::Reaction { emoji: None, .. }), "{json}");
    }
}

#[test]
fn answers_without_a_token_or_in_the_wrong_shape_are_still_answers() {
    let reply =
        |json: &str| match message(&format!(r#"{{"type":"interactive","interactive":{{"type":"nfm_reply","nfm_reply":{json}}}}}"#)).kind {
            Kind::Interactive(Interactive::NfmReply(reply)) => reply,
            kind => panic!("{kind:?}"),
        };
    assert_eq!(reply(r#"{"response_json":"{\"a\":1}"}"#).response.unwrap()["a"], 1);
    assert_eq!(reply(r#"{"response_json":{"a":1}}"#).response.unwrap()["a"], 1);
    let broken = reply(r#"{"response_json":"{\"a\":"}"#);
    assert_eq!((broken.response_json.as_deref(), broken.response), (Some("{\"a\":"), None));
    assert_eq!(reply("{}").response_json, None);
    let deep = reply(&format!(r#"{{"response_json":"{}"}}"#, "[".repeat(100_000)));
    assert_eq!((deep.response_json.unwrap().len(), deep.response), (100_000, None));
    assert!(matches!(
        message(r#"{"type":"interactive","interactive":{"type":"button_reply"}}"#).kind,
        Kind::Interactive(Interactive::Other { type_name: Some(name) }) if name == "button_reply"
    ));
}

#[test]
fn an_edit_holds_content_and_never_another_edit() {
    let nested = |inner: &str| message(&format!(r#"{{"type":"edit","edit":{{"original_message_id":"wamid.1","message":{inner}}}}}"#)).kind;
    assert_eq!(nested(r#"{"type":"text","text":{"body":"new"}}"#).text(), Some("new"));
    let Kind::Edit(edit) = nested(r#"{"type":"edit","edit":{"original_message_id":"wamid.2","message":{}}}"#) else { panic!() };
    assert_eq!(*edit.kind, Kind::Malformed { type_name: "edit".into() });
    assert!(matches!(nested("5"), Kind::Malformed { .. }));
}

#[test]
fn statuses_accept_both_spellings_and_words_nobody_has_seen() {
    let body = r#"{"statuses":[
        {"id":"wamid.1","status":"warehoused","timestamp":7,"parent_recipient_user_id":"US.ENT.1","recipient_type":"group","recipient_id":"Y2Fw","participant_recipient_id":"16505550142"},
        {"id":"wamid.1","status":"read","recipient_parent_user_id":"US.ENT.2","recipient_id":"16505550142"},
        {"status":"read"},{"id":"wamid.1"},{"id":"wamid.1","status":""}]}"#;
    let value = value(body);
    assert_eq!((value.statuses.len(), value.leftovers.len()), (2, 3));
    assert_eq!(value.statuses[0].status, Delivery::Other("warehoused".into()));
    assert_eq!(value.statuses[0].recipient_parent_user_id.as_ref().unwrap().as_str(), "US.ENT.1");
    assert_eq!(value.statuses[0].participant_id.as_ref().unwrap().as_str(), "16505550142");
    assert_eq!(value.statuses[1].recipient_parent_user_id.as_ref().unwrap().as_str(), "US.ENT.2");
    assert!(value.leftovers.iter().all(|leftover| leftover.list == "statuses"));
}

#[test]
fn what_is_no_item_is_left_over_and_what_is_no_list_is_left_over_whole() {
    let value = value(
        r#"{"messages":[1,{"id":"a"},null],"messages":{"id":"b"},"statuses":"x","contacts":null,"history":[{"threads":[{"messages":[2]},3]}],"new_thing":[1]}"#,
    );
    let left: Vec<_> = value.leftovers.iter().map(|leftover| format!("{} {}", leftover.list, leftover.raw)).collect();
    assert_eq!(
        left,
        ["messages 1", "messages null", r#"messages {"id":"b"}"#, r#"statuses "x""#, "history.threads.messages 2", "history.threads 3"]
    );
    assert_eq!((value.messages.len(), value.others.len(), value.others[0].1.get()), (1, 1, "[1]"));
}

#[test]
fn a_change_that_is_none_is_its_own_leftover() {
    for text in ["", "not json", "{", "5", "null", "[]", "{}", r#"{"field":"messages"}"#, r#"{"field":"messages","value":null}"#] {
        let value = Value::parse(text);
        assert_eq!((value.leftovers.len(), value.leftovers[0].list), (1, "change"), "{text}");
    }
    assert_eq!(Value::parse("not json").leftovers[0].raw.get(), "\"not json\"");
}

#[test]
fn half_an_emoji_does_not_cost_the_message() {
    let read = message(r#"{"id":"wamid.1","type":"text","text":{"body":"ok \ud83d"}}"#);
    assert!(read.kind.text().unwrap().starts_with("ok "));
}

#[test]
fn hostile_sizes_are_read_in_time_that_grows_with_their_length() {
    let started = Instant::now();
    let many = format!(r#"{{"messages":[{}]}}"#, vec![r#"{"id":"a","type":"text","text":{"body":"x"}}"#; 60_000].join(","));
    assert_eq!(value(&many).messages.len(), 60_000);
    let zeros = format!(r#"{{"messages":[{}]}}"#, vec!["0"; 1_000_000].join(","));
    assert_eq!(value(&zeros).leftovers.len(), 1_000_000);
    let keys: String = (0..200_000).map(|n| format!(r#""k{n}":0,"#)).collect();
    assert_eq!(value(&format!(r#"{{{keys}"messages":[{{{keys}"type":"text"}}]}}"#)).others.len(), 200_000);
    let deep = "[".repeat(700_000) + &"]".repeat(700_000);
    for json in [&format!(r#"{{"type":"text","text":{deep}}}"#), &format!(r#"{{"type":{deep},"context":{deep},"errors":{deep}}}"#)] {
        message(json);
    }
    let edits = r#"{"type":"edit","edit":{"original_message_id":"a","message":"#.repeat(20_000) + "{}" + &"}}".repeat(20_000);
    message(&edits);
    assert!(started.elapsed() < Duration::from_secs(30), "took {:?}", started.elapsed());
}
