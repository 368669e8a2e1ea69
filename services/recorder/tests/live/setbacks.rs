//! What a recorder waits for: a database, a project. And what it keeps when it stops.

use contract::{Stream, Subject};
use futures::StreamExt;
use journal::{Filter, Handled, Handler, Range, Stop};
use projections::database_name;
use sqlx::ConnectOptions;

use crate::world::{World, wamid};

#[tokio::test(flavor = "multi_thread")]
async fn a_project_whose_database_is_down_waits_and_the_others_go_on() {
    let world = World::new().await;
    let (down, up) = (world.project().await, world.project().await);
    world.connect(down, "1").await;
    world.connect(up, "2").await;
    let running = world.start().await;
    world.message("1", 1, 0).await;
    world.until_counts(down, (1, 1, 1)).await;

    let mut admin = world.databases().options(up).database("postgres").connect().await.unwrap();
    let name = database_name(down);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"))).execute(&mut admin).await.unwrap();
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1").bind(&name).execute(&mut admin).await.unwrap();
    for n in 1..20 {
        world.message("1", 1, n).await;
        world.message("2", 2, n).await;
    }
    world.until_counts(up, (1, 1, 19)).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))).execute(&mut admin).await.unwrap();
    world.until_counts(down, (1, 1, 20)).await;
    assert_eq!(world.said(down).await.into_values().next().unwrap(), (0..20).map(|n| wamid(1, n)).collect::<Vec<_>>());
    assert_eq!(running.followers.webhooks.status().borrow().parked, 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reaches_a_number_without_a_project_waits_for_one() {
    let world = World::new().await;
    let project = world.project().await;
    for n in 0..10 {
        world.message("1", 1, n).await;
    }
    let running = world.start().await;
    running.caught_up().await;
    assert_eq!(running.followers.webhooks.status().borrow().parked, 1);
    world.connect(project, "1").await;
    world.message("1", 1, 10).await;
    world.until_counts(project, (1, 1, 11)).await;
    assert_eq!(world.said(project).await.into_values().next().unwrap(), (0..11).map(|n| wamid(1, n)).collect::<Vec<_>>());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_connected_while_nobody_follows_is_recorded_at_the_next_start() {
    let world = World::new().await;
    let project = world.project().await;
    world.message("1", 1, 0).await;
    let running = world.start().await;
    running.caught_up().await;
    running.stop().await;
    assert_eq!(world.journal.state(Stream::Parked).await.unwrap().messages, 1);
    world.connect(project, "1").await;
    let running = world.start().await;
    world.until_counts(project, (1, 1, 1)).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_stops_keeps_how_far_it_came() {
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    let running = world.start().await;
    world.message("1", 1, 0).await;
    running.caught_up().await;
    running.stop().await;
    for (service, stream) in [("recorder", Stream::Webhook), (projections::rebuild::PROJECTOR, Stream::Conversation)] {
        let kept = world.journal.last(&Subject::position(service, stream).unwrap()).await.unwrap();
        let kept = kept.map(|event| serde_json::from_slice::<serde_json::Value>(&event.data).unwrap()["sequence"].clone());
        let last = world.journal.state(stream).await.unwrap().last;
        assert_eq!(kept, Some(serde_json::json!(last)), "{stream}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_a_number_changed_projects_stays_with_the_first() {
    let world = World::new().await;
    let (first, second) = (world.project().await, world.project().await);
    world.connect(first, "1").await;
    world.message("1", 1, 0).await;
    world.disconnect(first, "1").await;
    world.connect(second, "1").await;
    world.message("1", 1, 1).await;
    let running = world.start().await;
    running.caught_up().await;
    assert_eq!((world.counts(first).await, world.counts(second).await), ((1, 1, 1), (1, 1, 1)));
    assert_eq!(world.said(first).await.into_values().next().unwrap(), [wamid(1, 0)]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_starts_does_not_believe_tables_that_are_behind_the_log() {
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    let from = |id: &str, from: serde_json::Value| {
        let mut message = serde_json::json!({ "id": id, "timestamp": "1790000000", "type": "text", "text": { "body": "hello" } });
        message.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
        serde_json::json!({ "messages": [message] })
    };
    world.webhook("1", "messages", from("w1", serde_json::json!({ "from_user_id": "US.1" }))).await;
    let running = world.start().await;
    running.caught_up().await;
    running.stop().await;

    // Recorders without the half that brings the tables up to date: one links the number to the person and is gone.
    world.webhook("1", "messages", from("w2", serde_json::json!({ "from_user_id": "US.1", "from": "16505550001" }))).await;
    world.webhook("1", "messages", from("w3", serde_json::json!({ "from": "16505550001" }))).await;
    let webhooks: Vec<_> = world.journal.replay(Stream::Webhook, Range::ALL, Filter::all()).map(Result::unwrap).collect().await;
    assert_eq!(world.recorder().await.handle("webhook.1", &webhooks[1..2]).await, Handled::all(&webhooks[1..2]));
    let before = world.journal.state(Stream::Conversation).await.unwrap().last;
    // The next one sees tables in which nobody has the number.
    let handled = world.recorder().await.handle("webhook.1", &webhooks[2..]).await;
    assert!(matches!(handled, Handled { done: 0, stopped: Some(Stop::SetAside { .. }) }), "{handled:?}");
    assert_eq!(world.journal.state(Stream::Conversation).await.unwrap().last, before);

    let running = world.start().await;
    world.until_counts(project, (1, 1, 3)).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_being_deleted_is_recorded_no_more_and_holds_nobody_up() {
    let world = World::new().await;
    let (gone, kept) = (world.project().await, world.project().await);
    world.connect(gone, "1").await;
    world.connect(kept, "2").await;
    let running = world.start().await;
    world.message("1", 1, 0).await;
    world.until_counts(gone, (1, 1, 1)).await;

    // Its database goes first, so that what comes meanwhile is held.
    let mut admin = world.databases().options(kept).database("postgres").connect().await.unwrap();
    let drop = format!("DROP DATABASE {} WITH (FORCE)", database_name(gone));
    sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&mut admin).await.unwrap();
    world.message("1", 1, 1).await;
    world.delete(gone).await;
    for n in 0..20 {
        world.message("1", 1, 2 + n).await;
        world.message("2", 2, n).await;
    }
    world.until_counts(kept, (1, 1, 20)).await;
    running.caught_up().await;
    assert!(world.said(gone).await.values().map(Vec::len).sum::<usize>() <= 2, "it was recorded after its deletion began");
    let held = || running.followers.webhooks.status().borrow().parked + running.followers.tables.status().borrow().parked;
    assert_eq!(held(), 0);
    running.stop().await;

    // Read again from the start, it is the same.
    let running = world.start().await;
    running.caught_up().await;
    running.stop().await;
}
