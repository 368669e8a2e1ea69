//! The tables follow from the log: built again they are the same.

use chrono::TimeDelta;
use serde_json::json;

use crate::world::{World, fresh_pool, service, tables};

/// Until all that is due has happened and every charge has its outcome.
async fn until_quiet(world: &World) {
    let busy = "SELECT project_id FROM billing.accounts WHERE due_at <= $1
                UNION ALL SELECT id FROM billing.payments JOIN billing.accounts USING (project_id)
                WHERE status = 'open' AND purpose IN ('renew', 'resume') AND closed_by IS NULL";
    let busy = async || sqlx::query_scalar::<_, String>(busy).bind(world.clock.now()).fetch_all(&world.pool).await.unwrap();
    testbed::found("nothing is due or open", busy, Vec::is_empty).await;
}

#[tokio::test]
async fn tables_built_again_from_the_log_equal_those_that_lived() {
    let mut world = World::new().await;
    for n in 0..9 {
        let project = world.project().await;
        if n % 3 > 0 {
            world.pay(project).await;
        }
        match n % 4 {
            0 => drop(world.open_page(project).await),
            1 => drop(world.post(project, "subscription/pause", None).await),
            2 => drop(world.post(project, "credits/purchases", Some(json!({"credits": 500, "email": "a@b.cd"}))).await),
            _ => drop(world.delete(project).await),
        }
        world.forward(TimeDelta::days(6));
    }
    world.provider.with(|desk| desk.charges_become = "failed");
    world.forward(TimeDelta::days(35));
    until_quiet(&world).await;
    world.stop().await;
    let live = tables(&world.pool).await;
    assert!(live.len() > 18, "{live:#?}");

    let fresh = fresh_pool().await;
    service(&world.journal, &fresh, &world.clock, None).prepare().await.unwrap();
    assert_eq!(tables(&fresh).await, live);

    // Rows that are behind or damaged are brought forward; rows of what the log does not know go.
    sqlx::query("UPDATE billing.accounts SET sequence = 1, state = 'active', due_at = NULL").execute(&fresh).await.unwrap();
    sqlx::query("DELETE FROM billing.payments").execute(&fresh).await.unwrap();
    let stray =
        "INSERT INTO billing.accounts (project_id, can_charge, credits, sequence) VALUES ('prj_01M74XBVHR5MY3V435479NBTEA', false, 1, 9)";
    sqlx::query(stray).execute(&fresh).await.unwrap();
    service(&world.journal, &fresh, &world.clock, None).prepare().await.unwrap();
    let healed: Vec<String> = tables(&fresh).await.into_iter().filter(|row| !row.starts_with("erased")).collect();
    assert_eq!(healed, live);
    world.end().await;
}
