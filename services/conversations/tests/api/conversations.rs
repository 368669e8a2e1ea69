//! Conversations: lists by state and by whether they are open, states with their numbers, how a state came about.

use contract::{CloseReason, ContactId, ConversationClosed, ConversationEvent, ConversationStateChanged};
use serde_json::{Value, json};

use crate::fixture::{World, at, bsuid, contact, conversation, ids, opened, received, seen};

fn closed(n: u64, second: i64) -> ConversationEvent {
    ConversationClosed { conversation: conversation(n), reason: CloseReason::Request, at: at(second) }.into()
}

fn moved(n: u64, version: u32, from: Option<&str>, to: &str) -> ConversationEvent {
    let (from, to) = (from.map(str::to_owned), to.to_owned());
    let (by, why) = ("bot".to_owned(), Some("asked".to_owned()));
    ConversationStateChanged { conversation: conversation(n), from, to, version, by, why, at: at(50) }.into()
}

/// 30 conversations of one contact each: state by `n % 3`, closed where `n % 2 == 0`.
async fn thirty(world: &World) -> (contract::ProjectId, Vec<ContactId>) {
    let project = world.project().await;
    for n in 0..30_u64 {
        let state = [None, Some("ordering"), Some("done")][n as usize % 3];
        let mut facts = vec![seen(vec![bsuid(&format!("US.{n}"))], None, 1), opened(n, state, 1), received(n, n, 10 + n as i64)];
        if n % 2 == 0 {
            facts.push(closed(n, 100));
        }
        world.append(project, contact(n), facts).await;
    }
    world.catch_up(project).await;
    (project, (0..30).map(contact).collect())
}

async fn all(world: &World, path: &str) -> Vec<String> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.found(&format!("{path}{separator}limit=4{cursor}")).await;
        assert!(page["data"].as_array().expect("data").len() <= 4);
        found.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_gives_exactly_its_conversations_newest_activity_first() {
    let world = World::start().await;
    let (project, _) = thirty(&world).await;
    type Rule = fn(u64) -> bool;
    let cases: [(&str, Rule); 9] = [
        ("", |_| true),
        ("?status=open", |n| n % 2 == 1),
        ("?status=closed", |n| n % 2 == 0),
        ("?state=ordering", |n| n % 3 == 1),
        ("?state=", |n| n % 3 == 0),
        ("?state=ordering&status=open", |n| n % 3 == 1 && n % 2 == 1),
        ("?state=done&status=closed", |n| n % 3 == 2 && n % 2 == 0),
        ("?state=&status=closed", |n| n % 3 == 0 && n % 2 == 0),
        ("?state=nobody", |_| false),
    ];
    for (query, rule) in cases {
        let expected: Vec<String> = (0..30).rev().filter(|n| rule(*n)).map(|n| conversation(n).to_string()).collect();
        assert_eq!(all(&world, &format!("/v1/projects/{project}/conversations{query}")).await, expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn states_are_told_with_their_numbers() {
    let world = World::start().await;
    let (project, _) = thirty(&world).await;
    let path = format!("/v1/projects/{project}/conversations/states");
    let expected = json!({"data": [
        {"state": "done", "open": 5, "all": 10, "open_exact": true, "all_exact": true},
        {"state": "ordering", "open": 5, "all": 10, "open_exact": true, "all_exact": true},
        {"state": null, "open": 5, "all": 10, "open_exact": true, "all_exact": true},
    ]});
    assert_eq!(world.found(&path).await, expected);
    world.say(project, contact(1), vec![moved(1, 1, Some("ordering"), "a-new-one"), closed(1, 200)]).await;
    let states = world.found(&path).await;
    assert_eq!(states["data"][0], json!({"state": "a-new-one", "open": 0, "all": 1, "open_exact": true, "all_exact": true}));
    assert_eq!(states["data"][2], json!({"state": "ordering", "open": 4, "all": 9, "open_exact": true, "all_exact": true}));
}

/// As many as are counted, and then one more, closed and open.
const FULL: [&str; 3] = [
    "INSERT INTO public.conversations (id, contact_id, state, state_version, opened_at, closed_at, message_count, version)
     SELECT 'cnv_' || lpad(n::text, 26, '0'), 'con_', 'full', 0, now(), CASE WHEN n > 10000 THEN now() END, 0, n FROM generate_series(1, 11000) AS n",
    "INSERT INTO public.conversations (id, contact_id, state, state_version, opened_at, closed_at, message_count, version)
     VALUES ('cnv_more_closed', 'con_', 'full', 0, now(), now(), 0, 1)",
    "INSERT INTO public.conversations (id, contact_id, state, state_version, opened_at, message_count, version)
     VALUES ('cnv_more_open', 'con_', 'full', 0, now(), 0, 1)",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_exact_up_to_what_is_counted_and_says_when_there_are_more() {
    let world = World::start().await;
    let project = world.project().await;
    for (statement, (open_exact, all_exact)) in FULL.into_iter().zip([(true, true), (true, false), (false, false)]) {
        world.write(project, statement).await;
        let states = world.found(&format!("/v1/projects/{project}/conversations/states")).await;
        let expected = json!({"state": "full", "open": 10_000, "all": 11_000, "open_exact": open_exact, "all_exact": all_exact});
        assert_eq!(states["data"], json!([expected]), "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_without_conversations_has_no_states() {
    let world = World::start().await;
    let project = world.project().await;
    assert_eq!(world.found(&format!("/v1/projects/{project}/conversations/states")).await, json!({"data": []}));
    let page = world.found(&format!("/v1/projects/{project}/conversations")).await;
    assert_eq!(page, json!({"data": [], "next_cursor": null}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_shown_with_how_its_state_came_about() {
    let world = World::start().await;
    let project = world.project().await;
    let facts = vec![seen(vec![bsuid("US.1")], None, 1), opened(1, None, 1), received(1, 1, 2), received(2, 1, 4)];
    world.say(project, contact(1), facts).await;
    let path = format!("/v1/projects/{project}/conversations/{}", conversation(1));
    let shown = world.found(&path).await;
    assert_eq!((&shown["state"], &shown["state_changes"], &shown["message_count"]), (&Value::Null, &json!([]), &json!(2)));
    world.say(project, contact(1), vec![moved(1, 1, None, "ordering"), moved(1, 2, Some("ordering"), "done")]).await;
    let shown = world.found(&path).await;
    assert_eq!((&shown["state"], &shown["state_version"], &shown["closed_at"]), (&json!("done"), &json!(2), &Value::Null));
    let latest =
        json!({"version": 2, "from": "ordering", "to": "done", "by": "bot", "why": "asked", "at": shown["state_changes"][0]["at"]});
    assert_eq!(shown["state_changes"][0], latest);
    assert_eq!((shown["state_changes"].as_array().unwrap().len(), &shown["state_changes"][1]["from"]), (2, &Value::Null));
    world.say(project, contact(1), vec![closed(1, 9)]).await;
    let shown = world.found(&path).await;
    assert_eq!((&shown["close_reason"], shown["closed_at"].is_string()), (&json!("request"), true));
}
