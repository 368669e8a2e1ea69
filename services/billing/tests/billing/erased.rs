//! A project goes: nothing is charged any more, and in the end nothing of it is left in the tables.

use chrono::TimeDelta;
use contract::{OperationKind, OperationRetried, OperationStarted, ProjectErased, ProjectId, Recorded, Stream, Subject};
use journal::Erasure;
use testbed::{found, until};

use crate::world::{World, tables};

#[tokio::test]
async fn a_deleted_project_is_closed_once_and_leaves_no_row() {
    let world = World::new().await;
    let (project, neighbour) = (world.project().await, world.project().await);
    world.pay(project).await;
    world.pay(neighbour).await;
    let operation = world.delete(project).await;
    world.until(project, "the end", |told| told["closed"] == true).await;
    assert_eq!(world.post(project, "subscription/pause", None).await.code(), "subscription_closed");
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
    world.say(project, vec![started.into(), ProjectErased { operation, left: None }.into()]).await;
    let of = async |project: ProjectId| -> Vec<String> {
        let rows = tables(&world.pool).await.into_iter();
        rows.filter(|row| row.contains(&project.to_string()) && !row.starts_with("erased")).collect()
    };
    found("none of its rows is left", async || of(project).await, Vec::is_empty).await;
    assert!(!of(neighbour).await.is_empty());
    assert_eq!(world.told(project).await, Vec::<String>::new());
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

/// Somebody pays at a page that is still open, or tries to: their project is gone, and what is said of it may not stay.
#[tokio::test]
async fn a_report_that_comes_after_the_end_is_erased_and_no_other() {
    let world = World::new().await;
    let (project, closing, neighbour) = (world.project().await, world.project().await, world.project().await);
    let mut pages = Vec::new();
    for project in [project, closing, neighbour] {
        pages.push(world.open_page(project).await);
    }
    let operation = world.delete(project).await;
    world.until(project, "the end", |told| told["closed"] == true).await;
    world.delete(closing).await;
    world.until(closing, "the end", |told| told["closed"] == true).await;
    let pattern = Subject::billing(project).to_string();
    world.journal.erase(&Erasure { stream: Stream::Billing, pattern, overwrite: false }).await.unwrap();
    world.say(project, vec![ProjectErased { operation, left: None }.into()]).await;
    let erased = |row: &String| row.starts_with("erased") && row.contains(&project.to_string());
    until("it is erased", async || tables(&world.pool).await.iter().any(erased)).await;
    for (project, page) in [project, closing, neighbour].into_iter().zip(&pages) {
        world.report_of(project, page).await;
    }
    let subject = Subject::webhook("paystack", "event").unwrap();
    let kept = async || world.journal.entity(&subject).await.unwrap();
    let left = found("two reports go", kept, |kept: &Vec<Recorded>| kept.len() < 2).await;
    assert!(String::from_utf8_lossy(&left[0].data).contains(&neighbour.to_string()), "{left:?}");
    world.end().await;
}
