//! Deadlines across projects, and what happens when nobody looked for long.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{BillingEvent, Event, HoldKind, Stream, Subject};
use futures::StreamExt;
use journal::{Filter, Range};
use serde_json::{Value, json};
use testbed::until;

use crate::provider::Mood;
use crate::world::World;

/// When the cycle began.
fn starts_at(subscription: &Value) -> Option<DateTime<Utc>> {
    subscription["cycle"]["starts_at"].as_str()?.parse().ok()
}

#[tokio::test]
async fn a_clock_that_leaps_sixty_days_fires_everything_in_order_with_exact_instants() {
    let mut world = World::new().await;
    let begin = world.clock.now();
    let mut projects = Vec::new();
    for n in 0..12 {
        world.set_clock(begin + TimeDelta::hours(n));
        let project = world.project().await;
        if n % 3 == 1 {
            world.pay(project).await;
            world.provider.with(|desk| desk.charges_become = "failed");
        }
        if n % 3 == 2 {
            world.pay(project).await;
            let path = if n % 2 == 0 { "subscription/pause" } else { "subscription/cancel" };
            world.post(project, path, None).await;
        }
        projects.push((n, project));
    }
    let before = world.journal.state(Stream::Billing).await.unwrap().last;
    world.set_clock(begin + TimeDelta::days(60));
    for (n, project) in &projects {
        let (state, days) = match n % 3 {
            0 => ("expired", 14),
            1 => ("expired", 37),
            _ => (if n % 2 == 0 { "paused" } else { "cancelled" }, 30),
        };
        world.until_state(*project, state).await;
        let at = begin + TimeDelta::hours(*n) + TimeDelta::days(days);
        assert_eq!(world.switches(*project).await, [("suspended".to_owned(), at.timestamp_millis())]);
    }
    world.stop().await;
    // In order of their time over all projects; what was held until a charge had failed comes when it had.
    let charged: Vec<_> = projects.iter().filter(|(n, _)| n % 3 == 1).map(|(_, project)| *project).collect();
    let mut events = std::pin::pin!(world.journal.replay(Stream::Billing, Range::from(before + 1), Filter::all()));
    let mut last = begin;
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        if event.subject.project_id().is_some_and(|project| charged.contains(&project)) {
            continue;
        }
        if let BillingEvent::EntitlementChanged(changed) = BillingEvent::decode(&event).unwrap() {
            assert!(changed.at >= last, "{} after {last}", changed.at);
            last = changed.at;
        }
    }
    world.end().await;
}

/// Nobody looked for forty days, or for four hundred: a card that works is charged before anything is held against its owner.
#[tokio::test]
async fn a_clock_that_leaps_over_grace_suspends_nobody_whose_card_works() {
    for days in [40, 400] {
        let world = World::new().await;
        let project = world.project().await;
        world.pay(project).await;
        world.forward(TimeDelta::days(days));
        let now = world.clock.now();
        world.until(project, "the renewal", |told| starts_at(told) == Some(now)).await;
        assert!(world.switches(project).await.is_empty(), "never suspended");
        let told = world.told(project).await;
        assert_eq!(told[4..], ["subscription_past_due", "payment_requested", "payment_succeeded", "cycle_started"], "{told:?}");
        world.end().await;
    }
}

#[tokio::test]
async fn an_outage_of_the_provider_suspends_nobody_until_the_charge_is_given_up_and_then_charges_nobody() {
    let world = World::new().await;
    let project = world.project().await;
    world.pay(project).await;
    let end = world.clock.now() + TimeDelta::days(30);
    world.provider.with(|desk| desk.mood = Mood::Away);
    world.set_clock(end);
    world.until(project, "the charge", |told| told["charging"].is_string()).await;
    world.set_clock(end + TimeDelta::days(30) - TimeDelta::milliseconds(1));
    let held = world.get(project, "subscription").await;
    assert_eq!((&held["state"], &held["entitlement"], &held["grace"]["reminders"]), (&json!("past_due"), &json!("live"), &json!(0)));
    world.set_clock(end + TimeDelta::days(30));
    world.until_state(project, "expired").await;
    let told = world.told(project).await;
    let given_up = ["payment_failed", "reminder_due", "reminder_due", "reminder_due", "subscription_expired", "entitlement_changed"];
    assert_eq!(told[6..], given_up, "{told:?}");
    assert_eq!(world.switches(project).await, [("suspended".to_owned(), (end + TimeDelta::days(7)).timestamp_millis())]);
    world.provider.with(|desk| desk.mood = Mood::Fine);
    // Another's renewal is charged meanwhile: the charges were looked through.
    let other = world.project().await;
    world.pay(other).await;
    world.forward(TimeDelta::days(30));
    let now = world.clock.now();
    world.until(other, "its renewal", |told| starts_at(told) == Some(now)).await;
    assert_eq!(world.provider.with(|desk| desk.held.values().filter(|held| held.by_code).count()), 1);
    world.end().await;
}

#[tokio::test]
async fn a_charge_is_given_up_in_its_time_where_no_provider_is_configured_any_more() {
    let mut world = World::new().await;
    let project = world.project().await;
    world.pay(project).await;
    world.stop().await;
    let without = crate::world::service(&world.journal, &world.pool, &world.clock, None);
    let stop = tokio_util::sync::CancellationToken::new();
    let task = tokio::spawn(billing::run(without, stop.clone()));
    world.forward(TimeDelta::days(30));
    world.until(project, "the charge", |told| told["charging"].is_string()).await;
    world.forward(TimeDelta::days(30));
    world.until_state(project, "expired").await;
    stop.cancel();
    task.await.unwrap().unwrap();
    world.end().await;
}

/// Whoever moves the clock waits for what is tried again, though everything else is done.
#[tokio::test]
async fn a_deadline_that_is_tried_again_stays_announced_until_it_is_done() {
    let mut world = World::new().await;
    let trial = TimeDelta::days(14);
    let (first, first_end) = (world.project().await, world.clock.now() + trial);
    world.forward(TimeDelta::hours(1));
    let (stuck, stuck_end) = (world.project().await, world.clock.now() + trial);
    world.forward(TimeDelta::hours(1));
    world.project().await;
    until("the first trial's end is announced", async || world.clock.first_due(world.clock.now()) == Some(first_end)).await;
    let keep = format!("ALTER TABLE billing.accounts ADD CONSTRAINT kept CHECK (project_id <> '{stuck}' OR state = 'trialing')");
    sqlx::query(sqlx::AssertSqlSafe(keep)).execute(&world.pool).await.unwrap();

    world.set_clock(stuck_end);
    // It was announced again, so everything that is due was tried.
    until("the first is done", async || !world.clock.is_behind(first_end)).await;
    assert!(world.clock.is_behind(stuck_end), "its table does not take what the log has: it is tried again");
    world.until_state(first, "expired").await;
    let parked = async || world.journal.parked().await.unwrap();
    until("its key is parked, with the reason", async || {
        parked().await.iter().any(|held| held.kind == HoldKind::Parked && held.cause.contains("kept"))
    })
    .await;

    sqlx::query("ALTER TABLE billing.accounts DROP CONSTRAINT kept").execute(&world.pool).await.unwrap();
    until("the other is done", async || !world.clock.is_behind(stuck_end)).await;
    assert_eq!(world.told(stuck).await, ["trial_started", "subscription_expired", "entitlement_changed"]);
    let key = Subject::billing(stuck).to_string();
    world.journal.request_retry("billing", Stream::Billing, &key).await.unwrap();
    until("nothing is held any more", async || parked().await.is_empty()).await;
    world.stop().await;
}

#[tokio::test]
async fn two_services_over_one_log_fire_a_deadline_once() {
    let world = World::new().await;
    let other = crate::world::service(&world.journal, &world.pool, &world.clock, Some(&world.provider));
    let mut projects = Vec::new();
    for _ in 0..20 {
        let project = world.project().await;
        world.pay(project).await;
        projects.push(project);
    }
    let first = world.get(projects[0], "subscription").await["cycle"]["starts_at"].clone();
    let stop = tokio_util::sync::CancellationToken::new();
    let task = tokio::spawn(billing::run(other, stop.clone()));
    world.forward(TimeDelta::days(30));
    for project in projects {
        world.until(project, "the renewal", |told| told["cycle"]["starts_at"] != first).await;
        let told = world.told(project).await;
        let count = |name: &str| told.iter().filter(|told| *told == name).count();
        assert_eq!((count("subscription_past_due"), count("payment_requested"), count("cycle_started")), (1, 2, 2), "{told:?}");
    }
    stop.cancel();
    task.await.unwrap().unwrap();
    let charges = world.provider.with(|desk| desk.held.values().filter(|held| held.by_code).count());
    assert_eq!(charges, 20);
    world.end().await;
}
