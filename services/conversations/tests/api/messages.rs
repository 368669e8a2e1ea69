//! Messages: histories in both directions, one message, its ledger, everything that became of it.

use std::collections::HashSet;

use axum::http::Method;
use contract::{ConversationEvent, Message, MessageEchoed, MessageImported, MessageReceived, MessageStatusReported, ProjectId, RawJson};
use serde_json::{Value, json};

use crate::fixture::{World, at, bsuid, contact, conversation, ids, message_id, opened, received, said, seen, text, wamid};

/// One contact with `through` messages, several in each second.
async fn history(world: &World, through: u64) -> ProjectId {
    let project = world.project().await;
    let mut facts = vec![seen(vec![bsuid("US.1")], None, 0), opened(1, None, 0)];
    facts.extend((1..=through).map(|n| received(n, 1, n as i64 / 3)));
    world.say(project, contact(1), facts).await;
    project
}

fn paths(project: ProjectId) -> [String; 2] {
    [
        format!("/v1/projects/{project}/conversations/{}/messages", conversation(1)),
        format!("/v1/projects/{project}/contacts/{}/messages", contact(1)),
    ]
}

fn messages(numbers: impl Iterator<Item = u64>) -> Vec<String> {
    numbers.map(|n| message_id(n).to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_forward_visits_every_message_once_while_more_are_written() {
    let world = World::start().await;
    let project = history(&world, 20).await;
    for (round, path) in (0..).zip(paths(project)) {
        let (mut found, mut after) = (Vec::new(), String::new());
        let mut next = 100 * (round + 1);
        loop {
            let page = world.found(&format!("{path}?limit=3{after}")).await;
            found.extend(ids(&page));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            after = format!("&after={cursor}");
            // Two a page come behind the end, until there are ten.
            if next < 100 * (round + 1) + 10 {
                world.say(project, contact(1), vec![received(next, 1, next as i64), received(next + 1, 1, next as i64)]).await;
                next += 2;
            }
        }
        assert_eq!(found.len(), 20 + 10 * (round as usize + 1), "{path}");
        assert_eq!(found.iter().collect::<HashSet<_>>().len(), found.len(), "none twice");
        assert_eq!(found[..20], messages(1..=20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_backward_visits_every_message_once_while_more_are_written() {
    let world = World::start().await;
    let project = history(&world, 20).await;
    for (round, path) in (1..).zip(paths(project)) {
        let start = world.found(&format!("{path}?limit=3&order=desc")).await;
        let mut found = ids(&start);
        let mut cursor = start["next_cursor"].as_str().map(str::to_owned);
        let mut newer = 1_000 * round;
        while let Some(after) = cursor {
            newer += 1;
            world.say(project, contact(1), vec![received(newer, 1, newer as i64)]).await;
            let page = world.found(&format!("{path}?limit=3&order=desc&after={after}")).await;
            found.extend(ids(&page));
            cursor = page["next_cursor"].as_str().map(str::to_owned);
        }
        assert!(found.ends_with(&messages((1..=20).rev())), "{path}: {found:?}");
        assert_eq!(found.iter().collect::<HashSet<_>>().len(), found.len(), "none twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_leads_back_to_the_one_before_it_in_the_same_order() {
    let world = World::start().await;
    let project = history(&world, 10).await;
    for path in paths(project) {
        for (order, expected) in [("asc", messages(1..=10)), ("desc", messages((1..=10).rev()))] {
            let page = async |cursor: &str| world.found(&format!("{path}?limit=4&order={order}{cursor}")).await;
            let first = page("").await;
            assert_eq!((ids(&first), &first["previous_cursor"]), (expected[..4].to_vec(), &Value::Null));
            let second = page(&format!("&after={}", text(&first, "/next_cursor"))).await;
            let third = page(&format!("&after={}", text(&second, "/next_cursor"))).await;
            assert_eq!((ids(&third), &third["next_cursor"]), (expected[8..].to_vec(), &Value::Null));
            let back = page(&format!("&before={}", text(&third, "/previous_cursor"))).await;
            assert_eq!(ids(&back), expected[4..8]);
            let beginning = page(&format!("&before={}", text(&back, "/previous_cursor"))).await;
            assert_eq!((ids(&beginning), &beginning["previous_cursor"]), (expected[..4].to_vec(), &Value::Null));
            let again = page(&format!("&after={}", text(&beginning, "/next_cursor"))).await;
            assert_eq!(ids(&again), expected[4..8]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_shown_with_everything_that_became_of_it() {
    let world = World::start().await;
    let project = world.project().await;
    let change = |n: u64, kind: &str, text: Option<&str>| Message {
        kind: kind.into(),
        text: text.map(str::to_owned),
        target: Some(wamid(1)),
        ..said(n, 1, n as i64)
    };
    let mut facts = vec![seen(vec![bsuid("US.1")], None, 0), opened(1, None, 0), received(1, 1, 1)];
    facts.push(MessageReceived(change(2, "edit", Some("new text"))).into());
    facts.push(MessageReceived(change(3, "reaction", Some("👍"))).into());
    facts.push(MessageEchoed(change(4, "reaction", Some("❤️"))).into());
    facts.push(MessageReceived(Message { reply_to: Some(wamid(1)), group: Some("g1".into()), ..said(5, 1, 5) }).into());
    facts.push(MessageReceived(change(6, "revoke", None)).into());
    world.say(project, contact(1), facts).await;

    let shown = world.found(&format!("/v1/projects/{project}/messages/{}", message_id(1))).await;
    assert_eq!((&shown["text"], &shown["type"], &shown["direction"]), (&json!("new text"), &json!("text"), &json!("inbound")));
    assert_eq!(shown["reactions"], json!({"contact": "👍", "business": "❤️"}));
    for (field, second) in [("edited_at", 2), ("revoked_at", 6), ("sent_at", 1)] {
        let found: chrono::DateTime<chrono::Utc> = text(&shown, &format!("/{field}")).parse().unwrap();
        assert_eq!(found, at(second), "{field}");
    }
    assert_eq!((&shown["status"], &shown["conversation"]), (&Value::Null, &json!(conversation(1).to_string())));
    let reply = world.found(&format!("/v1/projects/{project}/messages/{}", message_id(5))).await;
    assert_eq!((&reply["reply_to_wamid"], &reply["group_id"]), (&json!(wamid(1)), &json!("g1")));
    let reaction = world.found(&format!("/v1/projects/{project}/messages/{}", message_id(4))).await;
    assert_eq!(
        (&reaction["target_wamid"], &reaction["origin"], &reaction["direction"]),
        (&json!(wamid(1)), &json!("app"), &json!("outbound"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_a_message_and_comes_before_it_waits_for_it() {
    let world = World::start().await;
    let project = world.project().await;
    let change = |n: u64, kind: &str, text: Option<&str>| -> Vec<ConversationEvent> {
        let (kind, text, target) = (kind.to_owned(), text.map(str::to_owned), Some(wamid(1)));
        vec![MessageReceived(Message { kind, text, target, ..said(n, 1, n as i64) }).into()]
    };
    world.say(project, contact(1), vec![seen(vec![bsuid("US.1")], None, 0), opened(1, None, 0)]).await;
    // Each is in the tables, and nowhere else, when the next one comes.
    for early in [change(4, "edit", Some("newer")), change(3, "edit", Some("new")), change(5, "reaction", Some("👍"))] {
        world.say(project, contact(1), early).await;
    }
    let path = format!("/v1/projects/{project}/messages/{}", message_id(1));
    world.refused(&path, 404, "not_found").await;
    world.say(project, contact(1), vec![received(1, 1, 1)]).await;
    let shown = world.found(&path).await;
    assert_eq!((&shown["text"], &shown["reactions"]["contact"], &shown["revoked_at"]), (&json!("newer"), &json!("👍"), &Value::Null));
    // A message that nobody knows is changed by nobody, and what changes it stands for itself.
    let unknown = Message { kind: "revoke".into(), text: None, target: Some("wamid.nobody".into()), ..said(6, 1, 6) };
    world.say(project, contact(1), vec![MessageReceived(unknown).into()]).await;
    let shown = world.found(&format!("/v1/projects/{project}/messages/{}", message_id(6))).await;
    assert_eq!((&shown["type"], &shown["target_wamid"]), (&json!("revoke"), &json!("wamid.nobody")));
    assert_eq!(world.found(&path).await["revoked_at"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_outlives_the_row_that_it_was_made_of() {
    let world = World::start().await;
    let project = history(&world, 10).await;
    let mut read = Vec::new();
    for path in paths(project) {
        let first = world.found(&format!("{path}?limit=4")).await;
        let second = world.found(&format!("{path}?limit=4&after={}", text(&first, "/next_cursor"))).await;
        assert_eq!(ids(&second), messages(5..=8));
        read.push((path, text(&first, "/next_cursor").to_owned(), text(&second, "/previous_cursor").to_owned()));
    }
    // They stand on either side of the end of a page.
    world.write(project, "DELETE FROM public.messages WHERE text IN ('text 4', 'text 5')").await;
    for (path, next, previous) in read {
        let after = world.found(&format!("{path}?limit=4&after={next}")).await;
        assert_eq!(ids(&after), messages(6..=9), "{path}");
        let before = world.found(&format!("{path}?limit=4&before={previous}")).await;
        assert_eq!((ids(&before), &before["previous_cursor"]), (messages(1..=3), &Value::Null), "{path}");
        let again = world.found(&format!("{path}?limit=4&after={}", text(&before, "/next_cursor"))).await;
        assert_eq!(ids(&again), messages(6..=9), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_passed_on_byte_for_byte() {
    let world = World::start().await;
    let project = world.project().await;
    let raw = r#"{ "b": 1.0,"a":"\u00e4\ud800", "a":1e999, "n":{"deep":[ ]} }"#;
    let message = Message { raw: RawJson::parse(raw).unwrap(), ..said(1, 1, 1) };
    world.say(project, contact(1), vec![seen(vec![bsuid("US.1")], None, 0), opened(1, None, 0), MessageReceived(message).into()]).await;
    let path = format!("/v1/projects/{project}/messages/{}", message_id(1));
    let body = world.server.ask(Method::GET, &path, &[], None).await.bytes;
    assert!(std::str::from_utf8(&body).unwrap().contains(&format!(r#""content":{raw}"#)), "{body:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_found_by_metas_id_as_it_is_and_encoded() {
    let world = World::start().await;
    let project = history(&world, 3).await;
    for written in ["wamid.2+/==", "wamid.2%2B%2F%3D%3D"] {
        let page = world.found(&format!("/v1/projects/{project}/messages?wamid={written}")).await;
        assert_eq!(ids(&page), [message_id(2).to_string()], "{written}");
    }
    assert!(ids(&world.found(&format!("/v1/projects/{project}/messages?wamid=wamid.nobody")).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_complete_whatever_the_summary_says() {
    let world = World::start().await;
    let project = world.project().await;
    let reported = |status: &str, second: i64, participant: Option<&str>| MessageStatusReported {
        wamid: wamid(1),
        status: status.into(),
        participant: participant.map(str::to_owned),
        at: at(second),
        error_code: (status == "failed").then_some(131_026),
        raw: RawJson::parse(&format!(r#"{{"status":"{status}"}}"#)).unwrap(),
    };
    let mut facts = vec![seen(vec![bsuid("US.1")], None, 0), opened(1, None, 0)];
    // Before the message is known, out of order, and failed among them.
    facts.extend([reported("read", 4, None).into(), reported("failed", 3, None).into()]);
    facts.push(MessageEchoed(said(1, 1, 1)).into());
    facts.extend([reported("sent", 1, None).into(), reported("delivered", 2, Some("US.7")).into(), reported("sent", 9, None).into()]);
    let imported = MessageImported { direction: contract::Direction::Outbound, status: Some("read".into()), message: said(2, 1, 1) };
    facts.push(imported.into());
    world.say(project, contact(1), facts).await;

    let ledger = world.found(&format!("/v1/projects/{project}/messages/{}/statuses", message_id(1))).await;
    let rows = ledger["data"].as_array().unwrap();
    let told: Vec<_> = rows.iter().map(|row| (text(row, "/status"), row["participant"].as_str(), row["error_code"].as_i64())).collect();
    let expected = [("sent", None, None), ("delivered", Some("US.7"), None), ("failed", None, Some(131_026)), ("read", None, None)];
    assert_eq!(told, expected);
    assert_eq!(rows[0]["content"], json!({"status": "sent"}));
    let shown = world.found(&format!("/v1/projects/{project}/messages/{}", message_id(1))).await;
    assert_eq!((&shown["status"]["status"], &shown["status"]["error_code"]), (&json!("failed"), &json!(131_026)));
    let imported = world.found(&format!("/v1/projects/{project}/messages/{}/statuses", message_id(2))).await;
    assert_eq!((imported["data"].as_array().unwrap().len(), &imported["data"][0]["content"]), (1, &Value::Null));
    world.say(project, contact(1), vec![received(3, 1, 20)]).await;
    let nothing = world.found(&format!("/v1/projects/{project}/messages/{}/statuses", message_id(3))).await;
    assert_eq!(nothing, json!({"data": []}));
}
