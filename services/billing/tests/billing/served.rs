//! The whole service against the model: routes, broker, Postgres, provider, webhooks, the clock at boundaries −1, 0 and +1 ms.
//!
//! What happens is drawn anew in each run, so that each tries other sequences. The number that it was drawn from is printed, and so is the
//! sequence that fails with the step that it fails at; under the same number it is drawn again.

use std::time::{Duration, Instant};

use billing::Terms;
use chassis::Clock;
use chrono::{DateTime, Utc};
use contract::ProjectId;
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::model::{Model, PACK, Paying};
use crate::ops::{Op, ops};
use crate::world::{PATIENCE, World, fresh_pool, service, tables};

/// Repeats what was drawn, if it is set to the number that was printed.
const SEED: &str = "PAIGE_SEED";
const SEQUENCES: usize = 100;
const STEPS_MAX: usize = 24;
/// Longer than all sequences together.
const OUTCOME_DAYS: u32 = 500_000;

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap()
}

fn ms(value: &Value) -> Option<i64> {
    Some(value.as_str()?.parse::<DateTime<Utc>>().unwrap().timestamp_millis())
}

/// The number that was asked for, or another each time.
fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => text.parse().unwrap_or_else(|error| panic!("{SEED}={text}: {error}")),
        Err(_) => Clock::System.now().timestamp_micros().unsigned_abs(),
    }
}

/// Of one seed, any part draws its own.
fn drawn_from(seed: u64, part: u8) -> TestRunner {
    let mut bytes = [part; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn draw(runner: &mut TestRunner) -> Vec<Op> {
    vec(ops(), 1..STEPS_MAX).new_tree(runner).unwrap().current()
}

async fn sequences(seed: u64, part: u8) {
    // The model says when an outcome comes, however late.
    let mut world = World::with(Terms { charge_days: OUTCOME_DAYS, ..Terms::default() }).await;
    world.provider.with(|desk| desk.charges_become = "pending");
    let mut runner = drawn_from(seed, part);
    for n in 0..SEQUENCES {
        let steps = draw(&mut runner);
        let project = world.project().await;
        let mut model = Model::new(world.clock.now().timestamp_millis());
        for (step, op) in steps.iter().enumerate() {
            let told = format!("{SEED}={seed}, part {part}, sequence {n}, step {step}: {op:?} of {steps:?}");
            let refused = apply(&world, project, &model, op).await;
            let expected = model.apply(op);
            if !matches!(op, Op::Paid { .. } | Op::Failed { .. }) {
                assert_eq!(refused.as_deref(), expected, "{told}");
            }
            // The next question races the poller: whoever notices first, the same follows.
            if !matches!(op, Op::Boundary { poller: false, .. } | Op::Forward { poller: false, .. }) {
                agree(&world, project, &model, &told).await;
            }
        }
        // Whatever is due of it must not come between the steps of the next.
        apply(&world, project, &model, &Op::Close).await;
    }
    world.stop().await;
    let fresh = fresh_pool().await;
    service(&world.journal, &fresh, &world.clock, None).prepare().await.unwrap();
    assert_eq!(tables(&fresh).await, tables(&world.pool).await, "tables built again from the log of {SEED}={seed}, part {part}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_the_service_and_the_model_agree() {
    let seed = seed();
    println!("{SEED}={seed}");
    sequences(seed, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_else_happens_the_service_and_the_model_agree() {
    let seed = seed();
    println!("{SEED}={seed}");
    sequences(seed, 2).await;
}

#[test]
fn the_same_seed_draws_the_same_and_another_and_each_part_something_else() {
    let drawn = |seed, part| {
        let mut runner = drawn_from(seed, part);
        (0..SEQUENCES).map(|_| format!("{:?}", draw(&mut runner))).collect::<Vec<_>>()
    };
    assert_eq!(drawn(1, 1), drawn(1, 1));
    for (seed, part) in [(2, 1), (1, 2)] {
        assert_ne!(drawn(1, 1), drawn(seed, part), "{seed} {part}");
    }
}

/// Lets it happen; the code of its refusal.
async fn apply(world: &World, project: ProjectId, model: &Model, op: &Op) -> Option<String> {
    if let Some(target) = model.target(op) {
        world.set_clock(at(target));
    }
    let email = "ada@example.com";
    let answer = match op {
        Op::Page => world.post(project, "subscription/pay", Some(json!({"email": email}))).await,
        Op::Buy => world.post(project, "credits/purchases", Some(json!({"credits": PACK, "email": email}))).await,
        Op::Pause => world.post(project, "subscription/pause", None).await,
        Op::Cancel => world.post(project, "subscription/cancel", None).await,
        Op::Withdraw => world.post(project, "subscription/withdraw", None).await,
        Op::Resume => world.post(project, "subscription/resume", None).await,
        Op::Use { name, credits } => {
            let body = json!({"usage": format!("use-{name}"), "credits": credits, "what": "test"});
            world.post(project, "credits/uses", Some(body)).await
        }
        Op::Paid { which, .. } | Op::Failed { which } => {
            if let Some(index) = model.named(*which) {
                report(world, project, model, op, index).await;
            }
            return None;
        }
        Op::Close => {
            if !model.closed {
                world.delete(project).await;
                world.until(project, "the end", |told| told["closed"] == true).await;
            }
            return None;
        }
        Op::Boundary { .. } | Op::Forward { .. } => return None,
    };
    answer.body["code"].as_str().map(str::to_owned)
}

/// The provider knows it from now on, and says so once or twice.
async fn report(world: &World, project: ProjectId, model: &Model, op: &Op, index: usize) {
    let began = Instant::now();
    while {
        let ((.., payments), quiet) = look(world, project, model).await;
        payments.len() != model.payments.len() || !quiet
    } {
        assert!(began.elapsed() < PATIENCE, "waited for the payments of {model:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let payments = world.get(project, "payments?limit=100").await;
    let payments = payments["data"].as_array().unwrap();
    let payment = &payments[payments.len() - 1 - index];
    let (id, amount) = (payment["id"].as_str().unwrap(), payment["amount_minor"].as_u64().unwrap());
    if !world.provider.knows(id) {
        return;
    }
    let times = index % 2 + 1;
    let asked = world.provider.with(|desk| desk.verified);
    world.provider.set(id, |held| match op {
        Op::Paid { when, right, reusable, .. } => {
            held.status = "success";
            held.paid_at = Some(at(model.instant(*when)));
            held.amount = amount + u64::from(!right);
            held.reusable = *reusable;
        }
        _ => held.status = "failed",
    });
    for _ in 0..times {
        world.report(id).await;
    }
    let began = Instant::now();
    while world.provider.with(|desk| desk.verified) < asked + times as u64 {
        assert!(began.elapsed() < PATIENCE, "waited for the reports of {id}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Waits until the service is as the model says.
async fn agree(world: &World, project: ProjectId, model: &Model, told: &str) {
    let began = Instant::now();
    loop {
        let (found, quiet) = look(world, project, model).await;
        let wanted = expected(model);
        if found == wanted && quiet {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{told}\n service {found:?}\n model   {wanted:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let switches: Vec<(String, i64)> = model.switches.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect();
    assert_eq!(world.switches(project).await, switches, "{told}");
}

type Seen = (String, String, Option<i64>, Option<(i64, i64)>, u64, i64, bool, Vec<(String, String)>);

fn expected(model: &Model) -> Seen {
    let payments = model.payments.iter().map(|Paying { purpose, status }| ((*purpose).to_owned(), (*status).to_owned())).collect();
    let (state, entitlement) = (model.state.to_owned(), model.entitlement().to_owned());
    (state, entitlement, Some(model.since), model.cycle, model.reminders as u64, model.credits, model.card, payments)
}

async fn look(world: &World, project: ProjectId, model: &Model) -> (Seen, bool) {
    let told = world.get(project, "subscription").await;
    let listed = world.get(project, "payments?limit=100").await;
    let listed = listed["data"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let payments = listed.iter().rev().map(|payment| (text(&payment["purpose"]), text(&payment["status"]))).collect();
    // A charge is at the provider before anything else happens.
    let charge = |payment: &&Value| payment["status"] == "open" && (payment["purpose"] == "renew" || payment["purpose"] == "resume");
    let quiet = model.closed || listed.iter().filter(charge).all(|payment| world.provider.knows(payment["id"].as_str().unwrap()));
    let cycle = ms(&told["cycle"]["starts_at"]).zip(ms(&told["cycle"]["ends_at"]));
    let reminders = told["grace"]["reminders"].as_u64().unwrap_or(0);
    let credits = world.get(project, "credits").await["balance"].as_i64().unwrap();
    let can_charge = told["can_charge"].as_bool().unwrap();
    let seen = (text(&told["state"]), text(&told["entitlement"]), ms(&told["since"]), cycle, reminders, credits, can_charge, payments);
    (seen, quiet)
}
