//! A payment that is reported before the tables show that it was asked for: what the log knows of it counts.

use contract::{PaymentId, ProjectId};
use ulid::Ulid;

use crate::world::World;

/// A page of which the tables know nothing, as after an hour without the database: the log has it.
async fn unseen_page(world: &World, project: ProjectId) -> String {
    let payment = world.open_page(project).await;
    let forgotten = sqlx::query("DELETE FROM billing.payments WHERE id = $1").bind(&payment).execute(&world.pool).await.unwrap();
    assert_eq!(forgotten.rows_affected(), 1);
    let now = world.clock.now();
    world.provider.set(&payment, |held| (held.status, held.paid_at) = ("success", Some(now)));
    payment
}

#[tokio::test]
async fn a_payment_that_the_tables_do_not_show_yet_is_credited_when_it_is_reported() {
    let world = World::new().await;
    let project = world.project().await;
    let payment = unseen_page(&world, project).await;
    world.report_of(project, &payment).await;
    world.until_state(project, "active").await;
    let shown = world.get(project, "payments").await["data"][0].clone();
    assert_eq!((shown["id"].as_str(), shown["status"].as_str()), (Some(payment.as_str()), Some("succeeded")));
    world.end().await;
}

#[tokio::test]
async fn a_payment_that_nobody_asked_for_or_another_project_is_credited_to_nobody_and_holds_up_no_other() {
    let world = World::new().await;
    let (project, other, last) = (world.project().await, world.project().await, world.project().await);
    let payment = unseen_page(&world, project).await;
    world.report_of(other, &payment).await;
    world.report_of(other, &PaymentId::from_ulid(Ulid::from_parts(1, 1)).to_string()).await;
    world.pay(last).await;
    for (project, state) in [(project, "trialing"), (other, "trialing"), (last, "active")] {
        assert_eq!(world.get(project, "subscription").await["state"], state);
    }
    world.end().await;
}
