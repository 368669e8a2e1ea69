//! A project goes: nothing is charged any more, and in the end nothing of it is left in the tables.

use chrono::TimeDelta;
use contract::{OperationKind, OperationRetried, OperationStarted, ProjectErased, Stream, Subject};
use journal::Erasure;

use crate::world::{World, tables};

#[tokio::test]
async fn a_deleted_project_is_closed_once_and_leaves_no_row() {
    let world = World::new().await;
    let (project, neighbour) = (world.project().await, world.project().await);
    world.pay(project).await;
    world.pay(neighbour).await;
    let operation = world.delete(project).await;
    world.until(project, "the end", |told| told["closed"] == true).await;
    assert_eq!(world.post(project, "subscription/pause", None).await.code(), Some("subscription_closed"));
    world.say(project, vec![OperationRetried { operation, deadline: world.clock.now() + TimeDelta::hours(1) }.into()]).await;
    world.forward(TimeDelta::days(40));
    world.until(neighbour, "its renewal", |told| told["cycle"]["starts_at"].as_str().unwrap() > "2026-10").await;
    let told = world.told(project).await;
    assert_eq!(told.iter().filter(|told| *told == "subscription_closed").count(), 1, "{told:?}");
    assert_eq!(told.last().unwrap(), "subscription_closed", "{told:?}");

    // Its events are purged, and the beginning of the deletion is delivered again: nothing is said on a subject that is to stay empty.
    let pattern = Subject::billing(project).to_string();
    world.journal.erase(&Erasure { stream: Stream::Billing, pattern, overwrite: false }).await.unwrap();
    let deadline = world.clock.now() + TimeDelta::hours(1);
    let started = OperationStarted { operation, kind: OperationKind::DeleteProject, deadline, overwrite: false };
    world.say(project, vec![started.into(), ProjectErased { operation }.into()]).await;
    let began = std::time::Instant::now();
    loop {
        let rows = tables(&world.pool).await;
        let left: Vec<_> = rows.iter().filter(|row| row.contains(&project.to_string()) && !row.starts_with("erased")).collect();
        if left.is_empty() {
            assert!(rows.iter().any(|row| row.contains(&neighbour.to_string())));
            assert_eq!(world.told(project).await, Vec::<String>::new());
            break;
        }
        assert!(began.elapsed() < crate::world::PATIENCE, "left: {left:?}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    world.end().await;
}

#[tokio::test]
async fn a_retried_creation_begins_no_second_trial() {
    let world = World::new().await;
    let project = world.project().await;
    world.forward(TimeDelta::days(2));
    let operation = contract::OperationId::from_ulid(project.ulid());
    let again = OperationRetried { operation, deadline: world.clock.now() };
    world.say(project, vec![again.clone().into(), again.into()]).await;
    // Something that comes after it is the sign that it was handled.
    world.delete(project).await;
    world.until(project, "the end", |told| told["closed"] == true).await;
    assert_eq!(world.told(project).await, ["trial_started", "subscription_closed"]);
    let first = world.journal.last(&Subject::billing(project)).await.unwrap().unwrap();
    assert_eq!(first.subject.stream(), Stream::Billing);
    world.end().await;
}
