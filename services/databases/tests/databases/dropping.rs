//! A project goes, and its database and roles with it, whoever is connected and whatever was half made.

use std::sync::Arc;

use chassis::Clock;
use contract::{OperationId, OperationKind, OperationRetried, OperationStarted, ProjectErased, ProjectId, Stream, Subject};
use databases::provision::Failure;
use journal::Erasure;
use sqlx::Connection;

use crate::killed::start;
use crate::world::{API_KEY, World};

fn deletion(operation: OperationId) -> OperationStarted {
    OperationStarted { operation, kind: OperationKind::DeleteProject, deadline: Clock::System.now(), overwrite: false }
}

async fn delete(world: &World, project: ProjectId) -> OperationId {
    let operation = OperationId::from_ulid(world.ids.ulid());
    world.say(project, deletion(operation)).await;
    operation
}

#[tokio::test]
async fn a_deleted_project_leaves_neither_database_nor_role_and_its_neighbour_keeps_both() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let (gone, kept) = (world.create_project().await, world.create_project().await);
    world.until(gone, "ready").await;
    world.until(kept, "ready").await;
    let mut bot = world.bot(gone).await;

    let operation = delete(&world, gone).await;
    world.until(gone, "dropped").await;
    assert_eq!(world.on_server().await, World::whole(&[kept]));
    assert!(bot.ping().await.is_err(), "the bot is still connected");
    let (status, _) = world.get(&format!("/v1/projects/{gone}/database"), API_KEY).await;
    assert_eq!(status, 404);

    // Asked again, and after everything was read again, it stays so.
    world.say(gone, OperationRetried { operation, deadline: Clock::System.now() }).await;
    let another = world.create_project().await;
    world.until(another, "ready").await;
    let created = world.created_event(another).await;
    world.databases().ensure(gone, &created).await.unwrap();
    assert_eq!(world.told(gone).await.iter().filter(|told| *told == "dropped").count(), 1);
    assert_eq!(world.on_server().await, World::whole(&[kept, another]));
    world.end(service).await;
}

#[tokio::test]
async fn what_was_made_again_after_a_projects_end_goes_without_a_word() {
    let world = World::new().await;
    let project = world.create_project().await;
    let created = world.created_event(project).await;
    world.databases().prepare().await.unwrap();
    world.databases().ensure(project, &created).await.unwrap();
    assert_eq!(world.on_server().await, World::whole(&[project]));
    // What lifecycle leaves of a project that is gone.
    world.say(project, ProjectErased { operation: OperationId::from_ulid(world.ids.ulid()), left: None }).await;
    world.journal.keep_last(&Subject::project(project)).await.unwrap();
    let all = Erasure { stream: Stream::Database, pattern: Subject::database(project).to_string(), overwrite: false };
    world.journal.open(&[Stream::Webhook]).await.unwrap(); // whose pace an erasure keeps
    world.journal.erase(&all).await.unwrap();

    let service = world.start(world.databases()).await;
    let another = world.create_project().await;
    world.until(another, "ready").await;
    let alone = World::whole(&[another]);
    testbed::found("the other is alone", async || world.on_server().await, |there: &Vec<String>| *there == alone).await;
    assert_eq!(world.told(project).await, [""; 0]);
    world.end(service).await;
}

#[tokio::test]
async fn a_project_that_could_not_be_made_is_made_when_it_is_tried_again_and_can_be_deleted_before() {
    let world = World::new().await;
    let refuse = world.databases().with_hook(Arc::new(|_, _| Err(Failure::Final("the disk is full".into()))));
    let service = world.start(refuse).await;
    let (mended, deleted) = (world.create_project().await, world.create_project().await);
    world.until(mended, "failed at roles").await;
    world.until(deleted, "failed at roles").await;
    world.end(service).await;

    let service = world.start(world.databases()).await;
    let creation = OperationId::from_ulid(mended.ulid());
    let started = OperationStarted { kind: OperationKind::CreateProject, ..deletion(creation) };
    world.say(mended, started).await;
    world.say(mended, OperationRetried { operation: creation, deadline: Clock::System.now() }).await;
    delete(&world, deleted).await;
    world.until(mended, "ready").await;
    world.until(deleted, "dropped").await;
    assert_eq!(world.on_server().await, World::whole(&[mended]));
    world.end(service).await;
}

#[tokio::test]
async fn a_process_killed_while_it_drops_is_finished_by_the_next() {
    let world = World::new().await;
    let mut process = start(&world);
    let mut projects = Vec::new();
    for _ in 0..4 {
        projects.push(world.create_project().await);
    }
    for project in &projects {
        world.until(*project, "ready").await;
    }
    for project in &projects {
        delete(&world, *project).await;
        process.kill();
        process = start(&world);
    }
    for project in &projects {
        world.until(*project, "dropped").await;
    }
    process.kill();
    assert_eq!(world.on_server().await, Vec::<String>::new());
}
