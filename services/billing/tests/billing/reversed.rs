//! Money that goes back: nothing is taken from the project by itself, and nobody overlooks it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::world::World;

fn counted(how: &str) -> bool {
    let counted = chassis::Metrics::install().unwrap().render();
    counted.lines().any(|line| line.starts_with("billing_money_back_total") && line.contains(&format!("how=\"{how}\"")))
}

async fn until_counted(how: &str) {
    testbed::until(&format!("{how} is counted"), async || counted(how)).await;
}

#[tokio::test]
async fn a_payment_that_was_sent_back_differs_from_what_was_credited_and_takes_nothing_away() {
    let world = World::new().await;
    let (project, other) = (world.project().await, world.project().await);
    let payment = world.pay(project).await;
    assert_eq!(world.billing.reconcile().await.unwrap(), 0);
    world.provider.set(&payment, |held| held.status = "reversed");
    assert_eq!(world.billing.reconcile().await.unwrap(), 1);
    assert!(counted("reversed"));
    let told = world.get(project, "subscription").await;
    assert_eq!((&told["state"], &told["entitlement"]), (&json!("active"), &json!("live")));
    // One that nobody was credited has failed, and agrees from then on.
    let unknown = world.open_page(other).await;
    world.provider.set(&unknown, |held| held.status = "reversed");
    assert_eq!(world.billing.reconcile().await.unwrap(), 2);
    assert_eq!(world.get(other, "payments").await["data"][0]["reason"], "reversed");
    assert_eq!(world.billing.reconcile().await.unwrap(), 1);
    world.end().await;
}

#[tokio::test]
async fn reports_of_refunds_and_disputes_are_read_by_the_payment_that_they_name() {
    let world = World::new().await;
    let project = world.project().await;
    let payment = world.pay(project).await.replace('_', "-");
    let before = world.told(project).await;
    world.forward(TimeDelta::days(20));
    let say = async |event: &str, data: Value| world.keep(json!({"event": event, "data": data})).await;
    say("charge.dispute.create", json!({"id": 1, "status": "awaiting-merchant-feedback", "transaction": {"reference": payment}})).await;
    until_counted("dispute").await;
    world.provider.set(&payment, |held| held.status = "reversed");
    say("refund.processed", json!({"status": "processed", "transaction_reference": payment})).await;
    until_counted("refund").await;
    until_counted("reversed").await;
    assert_eq!(world.told(project).await, before, "what was credited stays until somebody decides");
    world.end().await;
}
