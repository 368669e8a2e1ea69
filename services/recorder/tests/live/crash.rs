//! Postgres crashes and takes the last commits with it, as it may with any that did not wait for the disk: their rows come back, without
//! another message.

use std::time::{Duration, Instant};

use contract::{ProjectId, Stream};
use embedded::Postgres;
use futures::StreamExt;
use journal::{Filter, Handled, Handler, Range};
use projections::Projector;
use sqlx::{ConnectOptions, Connection};

use crate::world::{PATIENCE, Running, Server, World, wamid};

const POLL: Duration = Duration::from_millis(20);
/// A follower asks once a second whether what it did is there, and may have to find its way back to the server first.
const NOTICE_TIME_MAX: Duration = Duration::from_secs(10);
const CRASHES_MAX: usize = 10;

/// Longer than a test: only who waits for the disk has anything written to it.
const WRITE_LATE: &str = "ALTER SYSTEM SET wal_writer_delay = '10s'; SELECT pg_reload_conf()";

async fn world() -> World {
    let world = World::on(Server::Own(Box::new(Postgres::scratch().await.unwrap()))).await;
    let mut admin = connect(&world).await.unwrap();
    for statement in WRITE_LATE.split(';') {
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
    }
    world
}

async fn connect(world: &World) -> Result<sqlx::PgConnection, sqlx::Error> {
    world.postgres.admin_url().parse::<sqlx::postgres::PgConnectOptions>()?.connect().await
}

/// Kills a process of the server. The others end with it, and the server begins anew with what is on the disk.
async fn crash(world: &World) {
    let (mut victim, mut other) = (connect(world).await.unwrap(), connect(world).await.unwrap());
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut victim).await.unwrap();
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(killed.success());
    let began = Instant::now();
    // Until the others are ended the server still takes connections, and ends them too.
    while other.ping().await.is_ok() {
        assert!(began.elapsed() < PATIENCE, "the other session goes on");
        tokio::time::sleep(POLL).await;
    }
    while let Err(error) = connect(world).await {
        assert!(began.elapsed() < PATIENCE, "{error}");
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_crash_took_come_back() {
    let world = world().await;
    let projects = [world.project().await, world.project().await];
    for (project, number) in projects.into_iter().zip(["1", "2"]) {
        world.connect(project, number).await;
    }
    let running = world.start().await;
    let mut said = 0_u32;
    for _ in 0..3 {
        for number in ["1", "2"] {
            for n in said..said + 5 {
                world.message(number, 1, n).await;
            }
        }
        said += 5;
        until_all(&world, &projects, said).await;
        crash(&world).await;
        // Nobody writes: it is for the recorder to notice.
        until_all(&world, &projects, said).await;
    }
    end(running, &world, &projects, said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_crash_took_while_nobody_followed_come_back_at_the_next_start() {
    let world = world().await;
    let projects = [world.project().await];
    world.connect(projects[0], "1").await;
    let mut said = 0;
    for _ in 0..3 {
        let running = world.start().await;
        for n in said..said + 5 {
            world.message("1", 1, n).await;
        }
        said += 5;
        until_all(&world, &projects, said).await;
        running.kill().await;
        crash(&world).await;
    }
    let running = world.start().await;
    end(running, &world, &projects, said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_went_back_while_the_log_was_away_wait_for_it_unless_told_to_stop() {
    let mut world = world().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    let running = world.start().await;
    let mut said = 0;
    go_back_without_log(&mut world, &running, project, &mut said).await;
    log_is_back(&mut world).await;
    until_all(&world, &[project], said).await;
    go_back_without_log(&mut world, &running, project, &mut said).await;
    running.stop().await;
}

/// The log goes away, and then Postgres crashes. It takes nothing if everything was flushed just before, so that is tried again until it
/// does.
async fn go_back_without_log(world: &mut World, running: &Running, project: ProjectId, said: &mut u32) {
    for _ in 0..CRASHES_MAX {
        world.message("1", 1, *said).await;
        *said += 1;
        until_all(world, &[project], *said).await;
        world.nats.kill().await;
        crash(world).await;
        let mut status = running.followers.tables.status();
        if tokio::time::timeout(NOTICE_TIME_MAX, status.wait_for(|status| !status.running)).await.is_ok() {
            return;
        }
        log_is_back(world).await;
    }
    panic!("{CRASHES_MAX} crashes took nothing");
}

async fn log_is_back(world: &mut World) {
    world.nats.restart().await.unwrap();
    testbed::found("the log is back", async || world.journal.healthy().await, Result::is_ok).await.unwrap();
}

/// They were committed by a projector that ended before it settled; the next one finds them and has nothing to write.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_another_that_are_called_done_outlive_a_crash() {
    let world = world().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    world.message("1", 1, 0).await;
    let webhooks: Vec<_> = world.journal.replay(Stream::Webhook, Range::ALL, Filter::all()).map(Result::unwrap).collect().await;
    assert_eq!(world.recorder().await.handle("webhook.1", &webhooks).await, Handled::all(&webhooks));

    let log = world.journal.state(Stream::Conversation).await.unwrap().created;
    let events: Vec<_> = world.log(project).await.into_iter().map(|(event, _)| event).collect();
    Projector::new(world.databases(), log).unflushed().apply(project, &events).await.unwrap();
    let next = Projector::new(world.databases(), log).unflushed();
    assert_eq!(next.apply(project, &events).await.unwrap().done, events.len());
    next.settle().await.unwrap();
    crash(&world).await;
    assert_eq!(world.counts(project).await, (1, 1, 1));
}

async fn until_all(world: &World, projects: &[ProjectId], said: u32) {
    for project in projects {
        world.until_counts(*project, (1, 1, said.into())).await;
    }
}

async fn end(running: Running, world: &World, projects: &[ProjectId], said: u32) {
    until_all(world, projects, said).await;
    for project in projects {
        let all: Vec<_> = (0..said).map(|n| wamid(1, n)).collect();
        assert_eq!(world.said(*project).await.into_values().collect::<Vec<_>>(), [all]);
    }
    assert_eq!(running.followers.tables.status().borrow().parked, 0);
    running.stop().await;
}
