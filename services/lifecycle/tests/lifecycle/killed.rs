//! The real process, killed with -9 while projects get ready, are suspended and restored, and go: each ends as it should, once.

use std::time::{Duration, Instant};

use contract::{Entitlement, Stream, Subject};
use testbed::Process;

use crate::others::{UNMAKING, operation_of};
use crate::world::{MASTER_KEY, World};

const PATIENCE: Duration = Duration::from_secs(120);
const PROJECTS: usize = 40;

fn start(world: &World, database_url: &str) -> Process {
    let settings = [("PAIGE_DATABASE_URL", database_url), ("PAIGE_MASTER_KEY", MASTER_KEY)];
    Process::start(env!("CARGO_BIN_EXE_lifecycle"), &world.nats, settings)
}

#[tokio::test]
async fn a_process_killed_while_projects_get_ready_forgets_none_and_says_nothing_twice() {
    // Its routes are used to create; its follower is stopped, so that the process is the only one.
    let mut world = World::new().await;
    world.stop().await;
    let database_url = testbed::fresh_database().await;
    let mut projects = Vec::new();
    for n in 0..PROJECTS {
        let id = world.create(&format!("P{n}")).await;
        world.say_all_made(id).await;
        projects.push(id);
    }
    // Each comes with two events and its key, and becomes ready by four steps and two events.
    let created = 3 * PROJECTS as u64;
    let began = Instant::now();
    for share in 1..=5 {
        let mut process = start(&world, &database_url);
        let wanted = created + share * (6 * PROJECTS as u64) / 5;
        loop {
            let last = world.journal.state(Stream::Project).await.unwrap().last;
            if last >= wanted {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "{last} of {wanted} events");
        }
        process.kill();
    }
    for id in projects {
        let told = world.told(&Subject::project(id)).await;
        let steps = ["operation_step_completed"; 4];
        assert_eq!(told, [&["project_created", "operation_started"], &steps[..], &["project_ready", "operation_completed"]].concat());
    }
}

#[tokio::test]
async fn a_process_killed_while_projects_go_leaves_nothing_of_any() {
    let mut world = World::new().await;
    let mut going = Vec::new();
    for n in 0..4 {
        let name = format!("P{n}");
        let id = world.ready(&name).await;
        world.connect(id, &format!("{}", 100 + n)).await;
        going.push((id, name));
    }
    world.stop().await;
    let database_url = testbed::fresh_database().await;
    let mut operations = Vec::new();
    for (id, name) in &going {
        operations.push(operation_of(&world.delete(*id, name).await.body));
    }
    // What others erased is said one after another, each to a process that lives for a moment.
    for (round, step) in UNMAKING.into_iter().enumerate() {
        for ((id, _), operation) in going.iter().zip(&operations) {
            world.say_gone(*id, *operation, step).await;
        }
        let mut process = start(&world, &database_url);
        let wanted = round + 1;
        world.until_told(going[0].0, |told| told.iter().filter(|told| *told == "operation_step_completed").count() > 4 + wanted).await;
        process.kill();
    }
    // Somewhere in the purge.
    let mut process = start(&world, &database_url);
    tokio::time::sleep(Duration::from_secs(2)).await;
    process.kill();
    let mut process = start(&world, &database_url);
    for (id, _) in &going {
        world.until_told(*id, |told| told == ["project_erased"]).await;
        assert_eq!(world.told(&Subject::data_key(*id)).await, [""; 0]);
    }
    process.kill();
}

#[tokio::test]
async fn a_process_killed_around_each_word_of_billing_suspends_and_restores_once() {
    let mut world = World::new().await;
    let id = world.ready("Pizza").await;
    world.stop().await;
    let before = world.told(&Subject::project(id)).await.len();
    let database_url = testbed::fresh_database().await;
    let mut process = start(&world, &database_url);
    // Said while nobody runs, and so long after, in ms, while somebody does.
    let mut wanted = before;
    for pause in [None, Some(0), Some(2), Some(8), Some(30), None] {
        for entitlement in [Entitlement::Suspended, Entitlement::Live] {
            if pause.is_none() {
                process.kill();
            }
            world.say_entitled(id, entitlement).await;
            if let Some(pause) = pause {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                process.kill();
            }
            process = start(&world, &database_url);
            wanted += 1;
            world.until_told(id, |told| told.len() >= wanted).await;
        }
    }
    process.kill();
    let told = world.told(&Subject::project(id)).await.split_off(before);
    assert_eq!(told, ["project_suspended", "project_restored"].repeat(6), "each word of billing once, in its order");
}
