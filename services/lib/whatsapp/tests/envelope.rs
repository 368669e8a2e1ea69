//! Bodies that Meta signed and nobody expected: cut where they can be cut, never a panic, never a lost element.

use whatsapp::{CHANGES_MAX, Change, FIELD_MISSING, Unreadable, split};

fn read(body: &str) -> Vec<Change<'_>> {
    split(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn unreadable(body: &[u8]) -> Unreadable {
    split(body).expect_err(&String::from_utf8_lossy(body))
}

#[test]
fn a_change_is_the_exact_bytes_whatever_its_spelling() {
    let change =
        "{ \"field\" :\t\"m\\u0065ssages\",\n \"value\":{\"x\":1.50e2, \"metadata\":{\"phone_number_id\":  42}, \"ä\":\"\\u00e4\"} }";
    let body = format!("{{\"entry\":[{{\"changes\":[ {change} ],\"id\":7}}],\"object\":\"whatsapp_business_account\"}}\r\n");
    let changes = read(&body);
    assert_eq!(changes[0].raw, change);
    assert_eq!(changes[0].field, "messages");
    assert_eq!(changes[0].waba_id.as_deref(), Some("7"));
    assert_eq!(changes[0].phone_number_id.as_deref(), Some("42"));
}

#[test]
fn all_entries_and_all_changes_come_out_in_order() {
    let body = r#"{"entry":[
        {"id":"1","time":5,"changes":[{"field":"a","value":{}},{"field":"b","value":{}}]},
        {"id":2,"changes":[{"field":"c","value":{"metadata":{"phone_number_id":"9"}}}]}]}"#;
    let seen: Vec<_> =
        read(body).iter().map(|c| format!("{} {} {:?} {:?} {}", c.index, c.field, c.waba_id, c.entry_time, c.raw.len())).collect();
    assert_eq!(seen, [r#"0 a Some("1") Some(5) 24"#, r#"1 b Some("1") Some(5) 24"#, r#"2 c Some("2") None 58"#]);
}

#[test]
fn elements_that_are_no_changes_come_out_as_they_are() {
    let body = r#"{"entry":[5,{"id":"1","messaging":[{"m":1}]},{"id":"2","changes":{"field":"x"}},{"id":"3","changes":["text",null,{},{"field":7},{"field":""}]}]}"#;
    let changes = read(body);
    let raws: Vec<_> = changes.iter().map(|change| change.raw).collect();
    let expected = [
        "5",
        r#"{"id":"1","messaging":[{"m":1}]}"#,
        r#"{"id":"2","changes":{"field":"x"}}"#,
        r#""text""#,
        "null",
        "{}",
        r#"{"field":7}"#,
        r#"{"field":""}"#,
    ];
    assert_eq!(raws, expected);
    assert_eq!(changes[1].waba_id.as_deref(), Some("1"));
    assert_eq!(changes.iter().filter(|change| change.field == FIELD_MISSING).count(), 7);
    assert_eq!(changes.iter().map(|change| change.index).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
}

#[test]
fn a_repeated_key_hides_nothing() {
    let body = r#"{"entry":[{"id":"1","id":"2","changes":[{"field":"a"}],"changes":[{"field":"b","field":"c"}]}],"entry":[{"changes":[{"field":"d"}]}]}"#;
    let seen: Vec<_> = read(body).into_iter().map(|change| (change.waba_id, change.field)).collect();
    assert_eq!(seen, [(Some("2".into()), "a".into()), (Some("2".into()), "c".into()), (None, "d".into())]);
}

#[test]
fn what_cannot_be_cut_says_why() {
    assert_eq!(unreadable(b"\xff\xfe"), Unreadable::NotUtf8);
    assert_eq!(unreadable(b"{\"entry\":[{\"id\":\"\xc3\x28\"}]}"), Unreadable::NotUtf8);
    for body in ["", "   ", "{", "{\"entry\":[}", "hello", "{\"entry\":[]} x", "{\"entry\":[{\"id\":01}]}", "\u{feff}{}"] {
        assert_eq!(unreadable(body.as_bytes()), Unreadable::NotJson, "{body}");
    }
    for body in ["[]", "null", "5", "\"x\"", "true"] {
        assert_eq!(unreadable(body.as_bytes()), Unreadable::NotAnObject, "{body}");
    }
    for body in ["{}", r#"{"entry":{}}"#, r#"{"entry":null}"#, r#"{"entry":"x"}"#, r#"{"object":"whatsapp_business_account"}"#] {
        assert_eq!(unreadable(body.as_bytes()), Unreadable::NoEntries, "{body}");
    }
    for body in [r#"{"entry":[]}"#, r#"{"entry":[{"id":"1","changes":[]}]}"#] {
        assert_eq!(unreadable(body.as_bytes()), Unreadable::NoChanges, "{body}");
    }
}

#[test]
fn a_thousand_changes_are_cut_and_more_than_the_limit_are_refused() {
    let body =
        |count: usize| format!(r#"{{"entry":[{{"id":"1","changes":[{}]}}]}}"#, vec![r#"{"field":"messages","value":{}}"#; count].join(","));
    assert_eq!(read(&body(1_000)).len(), 1_000);
    assert_eq!(read(&body(CHANGES_MAX)).len(), CHANGES_MAX);
    assert_eq!(unreadable(body(CHANGES_MAX + 1).as_bytes()), Unreadable::TooMany);
}

#[test]
fn nesting_as_deep_as_a_body_can_hold_needs_no_stack() {
    let depth = 1_500_000;
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(unreadable(deep.as_bytes()), Unreadable::NotAnObject);
    let body = format!(r#"{{"entry":[{{"id":{deep},"changes":[{{"field":"messages","value":{deep}}}]}}]}}"#);
    let changes = read(&body);
    assert_eq!((changes.len(), changes[0].field.as_ref(), changes[0].waba_id.as_ref()), (1, "messages", None));
    assert_eq!(unreadable(&vec![b'['; 3_000_000]), Unreadable::NotJson);
    assert_eq!(unreadable("{\"entry\":".repeat(300_000).as_bytes()), Unreadable::NotJson);
}

#[test]
fn odd_text_in_ids_and_fields_is_handed_on_and_not_judged() {
    let body = r#"{"entry":[{"id":"a.b>","time":"17","changes":[{"field":"x\ud800 *.>","value":{"metadata":{"phone_number_id":true}}}]}]}"#;
    let change = &read(body)[0];
    assert_eq!((change.waba_id.as_deref(), change.entry_time, change.phone_number_id.as_deref()), (Some("a.b>"), Some(17), None));
    assert!(change.field.starts_with('x') && change.field.ends_with(" *.>"));
}
