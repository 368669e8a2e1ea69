//! Deadlines across projects, and what happens when nobody looked for long.

use chrono::TimeDelta;
use contract::{BillingEvent, Event, Stream};
use futures::StreamExt;
use journal::{Filter, Range};

use crate::world::World;

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
    // In order of their time over all projects.
    let mut events = std::pin::pin!(world.journal.replay(Stream::Billing, Range::from(before + 1), Filter::all()));
    let mut last = begin;
    while let Some(event) = events.next().await {
        if let BillingEvent::EntitlementChanged(changed) = BillingEvent::decode(&event.unwrap()).unwrap() {
            assert!(changed.at >= last, "{} after {last}", changed.at);
            last = changed.at;
        }
    }
    world.end().await;
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
