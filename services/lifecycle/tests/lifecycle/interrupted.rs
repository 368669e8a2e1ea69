//! Killed at every boundary between two steps, and started again: whatever was begun ends, once, in a state that lasts.
//!
//! A script is what the other services say, in order. For each place in it the service is killed there in three ways: before it is said,
//! while it is handled, after its effect is in the log. What is said while nobody runs is found at the next start.

use std::time::Duration;

use chassis::Clock;
use chrono::TimeDelta;
use contract::{Entitlement, ProjectId, Subject, WorkspaceKind};
use serde_json::json;

use crate::deletion::assert_gone;
use crate::others::{MAKING, UNMAKING, operation_of};
use crate::world::World;

/// When the service is killed, relative to what is said at that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kill {
    Before,
    /// After so long, in µs.
    While(u64),
    After,
}

const KILLS: [Kill; 6] = [Kill::Before, Kill::While(0), Kill::While(400), Kill::While(1_500), Kill::While(4_000), Kill::After];

async fn events(world: &World, id: ProjectId) -> usize {
    world.told(&Subject::project(id)).await.len()
}

/// Says something with a kill around it. `effect`: how many events of the project follow from it at least.
async fn interrupted(world: &mut World, kill: Kill, id: ProjectId, effect: usize, say: impl AsyncFnOnce(&World)) {
    let wanted = events(world, id).await + effect;
    if kill == Kill::Before {
        world.kill().await;
    }
    say(world).await;
    match kill {
        Kill::Before => {}
        Kill::While(micros) => {
            tokio::time::sleep(Duration::from_micros(micros)).await;
            world.kill().await;
        }
        Kill::After => {
            world.until_told(id, |told| told.len() >= wanted).await;
            world.kill().await;
        }
    }
    world.restart().await;
    world.until_told(id, |told| told.len() >= wanted).await;
}

#[tokio::test]
async fn making_a_project() {
    let mut world = World::new().await;
    for kill in KILLS {
        for place in 0..MAKING.len() {
            let id = world.create("Pizza").await;
            // Another order for every place.
            for n in 0..MAKING.len() {
                let step = MAKING[(n + place) % MAKING.len()];
                if n == place {
                    interrupted(&mut world, kill, id, 1, async |world| world.say_made(id, step).await).await;
                } else {
                    world.say_made(id, step).await;
                }
            }
            world.until_status(id, "ready").await;
            let steps = ["operation_step_completed"; 4];
            let expected = [&["project_created", "operation_started"], &steps[..], &["project_ready", "operation_completed"]].concat();
            assert_eq!(world.told(&Subject::project(id)).await, expected, "{kill:?} at {place}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn resetting_a_project() {
    let mut world = World::new().await;
    let id = world.ready("Pizza").await;
    for kill in KILLS {
        let answer = world.post(&format!("/v1/projects/{id}/reset"), None).await;
        let operation = operation_of(&answer.body);
        interrupted(&mut world, kill, id, 2, async |world| world.say_reset(id, operation).await).await;
        world.until_operation(answer.headers["location"].to_str().unwrap(), "succeeded").await;
        let told = world.told(&Subject::project(id)).await;
        assert_eq!(told[told.len() - 3..], ["operation_started", "operation_step_completed", "operation_completed"], "{kill:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn suspending_and_restoring_a_project() {
    let mut world = World::new().await;
    let id = world.ready("Pizza").await;
    let before = events(&world, id).await;
    for kill in KILLS {
        for (entitlement, status) in [(Entitlement::Suspended, "suspended"), (Entitlement::Live, "ready")] {
            interrupted(&mut world, kill, id, 1, async |world| world.say_entitled(id, entitlement).await).await;
            world.until_status(id, status).await;
        }
    }
    let told = world.told(&Subject::project(id)).await.split_off(before);
    assert_eq!(told, ["project_suspended", "project_restored"].repeat(KILLS.len()), "each word of billing once, in its order");
    world.end().await;
}

#[tokio::test]
async fn handing_a_project_over_and_letting_an_offer_run_out() {
    let mut world = World::at(Clock::manual(Clock::System.now())).await;
    let own = world.workspace(WorkspaceKind::Personal).await;
    let team = world.workspace(WorkspaceKind::Team).await;
    for kill in KILLS {
        let answer = world.post("/v1/projects", Some(json!({"name": "P", "workspace_id": own}))).await;
        let id: ProjectId = answer.body["project"]["id"].as_str().unwrap().parse().unwrap();
        world.say_all_made(id).await;
        world.until_status(id, "ready").await;
        let path = format!("/v1/projects/{id}/transfer");
        interrupted(&mut world, kill, id, 1, async |world| drop(world.post(&path, Some(json!({"workspace": team}))).await)).await;
        // Nobody answers for a week.
        let week = TimeDelta::days(7);
        interrupted(&mut world, kill, id, 1, async |world| assert!(world.clock.advance(week))).await;
        assert_eq!(world.told(&Subject::project(id)).await.last().unwrap(), "transfer_ended");

        let offer = world.post(&path, Some(json!({"workspace": team}))).await.body["id"].as_str().unwrap().to_owned();
        let accept = format!("/v1/workspaces/{team}/transfers/{offer}/accept");
        interrupted(&mut world, kill, id, 1, async |world| drop(world.post(&accept, None).await)).await;
        let project =
            world.until(&format!("/v1/projects/{id}"), "the team's", |answer| answer.body["workspace_id"] == team.to_string()).await;
        assert_eq!((project.body["status"].as_str(), project.body["transfer"].is_null()), (Some("ready"), true), "{kill:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn giving_up_at_a_deadline_and_trying_again() {
    let mut world = World::at(Clock::manual(Clock::System.now())).await;
    for kill in KILLS {
        let id = world.create("Pizza").await;
        for step in &MAKING[..3] {
            world.say_made(id, step).await;
        }
        world.until_told(id, |told| told.len() == 5).await;
        interrupted(&mut world, kill, id, 2, async |world| assert!(world.clock.advance(TimeDelta::minutes(15)))).await;
        world.until_status(id, "failed").await;
        let retry = format!("/v1/projects/{id}/retry");
        interrupted(&mut world, kill, id, 1, async |world| drop(world.post(&retry, None).await)).await;
        interrupted(&mut world, kill, id, 3, async |world| world.say_made(id, MAKING[3]).await).await;
        world.until_status(id, "ready").await;
        let told = world.told(&Subject::project(id)).await;
        let end =
            ["project_failed", "operation_failed", "operation_retried", "operation_step_completed", "project_ready", "operation_completed"];
        assert_eq!(told[5..], end, "{kill:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn deleting_a_project() {
    let mut world = World::new().await;
    let mut going = Vec::new();
    for (n, kill) in KILLS.into_iter().enumerate() {
        let id = world.ready(&format!("P{n}")).await;
        world.connect(id, &format!("{}", 100 + n)).await;
        let mut answer = None;
        interrupted(&mut world, kill, id, 2, async |world| answer = Some(world.delete(id, &format!("P{n}")).await)).await;
        let answer = answer.unwrap();
        let operation = operation_of(&answer.body);
        for (place, step) in UNMAKING.into_iter().enumerate() {
            if place == n % UNMAKING.len() {
                interrupted(&mut world, kill, id, 1, async |world| world.say_gone(id, operation, step).await).await;
            } else {
                world.say_gone(id, operation, step).await;
            }
        }
        going.push((id, answer.headers["location"].to_str().unwrap().to_owned()));
    }
    // Killed while their events are being purged, again and again, and as soon as the first is gone.
    for pause in [50, 400, 1_000] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        world.kill().await;
        world.restart().await;
    }
    world.until_operation(&going[0].1, "succeeded").await;
    world.kill().await;
    world.restart().await;
    for (n, (id, location)) in going.iter().enumerate() {
        assert_gone(&world, *id, location).await;
        assert_eq!(world.connect(world.create("Next").await, &format!("{}", 100 + n)).await.status, 200, "its number is free");
    }
    let keys = world.journal.subjects(contract::Stream::Project, "project.key.>").await.unwrap();
    assert_eq!(keys.len(), KILLS.len(), "of the new projects alone: {keys:?}");
    world.end().await;
}
