//! The real process, killed with -9 while cycles end and are charged: everything happens, once.

use std::time::{Duration, Instant};

use chassis::{Clock, Ids};
use chrono::{TimeDelta, Utc};
use contract::{ProjectId, Stream};
use testbed::Process;

use crate::credits::report;
use crate::provider::{Provider, SECRET};
use crate::world::{MASTER_KEY, World, fresh_pool};

const PATIENCE: Duration = Duration::from_secs(90);
const PROJECTS: usize = 60;
const KILLS: u64 = 6;
const USES: u64 = 100;

fn start(world: &World, database_url: &str) -> Process {
    let settings = [
        ("PAIGE_DATABASE_URL", database_url),
        ("PAIGE_MASTER_KEY", MASTER_KEY),
        ("PAIGE_PAYSTACK_URL", world.provider.url.as_str()),
        ("PAIGE_PAYSTACK_SECRET_KEY", SECRET),
    ];
    Process::start(env!("CARGO_BIN_EXE_billing"), &world.nats, settings)
}

#[tokio::test]
async fn a_process_killed_while_credits_are_charged_charges_every_use_once() {
    let mut world = World::new().await;
    let projects = [world.project().await, world.project().await, world.project().await];
    world.stop().await;
    for n in 0..USES {
        for project in projects {
            // Some are reported twice.
            for _ in 0..=n % 2 {
                report(&world, project, &format!("use-{n}"), n + 1).await;
            }
        }
    }
    let database_url = testbed::fresh_database().await;
    let wanted = USES * projects.len() as u64;
    let began = Instant::now();
    for share in 1..=KILLS {
        let mut process = start(&world, &database_url);
        loop {
            let mut so_far = 0;
            for project in projects {
                so_far += world.told(project).await.iter().filter(|told| *told == "credits_used").count() as u64;
            }
            if so_far >= wanted * share / KILLS {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "{so_far} of {wanted} uses, process {:?}", process.ended());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.kill();
    }
    // Once more, to the end.
    let World { nats, journal, pool, clock, provider, .. } = world;
    let world = World::on(nats, journal, pool, clock, provider).await;
    for project in projects {
        let told = world.told(project).await;
        assert_eq!(told.iter().filter(|told| *told == "credits_used").count() as u64, USES, "{told:?}");
        let owed = i64::try_from(USES * (USES + 1) / 2).unwrap();
        assert_eq!(world.get(project, "credits").await["balance"], -owed);
    }
    world.end().await;
}

/// The process has the system's clock; what it is to find due was made in the past.
async fn past() -> World {
    let (nats, journal) = testbed::fresh_log(&billing::STREAMS).await;
    let begin: chrono::DateTime<Utc> = Clock::System.now() - TimeDelta::days(31);
    let clock = Clock::manual(begin);
    let provider = Provider::start(Clock::System.now()).await;
    World::on(nats, journal, fresh_pool().await, clock, provider).await
}

#[tokio::test]
async fn a_process_killed_while_cycles_end_charges_and_says_everything_once() {
    let mut world = past().await;
    let mut paid: Vec<ProjectId> = Vec::new();
    let mut trials: Vec<ProjectId> = Vec::new();
    for n in 0..PROJECTS {
        let project = world.project().await;
        if n % 2 == 0 {
            world.pay(project).await;
            paid.push(project);
        } else {
            trials.push(project);
        }
    }
    world.stop().await;
    world.provider.with(|desk| desk.now = Ids::new(Clock::System).ulid().datetime().into());
    let database_url = testbed::fresh_database().await;
    let before = world.journal.state(Stream::Billing).await.unwrap().last;
    // past_due, requested, succeeded, cycle_started for each that is paid; expired, entitlement_changed for each that is not.
    let wanted = (paid.len() * 4 + trials.len() * 2) as u64;
    let began = Instant::now();
    for share in 1..=KILLS {
        let mut process = start(&world, &database_url);
        loop {
            let so_far = world.journal.state(Stream::Billing).await.unwrap().last - before;
            if so_far >= wanted * share / KILLS {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "{so_far} of {wanted} events, process {:?}", process.ended());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.kill();
    }
    for project in &paid {
        let told = world.told(*project).await;
        let renewal = ["subscription_past_due", "payment_requested", "payment_succeeded", "cycle_started"];
        assert_eq!(told[told.len() - 4..], renewal, "{told:?}");
        assert_eq!(told.len(), 8, "{told:?}");
    }
    for project in &trials {
        assert_eq!(world.told(*project).await, ["trial_started", "subscription_expired", "entitlement_changed"]);
    }
    assert_eq!(world.provider.with(|desk| desk.held.values().filter(|held| held.by_code).count()), paid.len(), "one charge each");
    world.end().await;
}
