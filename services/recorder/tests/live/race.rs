//! Two recorders at once, and one again and again.

use std::time::{Duration, Instant};

use contract::Stream;
use serde_json::json;

use crate::world::{World, text, wamid};

#[tokio::test(flavor = "multi_thread")]
async fn two_recorders_racing_for_a_new_sender_record_it_once() {
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    for n in 0..50 {
        world.message("1", 7, n).await;
    }
    let (one, other) = tokio::join!(world.start(), world.start());
    for n in 50..100 {
        world.message("1", 7, n).await;
    }
    one.caught_up().await;
    other.caught_up().await;
    one.caught_up().await;
    assert_eq!(world.counts(project).await, (1, 1, 100));
    assert_eq!(world.log(project).await.len(), 102, "first seen, opened, and each message once");
    let said = world.said(project).await;
    assert_eq!(said.into_values().collect::<Vec<_>>(), [(0..100).map(|n| wamid(7, n)).collect::<Vec<_>>()]);
    testbed::nothing_stays_held(&world.journal).await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_messages_of_one_contact_in_one_webhook_are_one_talk() {
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    let messages: Vec<_> = (0..1_000).map(|n| text(1, n)).collect();
    world.webhook("1", "messages", json!({ "messages": messages })).await;
    // Two numbers of one project, and one person who writes to both.
    world.connect(project, "2").await;
    for n in 1_000..1_050 {
        world.message("2", 1, n).await;
    }
    let running = world.start().await;
    running.caught_up().await;
    assert_eq!(world.counts(project).await, (1, 1, 1_050));
    running.stop().await;
}

/// It dies as soon as anything of what is new is in the log: with the rest on its way, the tables behind, the position not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_killed_again_and_again_records_everything_once_and_in_order() {
    const SENDERS: u32 = 20;
    const ROUNDS: u32 = 30;
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    for n in 0..ROUNDS {
        for sender in 0..SENDERS {
            world.message("1", sender, n).await;
        }
        let before = world.journal.state(Stream::Conversation).await.unwrap().last;
        let running = world.start().await;
        let began = Instant::now();
        while world.journal.state(Stream::Conversation).await.unwrap().last == before {
            assert!(began.elapsed() < Duration::from_secs(30), "waited for round {n} to begin");
            tokio::task::yield_now().await;
        }
        running.kill().await;
    }
    let running = world.start().await;
    running.caught_up().await;
    assert_eq!(world.counts(project).await, (SENDERS.into(), SENDERS.into(), (SENDERS * ROUNDS).into()));
    assert_eq!(world.log(project).await.len(), (SENDERS * (2 + ROUNDS)) as usize);
    let mut said: Vec<_> = world.said(project).await.into_values().collect();
    said.sort();
    let mut wanted: Vec<Vec<_>> = (0..SENDERS).map(|sender| (0..ROUNDS).map(|n| wamid(sender, n)).collect()).collect();
    wanted.sort();
    assert_eq!(said, wanted);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_webhooks_once_more_add_no_event() {
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    for n in 0..30 {
        world.message("1", n % 5, n).await;
        let status = json!({ "id": wamid(n % 5, n), "status": "read", "timestamp": "1790000100", "recipient_id": "16505550001" });
        let unknown = json!({ "id": format!("out{n}"), "status": "sent", "timestamp": "1790000100", "recipient_user_id": format!("US.{}", 50 + n % 3) });
        let nobody = json!({ "id": format!("group{n}"), "status": "sent", "recipient_type": "group", "recipient_id": "Z3JvdXA=" });
        world.webhook("1", "messages", json!({ "statuses": [status, unknown, nobody], "errors": [{ "code": n }] })).await;
        let preference = json!({ "user_id": format!("US.{}", n % 7), "category": "marketing_messages", "value": "stop", "timestamp": 1_790_000_000 + n });
        world.webhook("1", "user_preferences", json!({ "user_preferences": [preference] })).await;
    }
    let update = json!({ "user_id": { "previous": "US.1", "current": "US.100" }, "timestamp": "1790001000" });
    world.webhook("1", "user_id_update", json!({ "user_id_update": [update] })).await;
    let running = world.start().await;
    running.caught_up().await;
    running.stop().await;
    let before = world.journal.state(Stream::Conversation).await.unwrap().last;
    assert!(before > 150, "{before}");
    for version in 2..4 {
        let again = world.start_version(version).await;
        again.caught_up().await;
        again.stop().await;
        assert_eq!(world.journal.state(Stream::Conversation).await.unwrap().last, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_projects_with_the_same_people_have_nothing_in_common() {
    let world = World::new().await;
    let projects = [world.project().await, world.project().await];
    world.connect(projects[0], "1").await;
    world.connect(projects[1], "2").await;
    let running = world.start().await;
    for n in 0..3 {
        for sender in 0..50 {
            // The same wamid in both, even.
            world.message("1", sender, n).await;
            world.message("2", sender, n).await;
        }
    }
    running.caught_up().await;
    let mut ids = Vec::new();
    for project in projects {
        assert_eq!(world.counts(project).await, (50, 50, 150));
        const QUERY: &str = "SELECT id FROM public.contacts UNION SELECT id FROM public.conversations UNION SELECT id FROM public.messages";
        let found: Vec<String> = sqlx::query_scalar(QUERY).fetch_all(&mut world.connection(project).await).await.unwrap();
        ids.extend(found);
    }
    let count = ids.len();
    assert_eq!(ids.into_iter().collect::<std::collections::HashSet<_>>().len(), count);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reported_to_one_project_changes_no_message_of_another() {
    let world = World::new().await;
    let (theirs, ours) = (world.project().await, world.project().await);
    world.connect(theirs, "1").await;
    world.connect(ours, "2").await;
    let running = world.start().await;
    world.message("1", 1, 0).await;
    world.until_counts(theirs, (1, 1, 1)).await;
    let ids = "SELECT id FROM public.messages";
    let message: String = sqlx::query_scalar(ids).fetch_one(&mut world.connection(theirs).await).await.unwrap();
    // Both of the message's names, with nobody named, and with its person.
    for (status, recipient) in [("sent", json!(null)), ("failed", json!("16505550001"))] {
        let reported = json!({ "id": wamid(1, 0), "status": status, "timestamp": "1790000100", "recipient_id": recipient,
                               "biz_opaque_callback_data": message });
        world.webhook("2", "messages", json!({ "statuses": [reported] })).await;
    }
    let revoked = json!({ "id": "revoked", "from": "16505550001", "timestamp": "1790000101", "type": "revoke",
                       "revoke": { "original_message_id": wamid(1, 0) } });
    world.webhook("2", "messages", json!({ "messages": [revoked] })).await;
    running.caught_up().await;
    const FOUND: &str = "SELECT (SELECT count(*) FROM paige.statuses), (SELECT count(*) FROM paige.unassigned),
                                (SELECT count(*) FROM public.messages WHERE status IS NOT NULL OR revoked_at IS NOT NULL)";
    for (project, counts, expected) in [(theirs, (1, 1, 1), (0, 0, 0)), (ours, (1, 1, 1), (1, 1, 0))] {
        let found: (i64, i64, i64) = sqlx::query_as(FOUND).fetch_one(&mut world.connection(project).await).await.unwrap();
        assert_eq!((world.counts(project).await, found), (counts, expected));
    }
    testbed::end(&world.journal, running.stop()).await;
}
