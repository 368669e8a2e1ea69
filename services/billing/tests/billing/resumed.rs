//! Whoever resumes before the end: what was scheduled is taken back, and nothing else is another than before.

use chrono::{DateTime, TimeDelta, Utc};
use contract::ProjectId;
use serde_json::{Value, json};

use crate::world::World;

const MS: TimeDelta = TimeDelta::milliseconds(1);

/// Everything that somebody can see of what a project pays for, owes and has; and how many charges the provider has heard of.
async fn seen(world: &World, project: ProjectId) -> (Vec<Value>, usize) {
    let mut shown = Vec::new();
    for path in ["subscription", "payments", "credits"] {
        shown.push(world.get(project, path).await);
    }
    (shown, world.provider.with(|desk| desk.held.len()))
}

async fn ask(world: &World, project: ProjectId, verb: &str) {
    let answer = world.post(project, &format!("subscription/{verb}"), None).await;
    assert_eq!(answer.status, 200, "{verb}: {answer:?}");
}

#[tokio::test]
async fn to_resume_before_the_end_changes_nothing_of_the_cycle_and_charges_nothing() {
    let world = World::new().await;
    let project = world.project().await;
    let trial = seen(&world, project).await;
    ask(&world, project, "resume").await;
    assert_eq!(seen(&world, project).await, trial, "in a trial");

    world.pay(project).await;
    let credits = world.post(project, "credits/purchases", Some(json!({"credits": 500, "email": "ada@example.com"}))).await;
    let credits = credits.body["payment"]["id"].as_str().unwrap().to_owned();
    let now = world.clock.now();
    world.provider.set(&credits, |held| (held.status, held.paid_at) = ("success", Some(now)));
    world.report(&credits).await;
    testbed::until("the credits are there", async || world.get(project, "credits").await["balance"] == 500).await;
    let before = seen(&world, project).await;
    let end: DateTime<Utc> = before.0[0]["cycle"]["ends_at"].as_str().unwrap().parse().unwrap();
    ask(&world, project, "resume").await;
    assert_eq!(seen(&world, project).await, before, "nothing was scheduled");

    // At its beginning, in its middle, and in its last millisecond.
    for at in [now, now + TimeDelta::days(12), end - MS] {
        world.set_clock(at);
        for verb in ["pause", "cancel"] {
            ask(&world, project, verb).await;
            let scheduled = world.get(project, "subscription").await;
            assert_eq!((&scheduled["cycle"], &scheduled["next_charge"]), (&before.0[0]["cycle"], &Value::Null), "{verb}");
            ask(&world, project, "resume").await;
            assert_eq!(seen(&world, project).await, before, "{verb} and resume at {at}");
        }
    }
    assert!(world.switches(project).await.is_empty(), "the entitlement never changed");

    // And it goes on as if nothing had been asked: one charge, one cycle, from the end of the one before.
    world.set_clock(end);
    let renewed = world.until(project, "the renewal", |told| told["cycle"]["starts_at"] == before.0[0]["cycle"]["ends_at"]).await;
    assert_eq!(renewed["state"], "active");
    assert_eq!(seen(&world, project).await.1, before.1 + 1);
    world.end().await;
}
