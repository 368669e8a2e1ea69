//! What the provider has, compared with what is here: payments of which no webhook told.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;

use crate::provider::Mood;
use crate::walk::instant;
use crate::world::World;

#[tokio::test]
async fn reconciliation_finds_what_no_webhook_told_and_flags_what_does_not_match() {
    let world = World::new().await;
    let (paid, short, idle) = (world.project().await, world.project().await, world.project().await);
    let now = world.clock.now();
    let payment = world.open_page(paid).await;
    world.provider.set(&payment, |held| (held.status, held.paid_at) = ("success", Some(now)));
    let payment = world.open_page(short).await;
    world.provider.set(&payment, |held| (held.status, held.paid_at, held.amount) = ("success", Some(now), 1));
    let payment = world.open_page(idle).await;
    world.provider.set(&payment, |held| held.status = "abandoned");
    world.billing.reconcile().await.unwrap();
    assert_eq!(world.get(paid, "subscription").await["state"], "active");
    let flagged = world.get(short, "payments").await;
    assert_eq!((&flagged["data"][0]["status"], &flagged["data"][0]["reason"]), (&json!("mismatched"), &json!("the provider has ZAR 0.01")));
    assert_eq!(world.get(short, "subscription").await["state"], "trialing");
    assert_eq!(world.get(idle, "payments").await["data"][0]["status"], "open", "a page lasts a day");
    // By itself, a day later.
    world.forward(TimeDelta::days(2));
    let forgotten = async || world.get(idle, "payments").await["data"][0]["status"] == "failed";
    testbed::until("the page is forgotten", forgotten).await;
    assert_eq!(world.billing.reconcile().await.unwrap(), 0, "nothing differs any more");
    world.end().await;
}

/// No list of a day shows it: it was begun long ago, and given up here.
#[tokio::test]
async fn a_page_that_is_paid_days_after_it_was_given_up_is_credited_without_a_webhook() {
    let mut world = World::new().await;
    let project = world.project().await;
    let payment = world.open_page(project).await;
    world.provider.set(&payment, |held| held.status = "abandoned");
    world.stop().await;
    world.forward(TimeDelta::days(2));
    assert_eq!(world.billing.reconcile().await.unwrap(), 1);
    assert_eq!(world.get(project, "payments").await["data"][0]["reason"], "abandoned");
    world.forward(TimeDelta::days(4));
    assert_eq!(world.billing.reconcile().await.unwrap(), 0);
    let now = world.clock.now();
    world.provider.set(&payment, |held| (held.status, held.paid_at) = ("success", Some(now)));
    world.forward(TimeDelta::days(1));
    assert_eq!(world.billing.reconcile().await.unwrap(), 1);
    let told = world.get(project, "subscription").await;
    assert_eq!((&told["state"], instant(&told["cycle"]["starts_at"])), (&json!("active"), now));
    assert_eq!(world.billing.reconcile().await.unwrap(), 0, "once");
    world.end().await;
}

/// Where nothing tells how far it was compared, it is compared from the oldest payment on that is not settled for good.
#[tokio::test]
async fn without_a_last_time_the_comparison_goes_back_as_far_as_something_is_unsettled() {
    let mut world = World::new().await;
    let (waiting, unknown) = (world.project().await, world.project().await);
    world.open_page(waiting).await;
    world.stop().await;
    world.forward(TimeDelta::days(10));
    world.billing.reconcile().await.unwrap();
    // As after a restored database: the provider has money for a payment of ten days ago that has failed here, for good.
    let payment = world.open_page(unknown).await;
    let now = world.clock.now();
    world.provider.set(&payment, |held| {
        (held.status, held.paid_at, held.created_at) = ("success", Some(now), now - TimeDelta::days(10));
    });
    let old = "UPDATE billing.payments SET status = 'failed', reason = 'never begun', settled_at = '2026-01-01' WHERE id = $1";
    sqlx::query(old).bind(&payment).execute(&world.pool).await.unwrap();
    assert_eq!(world.billing.reconcile().await.unwrap(), 0, "begun before what the last time left");
    sqlx::query("DELETE FROM billing.reconciliation").execute(&world.pool).await.unwrap();
    assert_eq!(world.billing.reconcile().await.unwrap(), 1);
    world.end().await;
}

#[tokio::test]
async fn reconciliation_looks_at_every_page_and_passes_over_what_is_not_ours() {
    let world = World::new().await;
    let project = world.project().await;
    let payment = world.open_page(project).await;
    let now = world.clock.now();
    world.provider.set(&payment, |held| (held.status, held.paid_at) = ("success", Some(now)));
    world.provider.with(|desk| {
        let ours = desk.held.values().next().unwrap().clone();
        // Listed before ours, on pages of a hundred; some look like payments and are none of this log.
        desk.held.extend((0..250).map(|n| (format!("another-shop-{n:03}"), ours.clone())));
        desk.held.insert("pay-01M74XBVHR5MY3V435479NBTEA".into(), ours);
    });
    assert_eq!(world.billing.reconcile().await.unwrap(), 1);
    assert_eq!(world.get(project, "subscription").await["state"], "active");
    world.provider.with(|desk| desk.mood = Mood::Away);
    assert!(world.billing.reconcile().await.is_err(), "an outage is no agreement");
    world.end().await;
}

/// One payment of which the provider says nothing usable keeps no other waiting, neither its report nor in the daily comparison.
#[tokio::test]
async fn a_payment_that_alone_cannot_be_asked_about_is_in_nobodys_way() {
    let world = World::new().await;
    for broken in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::OK] {
        let (odd, even) = (world.project().await, world.project().await);
        let payment = world.open_page(odd).await;
        let now = world.clock.now();
        world.provider.set(&payment, |held| (held.status, held.paid_at, held.broken) = ("success", Some(now), Some(broken)));
        world.report(&payment).await;
        world.pay(even).await;
        let lost = world.open_page(even).await;
        world.provider.set(&lost, |held| (held.status, held.paid_at) = ("success", Some(now)));
        assert_eq!(world.billing.reconcile().await.unwrap(), 1, "the other's second payment, {broken}");
        assert_eq!(world.get(odd, "subscription").await["state"], "trialing");
        world.provider.set(&payment, |held| held.broken = None);
        assert_eq!(world.billing.reconcile().await.unwrap(), 1);
        assert_eq!(world.get(odd, "subscription").await["state"], "active");
    }
    world.end().await;
}
