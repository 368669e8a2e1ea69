//! Killed at every boundary between two steps, and started again: whatever was begun ends, once, in a state that lasts.
//!
//! A script is what the other services say, in order. For each place in it the service is killed there in three ways: before it is said,
//! while it is handled, after its effect is in the log. What is said while nobody runs is found at the next start.

use std::time::{Duration, Instant};

use axum::http::Method;
use chassis::Clock;
use chrono::TimeDelta;
use contract::{Entitlement, ProjectId, Subject, WorkspaceKind};
use serde_json::json;

use crate::deletion::assert_gone;
use crate::others::{MAKING, UNMAKING, operation_of};
use crate::world::{PATIENCE, World};

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
async fn handing_a_project_over_and_every_other_end_of_an_offer() {
    let mut world = World::at(Clock::manual(Clock::System.now())).await;
    let own = world.workspace(WorkspaceKind::Personal).await;
    let team = world.workspace(WorkspaceKind::Team).await;
    for kill in KILLS {
        let answer = world.post("/v1/projects", Some(json!({"name": "P", "workspace_id": own}))).await;
        let id: ProjectId = answer.body["project"]["id"].as_str().unwrap().parse().unwrap();
        world.say_all_made(id).await;
        world.until_status(id, "ready").await;
        let made = events(&world, id).await;
        let path = format!("/v1/projects/{id}/transfer");
        for end in ["expired", "decline", "withdrawn", "accept"] {
            let mut offer = None;
            interrupted(&mut world, kill, id, 1, async |world| offer = Some(world.post(&path, Some(json!({"workspace": team}))).await))
                .await;
            let offer = offer.unwrap().body["id"].as_str().unwrap().to_owned();
            interrupted(&mut world, kill, id, 1, async |world| match end {
                // Nobody answers for a week.
                "expired" => assert!(world.clock.advance(TimeDelta::days(7))),
                "withdrawn" => drop(world.send(Method::DELETE, &path, &[], None).await),
                verb => drop(world.post(&format!("/v1/workspaces/{team}/transfers/{offer}/{verb}"), None).await),
            })
            .await;
        }
        let project =
            world.until(&format!("/v1/projects/{id}"), "the team's", |answer| answer.body["workspace_id"] == team.to_string()).await;
        assert_eq!((project.body["status"].as_str(), project.body["transfer"].is_null()), (Some("ready"), true), "{kill:?}");
        let told = world.told(&Subject::project(id)).await.split_off(made);
        let ended = ["transfer_requested", "transfer_ended"].repeat(3);
        assert_eq!(told, [&ended[..], &["transfer_requested", "project_transferred"]].concat(), "{kill:?}");
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

/// Of as many projects as there are kills each loses the service at every step that others do, each time in another way: every step meets
/// every kill.
#[tokio::test]
async fn deleting_a_project() {
    let mut world = World::new().await;
    let mut going = Vec::new();
    for n in 0..KILLS.len() {
        let id = world.ready(&format!("P{n}")).await;
        world.connect(id, &format!("{}", 100 + n)).await;
        let mut answer = None;
        // It has begun, the number is nobody's, and that step is done.
        interrupted(&mut world, KILLS[n], id, 3, async |world| answer = Some(world.delete(id, &format!("P{n}")).await)).await;
        let answer = answer.unwrap();
        let operation = operation_of(&answer.body);
        for (place, step) in UNMAKING.into_iter().enumerate() {
            let kill = KILLS[(n + place) % KILLS.len()];
            interrupted(&mut world, kill, id, 1, async |world| world.say_gone(id, operation, step).await).await;
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
    assert_no_keys_but_of(&world, KILLS.len()).await;
    world.end().await;
}

/// The end of a deletion, which lifecycle does alone. Each is seen as soon as the log has it.
#[derive(Debug, Clone, Copy)]
enum End {
    /// Every stream is purged, and that is noted.
    Purged,
    /// The key is destroyed.
    Keyless,
    /// The last fact is said, and nothing is taken away before it.
    Said,
}

impl End {
    /// This far at least.
    async fn reached(self, world: &World, id: ProjectId) -> bool {
        let told = world.told(&Subject::project(id)).await;
        // The steps of making it, then those of the deletion; of a project that is gone one fact is left.
        let steps = told.iter().filter(|told| *told == "operation_step_completed").count();
        let said = told.last().is_some_and(|last| last == "project_erased");
        match self {
            Self::Purged => said || steps == MAKING.len() + UNMAKING.len() + 2,
            Self::Keyless => world.told(&Subject::data_key(id)).await.is_empty(),
            Self::Said => said,
        }
    }
}

/// Killed so long after each, in µs.
const AFTER_THAT: [u64; 4] = [0, 300, 1_000, 3_000];

async fn the_end_of_a_deletion(end: End) {
    let mut world = World::new().await;
    let mut going = Vec::new();
    for n in 0..AFTER_THAT.len() {
        let id = world.ready(&format!("P{n}")).await;
        world.connect(id, &format!("{}", 100 + n)).await;
        going.push((id, world.delete(id, &format!("P{n}")).await));
    }
    for step in UNMAKING {
        for (id, answer) in &going {
            world.say_gone(*id, operation_of(&answer.body), step).await;
        }
    }
    for ((id, _), micros) in going.iter().zip(AFTER_THAT) {
        let began = Instant::now();
        while !end.reached(&world, *id).await {
            assert!(began.elapsed() < PATIENCE, "{end:?} is never reached: {:?}", world.told(&Subject::project(*id)).await);
        }
        tokio::time::sleep(Duration::from_micros(micros)).await;
        world.kill().await;
        world.restart().await;
    }
    for (n, (id, answer)) in going.iter().enumerate() {
        assert_gone(&world, *id, answer.headers["location"].to_str().unwrap()).await;
        assert_eq!(world.number_told(&format!("{}", 100 + n)).await, [""; 0], "{end:?}");
    }
    assert_no_keys_but_of(&world, 0).await;
    world.end().await;
}

/// Side by side: most of the time is spent waiting for appends that may be on their way.
#[tokio::test]
async fn the_last_steps_of_a_deletion() {
    tokio::join!(the_end_of_a_deletion(End::Purged), the_end_of_a_deletion(End::Keyless), the_end_of_a_deletion(End::Said));
}

async fn assert_no_keys_but_of(world: &World, projects: usize) {
    let keys = world.journal.subjects(contract::Stream::Project, "project.key.>").await.unwrap();
    assert_eq!(keys.len(), projects, "{keys:?}");
}
