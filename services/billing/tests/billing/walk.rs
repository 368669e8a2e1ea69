//! A project's way through billing, as its owner sees it.

use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use contract::{BillingEvent, Stream};
use futures::StreamExt;
use journal::{Filter, Range};
use serde_json::json;

use crate::provider::{CODE, Mood};
use crate::world::World;

const MS: TimeDelta = TimeDelta::milliseconds(1);

pub(crate) fn instant(value: &serde_json::Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn from_trial_over_payment_renewal_pause_and_suspension_to_going_on() {
    let world = World::new().await;
    let project = world.project().await;
    let trial = world.get(project, "subscription").await;
    assert_eq!(instant(&trial["trial"]["ends_at"]), world.clock.now() + TimeDelta::days(14));
    assert_eq!((&trial["entitlement"], &trial["can_charge"]), (&json!("live"), &json!(false)));

    world.forward(TimeDelta::days(3));
    let paid_at = world.clock.now();
    world.pay(project).await;
    let active = world.get(project, "subscription").await;
    let end = paid_at + TimeDelta::days(30);
    assert_eq!((instant(&active["cycle"]["starts_at"]), instant(&active["cycle"]["ends_at"])), (paid_at, end));
    assert_eq!(active["next_charge"]["amount_minor"], 57_000);
    assert_eq!(active["can_charge"], true);

    // The end of the cycle: it is renewed with what is stored.
    world.set_clock(end - MS);
    assert_eq!(world.get(project, "subscription").await["state"], "active");
    world.set_clock(end);
    let renewed = world.until(project, "the renewal", |told| told["cycle"]["starts_at"] != active["cycle"]["starts_at"]).await;
    assert_eq!((&renewed["state"], instant(&renewed["cycle"]["ends_at"])), (&json!("active"), end + TimeDelta::days(30)));

    let answer = world.post(project, "subscription/pause", None).await;
    assert_eq!((answer.status, &answer.body["scheduled"]["change"]), (200, &json!("pause")), "{answer:?}");
    assert_eq!(world.post(project, "subscription/cancel", None).await.code(), "already_scheduled");
    world.set_clock(end + TimeDelta::days(30));
    world.until_state(project, "paused").await;
    world.forward(TimeDelta::days(5));
    let resumed = world.post(project, "subscription/resume", None).await;
    assert_eq!(resumed.status, 200, "{resumed:?}");
    let live = world.until_state(project, "active").await;
    assert_eq!((&live["entitlement"], instant(&live["cycle"]["starts_at"])), (&json!("live"), world.clock.now()));
    let switches = world.switches(project).await;
    let at = |when: DateTime<Utc>| when.timestamp_millis();
    assert_eq!(switches, [("suspended".into(), at(end + TimeDelta::days(30))), ("live".into(), at(world.clock.now()))]);

    let payments = world.get(project, "payments?limit=2").await;
    assert_eq!((&payments["data"][0]["purpose"], &payments["data"][1]["purpose"]), (&json!("resume"), &json!("renew")));
    let rest = world.get(project, &format!("payments?cursor={}", payments["next_cursor"].as_str().unwrap())).await;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["data"][0]["purpose"]), (1, &json!("subscribe")));
    assert!(
        world
            .events(project)
            .await
            .iter()
            .any(|event| matches!(event, BillingEvent::PaymentSucceeded(paid) if paid.sealed_authorisation.is_some()))
    );
    nothing_secret_in_the_log(&world).await;
    world.end().await;
}

/// Of what billing writes. What ingress keeps of a report is its own to test.
async fn nothing_secret_in_the_log(world: &World) {
    for stream in [Stream::Billing, Stream::Project] {
        let mut events = std::pin::pin!(world.journal.replay(stream, Range::ALL, Filter::all()));
        while let Some(event) = events.next().await {
            let event = event.unwrap();
            let data = String::from_utf8_lossy(&event.data);
            assert!(!data.contains(CODE) && !data.contains("ada@example.com"), "{}", event.subject);
        }
    }
}

#[tokio::test]
async fn a_refused_renewal_leads_over_grace_to_suspension_and_paying_at_the_page_back() {
    let world = World::new().await;
    let project = world.project().await;
    world.pay(project).await;
    let end = world.clock.now() + TimeDelta::days(30);
    world.provider.with(|desk| desk.charges_become = "failed");
    world.set_clock(end);
    world.until(project, "the first reminder", |told| told["grace"]["reminders"] == 1).await;
    assert_eq!(world.get(project, "payments").await["data"][0]["reason"], "Declined");
    world.set_clock(end + TimeDelta::days(7) - MS);
    let due = world.until(project, "the last reminder", |told| told["grace"]["reminders"] == 3).await;
    assert_eq!((&due["state"], &due["entitlement"]), (&json!("past_due"), &json!("live")));
    world.set_clock(end + TimeDelta::days(7));
    let expired = world.until_state(project, "expired").await;
    assert_eq!((&expired["entitlement"], instant(&expired["since"])), (&json!("suspended"), end + TimeDelta::days(7)));
    world.pay(project).await;
    assert_eq!(world.switches(project).await.len(), 2);
    world.end().await;
}

#[tokio::test]
async fn whoever_cancelled_comes_back_by_paying_or_by_the_card_that_is_stored() {
    let world = World::new().await;
    let project = world.project().await;
    world.pay(project).await;
    for (back, purpose) in [("pay", "subscribe"), ("resume", "resume")] {
        let end = instant(&world.get(project, "subscription").await["cycle"]["ends_at"]);
        assert_eq!(world.post(project, "subscription/cancel", None).await.status, 200);
        world.set_clock(end);
        let cancelled = world.until_state(project, "cancelled").await;
        assert_eq!((&cancelled["entitlement"], instant(&cancelled["since"])), (&json!("suspended"), end));
        world.forward(TimeDelta::days(2));
        match back {
            "pay" => drop(world.pay(project).await),
            _ => assert_eq!(world.post(project, "subscription/resume", None).await.status, 200),
        }
        let live = world.until_state(project, "active").await;
        assert_eq!((&live["entitlement"], instant(&live["cycle"]["starts_at"])), (&json!("live"), end + TimeDelta::days(2)));
        assert_eq!(world.get(project, "payments").await["data"][0]["purpose"], purpose);
    }
    world.end().await;
}

#[tokio::test]
async fn a_lost_answer_or_an_outage_of_the_provider_never_charges_twice() {
    let world = World::new().await;
    let project = world.project().await;
    world.pay(project).await;
    world.provider.with(|desk| desk.mood = Mood::Away);
    world.forward(TimeDelta::days(30));
    world.until(project, "the charge", |told| told["charging"].is_string()).await;
    world.provider.with(|desk| desk.mood = Mood::Mute);
    world.until_state(project, "active").await;
    let charges = world.provider.with(|desk| desk.held.values().filter(|held| held.by_code).count());
    assert_eq!(charges, 1);
    assert_eq!(world.told(project).await.iter().filter(|told| *told == "cycle_started").count(), 2);
    world.provider.with(|desk| desk.mood = Mood::Fine);
    world.end().await;
}

/// Whoever does as `Retry-After` says is not locked out by it.
#[tokio::test]
async fn a_page_that_nobody_was_given_counts_against_nobody() {
    let world = World::new().await;
    let project = world.project().await;
    for mood in [Mood::Away, Mood::Mute] {
        world.provider.with(|desk| desk.mood = mood);
        for _ in 0..60 {
            let answer = world.post(project, "subscription/pay", Some(json!({"email": "ada@example.com"}))).await;
            assert_eq!(answer.refused(), (503, "payment_provider_unavailable"), "{mood:?}");
        }
        world.provider.with(|desk| desk.mood = Mood::Fine);
        world.open_page(project).await;
    }
    let payments = world.get(project, "payments?limit=2").await;
    let told = |n: usize| (payments["data"][n]["status"].clone(), payments["data"][n]["reason"].clone());
    assert_eq!(told(0), (json!("open"), json!(null)));
    assert_eq!(told(1), (json!("failed"), json!("nobody was given the page")));
    world.end().await;
}

#[tokio::test]
async fn without_a_provider_payments_are_refused_clearly_and_the_rest_works() {
    let mut world = World::new().await;
    world.stop().await;
    let bare = crate::world::service(&world.journal, &world.pool, &world.clock, None);
    let site = testbed::site(chassis::Health::new(), &world.ids);
    let stop = tokio_util::sync::CancellationToken::new();
    let task = tokio::spawn(billing::run(bare.clone(), stop.clone()));
    world.set_router(site.finish(billing::routes(bare)).unwrap());
    let project = world.project().await;
    let answer = world.post(project, "subscription/pay", Some(json!({"email": "ada@example.com"}))).await;
    assert_eq!(answer.refused(), (503, "billing_unconfigured"));
    world.report("pay_01M74XBVHR5MY3V435479NBTEA").await;
    world.forward(TimeDelta::days(14));
    world.until_state(project, "expired").await;
    stop.cancel();
    task.await.unwrap().unwrap();
    world.end().await;
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused() {
    let world = World::new().await;
    let project = world.project().await;
    for body in
        [json!({}), json!({"email": "ada"}), json!({"email": "a@b.c", "callback_url": "javascript:1"}), json!({"email": "a@b.c", "x": 1})]
    {
        let answer = world.post(project, "subscription/pay", Some(body)).await;
        assert_eq!(answer.refused(), (422, "invalid_body"), "{answer:?}");
    }
    for page in ["subscription", "payments", "credits"] {
        let elsewhere = format!("/v1/projects/prj_01M74XBVHR5MY3V435479NBTEA/{page}");
        let answer = world.send(Method::GET, &elsewhere, None).await;
        assert_eq!(answer.refused(), (404, "not_found"), "{answer:?}");
    }
    assert_eq!(world.get(project, "payments").await["data"], json!([]));
    assert_eq!(world.post(project, "subscription/withdraw", None).await.code(), "nothing_scheduled");
    assert_eq!(world.post(project, "subscription/pause", None).await.code(), "no_paid_cycle");
    world.report("no such reference").await;
    world.end().await;
}
