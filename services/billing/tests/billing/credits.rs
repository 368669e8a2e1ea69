//! AI credits: bought, used by whoever reports a use, through the routes or in the log; charged once, also beyond what is there.

use axum::http::Method;
use contract::{AiUsageReported, BillingEvent, Context, Event, EventId, HoldKind, ProjectId, Stream, Subject, UsageEvent};
use journal::{Expect, HeldKey};
use serde_json::{Value, json};
use testbed::found;

use crate::world::{Answer, World};

/// Says that credits were used, as a service does that uses them.
pub(crate) async fn report(world: &World, project: ProjectId, usage: &str, credits: u64) {
    let event = UsageEvent::from(AiUsageReported { usage: usage.to_owned(), credits, what: "answer by an agent".into() });
    let new = event.into_new(EventId::from_ulid(world.ids.ulid()), "/test", world.clock.now(), Context::default());
    world.journal.append(&Subject::usage(project), Expect::Any, vec![new]).await.unwrap();
}

async fn buy(world: &World, project: ProjectId) -> String {
    let bought = world.post(project, "credits/purchases", Some(json!({"credits": 500, "email": "ada@example.com"}))).await;
    assert_eq!(bought.status, 201, "{bought:?}");
    let payment = bought.body["payment"]["id"].as_str().unwrap().to_owned();
    let now = world.clock.now();
    world.provider.set(&payment, |held| (held.status, held.paid_at) = ("success", Some(now)));
    payment
}

async fn until_balance(world: &World, project: ProjectId, balance: i64) {
    let path = format!("/v1/projects/{project}/credits");
    let credits = async || world.send(Method::GET, &path, None).await;
    found(&format!("{balance} credits"), credits, |told: &Answer| told.body["balance"] == balance).await;
}

/// The uses that were charged, in order.
async fn charged(world: &World, project: ProjectId) -> Vec<(String, u64)> {
    let used = |event: BillingEvent| if let BillingEvent::CreditsUsed(used) = event { Some((used.usage, used.credits)) } else { None };
    world.events(project).await.into_iter().filter_map(used).collect()
}

fn take(usage: &str, credits: u64) -> Option<Value> {
    Some(json!({"usage": usage, "credits": credits, "what": "answer by an agent"}))
}

#[tokio::test]
async fn credits_are_bought_used_once_and_owed_beyond_what_is_there() {
    let world = World::new().await;
    let project = world.project().await;
    let told = world.get(project, "credits").await;
    assert_eq!((&told["balance"], &told["packs"][0]), (&json!(0), &json!({"credits": 500, "amount_minor": 10_000, "currency": "ZAR"})));
    let wrong = world.post(project, "credits/purchases", Some(json!({"credits": 7, "email": "ada@example.com"}))).await;
    assert_eq!(wrong.refused(), (422, "unknown_pack"));
    let payment = buy(&world, project).await;
    for _ in 0..3 {
        world.report(&payment).await;
    }
    until_balance(&world, project, 500).await;
    // The same use from many sides at once.
    let uses = (0..16).map(|_| world.post(project, "credits/uses", take("a", 300)));
    for answer in futures::future::join_all(uses).await {
        assert_eq!((answer.status, &answer.body["balance"]), (200, &json!(200)), "{answer:?}");
    }
    assert_eq!(world.post(project, "credits/uses", take("a", 1)).await.code(), "use_reused");
    assert_eq!(world.post(project, "credits/uses", take("", 0)).await.body["errors"].as_array().unwrap().len(), 2);
    // It has happened already: what is too much is owed, and the next purchase pays it first.
    assert_eq!(world.post(project, "credits/uses", take("b", 201)).await.body["balance"], -1);
    assert_eq!(world.get(project, "credits").await["balance"], -1);
    let payment = buy(&world, project).await;
    world.report(&payment).await;
    until_balance(&world, project, 499).await;
    assert_eq!(world.get(project, "subscription").await["state"], "trialing", "credits begin no cycle");

    // Each use is one event, and its charge says what it follows from.
    let reported = world.journal.entity(&Subject::usage(project)).await.unwrap();
    assert_eq!(reported.len(), 2, "{reported:?}");
    let charges = world.journal.entity(&Subject::billing(project)).await.unwrap();
    let charges = charges.iter().filter(|event| event.event_type.as_str() == "billing.credits_used.v1");
    for (charge, report) in charges.zip(&reported) {
        assert_eq!(charge.context.causation, Some(report.id));
    }
    world.end().await;
}

#[tokio::test]
async fn what_services_report_is_charged_once_in_whatever_order_and_after_a_restart() {
    let mut world = World::new().await;
    let (project, neighbour) = (world.project().await, world.project().await);
    for (usage, credits) in [("c", 3), ("a", 1), ("c", 3), ("b", 2), ("a", 1), ("a", 7)] {
        report(&world, project, usage, credits).await;
    }
    until_balance(&world, project, -6).await;
    // Other projects have uses of their own, whatever they are called.
    report(&world, neighbour, "a", 10).await;
    until_balance(&world, neighbour, -10).await;

    world.stop().await;
    for usage in ["d", "a", "d"] {
        report(&world, project, usage, 1).await;
    }
    let World { nats, journal, pool, clock, provider, .. } = world;
    let world = World::on(nats, journal, pool, clock, provider).await;
    until_balance(&world, project, -7).await;
    // What was charged by event is charged for the routes too, and the other way round.
    assert_eq!(world.post(project, "credits/uses", take("d", 1)).await.body["balance"], -7);
    assert_eq!(world.post(project, "credits/uses", take("e", 1)).await.body["balance"], -8);
    report(&world, project, "e", 1).await;
    report(&world, project, "f", 1).await;
    until_balance(&world, project, -9).await;
    let uses = ["c", "a", "b", "d", "e", "f"].map(str::to_owned);
    assert_eq!(charged(&world, project).await, uses.into_iter().zip([3, 1, 2, 1, 1, 1]).collect::<Vec<_>>());
    assert_eq!(charged(&world, neighbour).await, [("a".to_owned(), 10)]);
    world.end().await;
}

#[tokio::test]
async fn what_nobody_can_have_used_is_parked_and_in_the_way_of_its_own_project_alone() {
    let mut world = World::new().await;
    let (project, neighbour) = (world.project().await, world.project().await);
    report(&world, project, "a", 1).await;
    until_balance(&world, project, -1).await;
    report(&world, project, "huge", u64::MAX).await;
    report(&world, project, "b", 1).await;
    report(&world, neighbour, "a", 2).await;
    until_balance(&world, neighbour, -2).await;
    let is_parked = |held: &Vec<HeldKey>| held.iter().any(|key| key.kind == HoldKind::Parked);
    found("it is parked", async || world.journal.parked().await.unwrap(), is_parked).await;
    assert_eq!(charged(&world, project).await, [("a".to_owned(), 1)]);
    assert_eq!(world.post(project, "credits/uses", take("c", 4)).await.body["balance"], -5, "what is reported here is charged at once");
    world.stop().await;
}

#[tokio::test]
async fn a_use_that_is_read_before_its_project_waits_for_it_and_one_of_a_deleted_project_is_nothing() {
    let mut world = World::new().await;
    let project = ProjectId::from_ulid(world.ids.ulid());
    report(&world, project, "early", 1).await;
    let unknown = world.post(project, "credits/uses", take("x", 1)).await;
    assert_eq!(unknown.status, 404, "{unknown:?}");
    world.begin(project).await;
    until_balance(&world, project, -1).await;
    world.delete(project).await;
    world.until(project, "the end", |told| told["closed"] == true).await;
    assert_eq!(world.post(project, "credits/uses", take("late", 1)).await.code(), "subscription_closed");
    let reported = world.journal.entity(&Subject::usage(project)).await.unwrap().len();
    assert_eq!(reported, 1, "what is refused is not said");
    report(&world, project, "late", 1).await;
    let last = world.journal.last(&Subject::usage(project)).await.unwrap().unwrap().sequence;
    let position = Subject::position("billing", Stream::Usage).unwrap();
    let handled = async || -> Option<u64> {
        let hint = world.journal.last(&position).await.unwrap()?;
        serde_json::from_slice::<Value>(&hint.data).unwrap()["sequence"].as_u64()
    };
    found(&format!("event {last} is handled"), handled, |handled: &Option<u64>| *handled == Some(last)).await;
    assert_eq!(charged(&world, project).await, [("early".to_owned(), 1)]);
    world.stop().await;
}
