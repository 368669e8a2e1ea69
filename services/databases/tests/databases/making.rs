//! A project's database from the outside: made, reported, finished after any crash, given up without leftovers.

use std::sync::Arc;

use contract::{Context, DatabaseEvent, DatabaseReady, DatabaseStep, Event, EventId, ProjectId, Subject};
use databases::provision::{Failure, Provision};
use databases::{Generation, Names, Server};
use journal::Expect;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection};

use crate::world::{API_KEY, World};

const WHOLE: [&str; 5] = ["roles", "database", "tables", "privileges", "ready"];

fn server(world: &World) -> Server {
    Server { platform: world.platform(), key: crate::world::MASTER_KEY.parse().unwrap() }
}

#[tokio::test]
async fn a_new_project_gets_a_database_of_its_own() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let projects = [world.create_project().await, world.create_project().await, world.create_project().await];
    for project in projects {
        world.until(project, "ready").await;
        assert_eq!(world.told(project).await, WHOLE);
        let event = world.journal.last(&Subject::database(project)).await.unwrap().unwrap();
        assert_eq!(event.context.correlation.as_deref(), Some("req_1"));
        assert_eq!(event.context.causation, Some(world.created_event(project).await.id));
    }
    assert_eq!(world.on_server().await, World::whole(&projects));

    let mut bot = world.bot(projects[0]).await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM contacts").fetch_one(&mut bot).await.unwrap();
    assert_eq!(count, 0);
    world.end(service).await;
}

#[tokio::test]
async fn whatever_a_crash_left_is_finished_and_nothing_is_left_over() {
    let world = World::new().await;
    let mut projects = Vec::new();
    for done in 0..=DatabaseStep::ALL.len() {
        for reported in [false, true] {
            let project = world.create_project().await;
            let mut provision = Provision::begin(&server(&world), project).await.unwrap();
            let mut sequence = 0;
            for step in &DatabaseStep::ALL[..done] {
                provision.step(*step, Generation::default()).await.unwrap();
                if reported {
                    let event = DatabaseEvent::DatabaseStepCompleted(contract::DatabaseStepCompleted { step: *step });
                    let event =
                        event.into_new(EventId::from_ulid(world.ids.ulid()), "/test", chassis::Clock::System.now(), Context::default());
                    let expect = if sequence == 0 { Expect::New } else { Expect::At(sequence) };
                    sequence = world.journal.append(&Subject::database(project), expect, vec![event]).await.unwrap().sequence;
                }
            }
            // No end(): the connection goes as it would with its process.
            drop(provision);
            projects.push(project);
        }
    }
    // Between the two statements of a step: made, and not open to anybody yet.
    let half = world.create_project().await;
    let names = Names::of(half);
    Provision::begin(&server(&world), half).await.unwrap().step(DatabaseStep::Roles, Generation::default()).await.unwrap();
    let create = format!("CREATE DATABASE {} OWNER {} TEMPLATE template0 ALLOW_CONNECTIONS false", names.making, names.owner);
    sqlx::query(AssertSqlSafe(create)).execute(&mut world.connect().await).await.unwrap();
    projects.push(half);

    let service = world.start(world.databases()).await;
    for project in &projects {
        world.until(*project, "ready").await;
        assert_eq!(world.told(*project).await, WHOLE);
        world.bot(*project).await.close().await.unwrap();
    }
    assert_eq!(world.on_server().await, World::whole(&projects));
    world.end(service).await;
}

#[tokio::test]
async fn the_whole_stream_again_changes_nothing() {
    let world = World::new().await;
    let databases = world.databases();
    let service = world.start(databases.clone()).await;
    let projects = [world.create_project().await, world.create_project().await];
    for project in projects {
        world.until(project, "ready").await;
    }
    let before = world.journal.state(contract::Stream::Database).await.unwrap().last;
    for _ in 0..2 {
        for project in projects {
            databases.ensure(project, &world.created_event(project).await).await.unwrap();
        }
    }
    assert_eq!(world.journal.state(contract::Stream::Database).await.unwrap().last, before);
    assert_eq!(world.on_server().await, World::whole(&projects));
    world.end(service).await;
}

#[tokio::test]
async fn two_processes_at_the_same_project_make_it_once() {
    let world = World::new().await;
    world.databases().prepare().await.unwrap();
    let project = world.create_project().await;
    let cause = world.created_event(project).await;
    let attempts = (0..4).map(|_| {
        let (databases, cause) = (world.databases(), cause.clone());
        tokio::spawn(async move { databases.ensure(project, &cause).await })
    });
    for attempt in attempts.collect::<Vec<_>>() {
        attempt.await.unwrap().unwrap();
    }
    assert_eq!(world.told(project).await, WHOLE);
    assert_eq!(world.on_server().await, World::whole(&[project]));
}

#[tokio::test]
async fn a_step_that_can_never_succeed_ends_the_project_and_is_cleaned_up() {
    for failing in DatabaseStep::ALL {
        let world = World::new().await;
        let hook: databases::Hook =
            Arc::new(move |_, step| if step == failing { Err(Failure::Final("the server said no".to_owned())) } else { Ok(()) });
        let service = world.start(world.databases().with_hook(hook)).await;
        let project = world.create_project().await;
        world.until(project, &format!("failed at {}", failing.as_str())).await;
        assert_eq!(world.on_server().await, Vec::<String>::new());
        let (status, answer) = world.get(&format!("/v1/projects/{project}/database"), API_KEY).await;
        assert_eq!((status, answer["code"].as_str()), (409, Some("database_failed")), "{answer}");
        world.end(service).await;
    }
}

#[tokio::test]
async fn a_database_of_somebody_else_is_never_taken_nor_dropped() {
    for taken in [|names: Names| names.making, |names: Names| names.database] {
        let world = World::new().await;
        let project = world.create_project().await;
        let foreign = taken(Names::of(project));
        let create = format!("CREATE DATABASE {foreign}");
        sqlx::query(AssertSqlSafe(create)).execute(&mut world.connect().await).await.unwrap();
        let service = world.start(world.databases()).await;
        world.until(project, "failed at database").await;
        assert_eq!(world.on_server().await, [foreign.as_str()]);
        world.end(service).await;
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_waited_for() {
    let mut world = World::new().await;
    let service = world.start(world.databases()).await;
    let first = world.create_project().await;
    world.until(first, "ready").await;
    world.servers.postgres.kill().await;
    let second = world.create_project().await;
    testbed::until("it is set aside", async || !world.journal.parked().await.unwrap().is_empty()).await;
    world.servers.postgres.restart().await.unwrap();
    world.until(second, "ready").await;
    assert_eq!(world.on_server().await, World::whole(&[first, second]));
    world.end(service).await;
}

/// Says that a project's tables are of this version.
async fn ready_at(world: &World, project: ProjectId, schema_version: u32) {
    let names = Names::of(project);
    let ready = DatabaseReady { database: names.database.as_str().into(), bot_role: names.bot.as_str().into(), schema_version };
    let id = EventId::from_ulid(world.ids.ulid());
    let event = DatabaseEvent::from(ready).into_new(id, "/test", chassis::Clock::System.now(), Context::default());
    world.journal.append(&Subject::database(project), Expect::Any, vec![event]).await.unwrap();
}

#[tokio::test]
async fn older_system_tables_are_brought_forward_at_start() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let project = world.create_project().await;
    world.until(project, "ready").await;
    world.end(service).await;

    ready_at(&world, project, 0).await;
    let service = world.start(world.databases()).await;
    world.until_current(project).await;
    world.end(service).await;
}

/// As they were before anything was sent: read by the bot afterwards as before, and what is the platform's stays that.
#[tokio::test]
async fn tables_from_before_sending_learn_it_and_keep_what_they_hold() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let project = world.create_project().await;
    world.until(project, "ready").await;
    world.end(service).await;

    let names = Names::of(project);
    let mut platform = world.platform().database(names.database.as_str()).connect().await.unwrap();
    let before = format!(
        "SET ROLE {}; DROP TABLE paige.submissions; DELETE FROM paige.migrations WHERE version = 2;
         INSERT INTO public.messages (id, conversation_id, contact_id, wamid, direction, origin, type, sent_at, recorded_at, content, sequence)
         VALUES ('msg_1', 'cnv_1', 'con_1', 'wamid.1', 'inbound', 'live', 'text', now(), now(), '{{}}', 1)",
        names.owner
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(before)).execute(&mut platform).await.unwrap();
    ready_at(&world, project, 1).await;

    let service = world.start(world.databases()).await;
    world.until_current(project).await;
    world.end(service).await;
    let kept: (String, i64) = sqlx::query_as("SELECT (SELECT wamid FROM public.messages), (SELECT count(*) FROM paige.submissions)")
        .fetch_one(&mut platform)
        .await
        .unwrap();
    assert_eq!(kept, ("wamid.1".to_owned(), 0));
    let mut bot = sqlx::PgConnection::connect(&world.bot_url(project).await).await.unwrap();
    let read: String = sqlx::query_scalar("SELECT wamid FROM public.messages").fetch_one(&mut bot).await.unwrap();
    assert_eq!(read, "wamid.1");
    assert!(sqlx::query("SELECT FROM paige.submissions").execute(&mut bot).await.is_err(), "the bot reads what is the platform's");
}

#[tokio::test]
async fn the_login_is_shown_when_it_works_and_to_nobody_without_a_key() {
    let world = World::new().await;
    let project = world.create_project().await;
    let path = format!("/v1/projects/{project}/database");
    let (status, answer) = world.get(&path, API_KEY).await;
    assert_eq!((status, answer["code"].as_str()), (409, Some("database_not_ready")));
    let (status, _) = world.get(&path, "another-key-0123456789").await;
    assert_eq!(status, 401);
    let (status, _) = world.get("/v1/projects/prj_00000000000000000000000000/database", API_KEY).await;
    assert_eq!(status, 404);
    for hostile in ["prj_%27%3B--", "con_00000000000000000000000000", "..%2f..%2f", "prj_0000000000000000000000000O"] {
        let (status, answer) = world.get(&format!("/v1/projects/{hostile}/database"), API_KEY).await;
        assert_eq!(status, 400, "{hostile}: {answer}");
    }
}
