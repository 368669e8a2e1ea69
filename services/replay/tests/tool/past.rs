//! Rows as they were: what SQL saw at a moment is what the tool shows of it later.

use std::collections::BTreeMap;

use chrono::{SecondsFormat, Utc};
use contract::{
    ContactFirstSeen, ContactId, ContactPreferenceChanged, ContactProfile, ContactProfileChanged, ConversationClosed, ConversationEvent,
    ConversationStateChanged, Message, MessageReceived, MessageStatusReported, RawJson, Subject,
};
use replay::Exit;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::bench::{Bench, TABLES, at};
use crate::process::run;

/// Of each table, the columns of JSON: what is compared is their text, not what it means.
const JSON_COLUMNS: [(&str, &str); 5] = [
    ("public.contacts", "preferences"),
    ("public.messages", "content"),
    ("paige.statuses", "content"),
    ("paige.submissions", "response"),
    ("paige.unassigned", "content"),
];

#[expect(clippy::disallowed_methods, reason = "a moment between two events, as the broker's clock sees it")]
fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn row(table: &str, row: &Value) -> String {
    let columns: BTreeMap<_, _> = row.as_object().unwrap().iter().collect();
    format!("{table} {columns:?}")
}

/// Every row as SQL has it, in order.
async fn stored(bench: &Bench) -> Vec<String> {
    let mut connection = bench.connection().await;
    let mut rows = Vec::new();
    for table in TABLES {
        let of_json = JSON_COLUMNS.iter().find(|(of, _)| *of == table);
        let text = of_json.map_or_else(String::new, |(_, column)| format!("'{column}', stored.{column}::text"));
        let query = format!("SELECT (to_jsonb(stored) || jsonb_build_object({text}))::text FROM {table} AS stored");
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut connection).await.unwrap();
        rows.extend(found.iter().map(|found| row(table, &serde_json::from_str(found).unwrap())));
    }
    rows.sort();
    rows
}

/// Every row as the tool shows it, in order.
async fn shown(bench: &Bench, line: &str) -> Vec<String> {
    let (exit, shown) = bench.json(&format!("{line} --project {} --show-content", bench.project)).await;
    assert_eq!(exit, Exit::Fine, "{line}: {shown:?}");
    let mut rows: Vec<String> = shown.iter().map(|line| row(line["table"].as_str().unwrap(), &line["row"])).collect();
    rows.sort();
    rows
}

/// Changes what is there: an edit, a status, a state, a preference, a name.
async fn go_on(bench: &Bench) {
    let conversation = bench.conversation;
    let raw = RawJson::parse(r#"{ "status" : "read", "at": 1.0 }"#).unwrap();
    let edit = Message {
        kind: "edit".into(),
        target: Some("wamid.one".into()),
        text: Some("the \"red\" one\nin 43 \u{1f45f}".into()),
        ..bench.message("wamid.edit")
    };
    let profile = ContactProfile { name: Some("Nora B.".into()), username: None, wa_id: None };
    let changes: [ConversationEvent; 5] = [
        MessageReceived(edit).into(),
        MessageStatusReported { wamid: "wamid.two".into(), status: "read".into(), participant: None, at: at(), error_code: Some(7), raw }
            .into(),
        ConversationStateChanged {
            conversation,
            from: None,
            to: "size".into(),
            version: 1,
            by: "key_bot".into(),
            why: Some("asked".into()),
            at: at(),
        }
        .into(),
        ContactPreferenceChanged { category: "marketing_messages".into(), value: "stop".into(), at: at() }.into(),
        ContactProfileChanged { profile, at: at() }.into(),
    ];
    for change in changes {
        bench.say(change).await;
    }
    bench.project_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sql_saw_at_a_moment_is_what_is_shown_of_it_whatever_happens_later() {
    let bench = Bench::start(70).await;
    let first = (now(), stored(&bench).await);
    go_on(&bench).await;
    let second = (now(), stored(&bench).await);
    let other = ContactId::from_ulid(7_u128.into());
    let profile = ContactProfile { name: Some("Otto".into()), username: None, wa_id: None };
    let seen = ContactFirstSeen { identities: Vec::new(), profile, at: at() };
    bench.tell(Subject::conversation(bench.project, other), ConversationEvent::from(seen)).await;
    bench.say(ConversationClosed { conversation: bench.conversation, reason: contract::CloseReason::Request, at: at() }).await;
    bench.project_all().await;
    let last = ("0s".to_owned(), stored(&bench).await);
    assert_eq!([&first.1, &second.1, &last.1].map(Vec::len), [6, 9, 10]);

    // The tables of today have no part in it.
    bench.execute("UPDATE public.contacts SET name = 'Mallory'").await;
    bench.execute("DELETE FROM public.messages").await;
    for (moment, was) in [&first, &second, &last] {
        assert_eq!(shown(&bench, &format!("at {moment}")).await, *was, "{moment}");
    }
    let of_other = shown(&bench, &format!("at 0s --contact {other}")).await;
    assert!(of_other.len() == 1 && last.1.contains(&of_other[0]), "{of_other:?}");
    let rest = shown(&bench, &format!("at 0s --contact {}", bench.contact)).await;
    assert_eq!(rest, last.1.iter().filter(|row| **row != of_other[0]).cloned().collect::<Vec<_>>());
    let tables = shown(&bench, &format!("at {} --table conversations --table paige.statuses", second.0)).await;
    let named = |row: &&String| row.starts_with("public.conversations ") || row.starts_with("paige.statuses ");
    assert_eq!(tables, second.1.iter().filter(named).cloned().collect::<Vec<_>>());
    let early = bench.run(&format!("at {} --project {} --contact {other}", second.0, bench.project)).await;
    assert!(early.0 == Exit::Refused && early.1.contains("no such row"), "{early:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_gets_json_a_person_lines_and_neither_needs_a_database() {
    let bench = Bench::start(72).await;
    let line = format!("at 0s --project {}", bench.project);
    let piped = run(&line, &bench.servers()[..2]).await;
    assert_eq!(piped.code, Some(0), "{}", piped.err);
    let rows: Vec<Value> = piped.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 6);
    assert_eq!((&rows[0]["table"], &rows[0]["checkpoint"]), (&"public.contacts".into(), &5.into()));
    assert_eq!((&rows[0]["row"]["id"], &rows[0]["row"]["name"]), (&bench.contact.to_string().into(), &"…".into()));
    let (exit, read) = bench.run(&line).await;
    assert_eq!((exit, read.lines().count()), (Exit::Fine, 7), "{read}");
    let contact = format!("public.contacts  id=\"{}\"", bench.contact);
    assert!(read.starts_with(&contact) && read.lines().last().unwrap().contains("  6 rows by "), "{read}");
    // When the log was there and the project was not.
    let before = bench.journal.state(contract::Stream::Conversation).await.unwrap().created.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    assert_eq!(bench.json(&format!("at {before} --project {}", bench.project)).await, (Exit::Fine, Vec::new()));
}
