//! Another password is asked for: what somebody noted before opens nothing from then on, also where it was decided and the server not told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chassis::{Clock, Ids, PLATFORM_ACTOR};
use contract::{Context, DatabaseEvent, DatabasePasswordRotated, DatabaseReady, Event, EventId, OperationId, ProjectId, Subject};
use databases::{Hook, Names};
use journal::{Expect, Journal};
use sqlx::{AssertSqlSafe, Connection};
use tokio::runtime::Handle;

use crate::handing::{assert_refused, log_in, password, transfer, until_ended, until_let_in};
use crate::world::{PATIENCE, World};

/// Right password, no right to connect.
const SHUT_OUT: &str = "42501";

/// A project with a database, while no service runs.
async fn made(world: &World) -> ProjectId {
    let project = world.create_project().await;
    let created = world.created_event(project).await;
    world.databases().prepare().await.unwrap();
    world.databases().ensure(project, &created).await.unwrap();
    project
}

/// The URL of the answer, which is the one that is shown from then on.
async fn rotated(world: &World, project: ProjectId, key: Option<&str>) -> String {
    let (status, answer) = world.rotate(project, key).await;
    assert_eq!(status, 200, "{answer}");
    let url = answer["url"].as_str().unwrap().to_owned();
    assert_eq!(world.bot_url(project).await, url);
    url
}

async fn rotations(world: &World, project: ProjectId) -> usize {
    world.told(project).await.iter().filter(|told| *told == "rotated").count()
}

/// Says what another process of databases says.
async fn say(journal: &Journal, ids: &Ids, project: ProjectId, event: impl Into<DatabaseEvent>) {
    let event = event.into().into_new(EventId::from_ulid(ids.ulid()), "/test", Clock::System.now(), Context::default());
    journal.append(&Subject::database(project), Expect::Any, vec![event]).await.unwrap();
}

/// Ends the session of databases that waits for somebody else, as it would end with its process.
async fn cut_off(world: &World) {
    let mut platform = world.connect().await;
    let began = Instant::now();
    loop {
        let ended: Vec<bool> = sqlx::query_scalar(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'paige databases' AND wait_event_type = 'Lock'",
        )
        .fetch_all(&mut platform)
        .await
        .unwrap();
        if ended.contains(&true) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "nothing of databases waits");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn who_noted_the_url_is_locked_out_and_nobody_else() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let (mine, other) = (world.create_project().await, world.create_project().await);
    world.until(mine, "ready").await;
    world.until(other, "ready").await;
    let (old, session) = (world.bot_url(mine).await, world.bot(mine).await);
    let mut neighbour = world.bot(other).await;

    let new = rotated(&world, mine, None).await;
    assert_refused(&old).await;
    until_ended(session).await;
    let mut session = log_in(&new).await.unwrap();
    sqlx::query("SELECT FROM contacts").execute(&mut session).await.unwrap();
    neighbour.ping().await.unwrap();

    let event = world.journal.last(&Subject::database(mine)).await.unwrap().unwrap();
    assert_eq!((event.event_type.as_str(), &event.data[..]), ("database.database_password_rotated.v1", &b"{}"[..]));
    assert_eq!(event.context.actor.as_deref(), Some(PLATFORM_ACTOR));
    assert_eq!(event.context.correlation.as_deref(), Some("req_rotates"));
    world.end(service).await;

    // Nobody is thrown out by a restart.
    let service = world.start(world.databases()).await;
    let another = world.create_project().await;
    world.until(another, "ready").await;
    session.ping().await.unwrap();
    neighbour.ping().await.unwrap();
    world.end(service).await;
}

#[tokio::test]
async fn one_key_rotates_once_and_a_request_without_one_each_time() {
    let world = World::new().await;
    let project = made(&world).await;
    let first = rotated(&world, project, Some("monday")).await;
    assert_eq!(rotated(&world, project, Some("monday")).await, first);
    assert_eq!(rotations(&world, project).await, 1);

    // Asked again later, it takes nothing back.
    let second = rotated(&world, project, Some("tuesday")).await;
    assert_eq!(rotated(&world, project, Some("monday")).await, second);
    assert_eq!(rotations(&world, project).await, 2);

    let third = rotated(&world, project, None).await;
    let fourth = rotated(&world, project, None).await;
    assert_eq!(rotations(&world, project).await, 4);
    assert_eq!(BTreeSet::from([&first, &second, &third, &fourth]).len(), 4);
    for old in [&first, &second, &third] {
        assert_refused(old).await;
    }
    log_in(&fourth).await.unwrap().close().await.unwrap();

    let (status, answer) = world.rotate(project, Some("two words")).await;
    assert_eq!((status, answer["code"].as_str()), (400, Some("idempotency_key_invalid")), "{answer}");
}

#[tokio::test]
async fn where_no_database_can_be_used_nothing_is_rotated() {
    let world = World::new().await;
    let unknown = ProjectId::from_ulid(world.ids.ulid());
    let unmade = world.create_project().await;
    let gone = made(&world).await;
    let (operation, cause) = (OperationId::from_ulid(world.ids.ulid()), world.created_event(gone).await);
    world.databases().drop_database(gone, operation, &cause).await.unwrap();
    for (project, expected) in [(unknown, (404, "not_found")), (unmade, (409, "database_not_ready")), (gone, (404, "not_found"))] {
        let (status, answer) = world.rotate(project, None).await;
        assert_eq!((status, answer["code"].as_str().unwrap_or_default()), expected, "{answer}");
        assert_eq!(rotations(&world, project).await, 0);
    }
}

#[tokio::test]
async fn a_rotation_of_which_the_server_was_not_told_is_finished_at_the_next_start() {
    let world = World::new().await;
    let project = made(&world).await;
    let (old, session) = (world.bot_url(project).await, world.bot(project).await);
    // Somebody is at the role, so that who tells the server waits between the event and the password.
    let mut busy = world.connect().await;
    let hold = format!("BEGIN; ALTER ROLE {} CONNECTION LIMIT 20", Names::of(project).bot);
    sqlx::raw_sql(AssertSqlSafe(hold)).execute(&mut busy).await.unwrap();
    let ((status, answer), ()) = tokio::join!(world.rotate(project, Some("monday")), cut_off(&world));
    assert_eq!((status, answer["code"].as_str()), (503, Some("database_unavailable")), "{answer}");
    sqlx::raw_sql("ROLLBACK").execute(&mut busy).await.unwrap();
    assert_eq!(rotations(&world, project).await, 1);
    // What is half done is shut.
    until_ended(session).await;
    assert_eq!(log_in(&old).await.map(drop), Err(SHUT_OUT.to_owned()));

    let service = world.start(world.databases()).await;
    until_let_in(&world.bot_url(project).await).await.close().await.unwrap();
    assert_refused(&old).await;
    // Whoever was told to ask again finds it done.
    let new = rotated(&world, project, Some("monday")).await;
    log_in(&new).await.unwrap().close().await.unwrap();
    assert_eq!(rotations(&world, project).await, 1);
    world.end(service).await;
}

#[tokio::test]
async fn a_session_that_is_open_cannot_keep_the_role_for_itself() {
    let world = World::new().await;
    let project = made(&world).await;
    let (old, mut session) = (world.bot_url(project).await, world.bot(project).await);
    // As long as it is not over, nobody else gives the role a password; once it is, this one would hold.
    sqlx::raw_sql("BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'mine'").execute(&mut session).await.unwrap();
    let new = rotated(&world, project, None).await;
    until_ended(session).await;
    log_in(&new).await.unwrap().close().await.unwrap();
    assert_refused(&old).await;
    assert_refused(&old.replace(password(&old), "mine")).await;
}

#[tokio::test]
async fn what_another_process_decided_and_did_not_do_is_done_by_who_runs() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let project = world.create_project().await;
    world.until(project, "ready").await;
    let (old, session) = (world.bot_url(project).await, world.bot(project).await);
    say(&world.journal, &world.ids, project, DatabasePasswordRotated {}).await;
    until_ended(session).await;
    until_let_in(&world.bot_url(project).await).await.close().await.unwrap();
    assert_refused(&old).await;
    world.end(service).await;
}

#[tokio::test]
async fn a_rotation_and_a_transfer_change_the_password_in_either_order() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let mut sessions = Vec::new();
    for rotated_first in [true, false] {
        let project = world.create_project().await;
        world.until(project, "ready").await;
        let mut known = vec![world.bot_url(project).await];
        for rotates in [rotated_first, !rotated_first] {
            let session = world.bot(project).await;
            if rotates {
                rotated(&world, project, None).await;
            } else {
                transfer(&world, project).await;
            }
            until_ended(session).await;
            let new = world.bot_url(project).await;
            until_let_in(&new).await.close().await.unwrap();
            for old in &known {
                assert_refused(old).await;
            }
            known.push(new);
        }
        sessions.push(world.bot(project).await);
    }
    world.end(service).await;

    // Both still count for who starts anew.
    let service = world.start(world.databases()).await;
    let another = world.create_project().await;
    world.until(another, "ready").await;
    for session in &mut sessions {
        session.ping().await.unwrap();
    }
    world.end(service).await;
}

#[tokio::test]
async fn of_rotations_at_once_each_is_in_the_log_and_the_last_one_holds() {
    let world = World::new().await;
    let project = made(&world).await;
    let rotate = || world.rotate(project, None);
    let (one, two, three) = tokio::join!(rotate(), rotate(), rotate());
    for (status, answer) in [one, two, three] {
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(rotations(&world, project).await, 3);
    world.bot(project).await.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_while_tables_are_brought_forward_keeps_nobody_from_that() {
    let world = World::new().await;
    let project = made(&world).await;
    let names = Names::of(project);
    let before = DatabaseReady { database: names.database.as_str().into(), bot_role: names.bot.as_str().into(), schema_version: 0 };
    say(&world.journal, &world.ids, project, before).await;
    let old = world.bot_url(project).await;

    let (journal, ids, first) = (world.journal.clone(), world.ids.clone(), AtomicBool::new(true));
    let hook: Hook = Arc::new(move |project, _| {
        if first.swap(false, Ordering::AcqRel) {
            tokio::task::block_in_place(|| Handle::current().block_on(say(&journal, &ids, project, DatabasePasswordRotated {})));
        }
        Ok(())
    });
    let service = world.start(world.databases().with_hook(hook)).await;
    world.until_current(project).await;
    assert_eq!(rotations(&world, project).await, 1);
    until_let_in(&world.bot_url(project).await).await.close().await.unwrap();
    assert_refused(&old).await;
    world.end(service).await;
}
