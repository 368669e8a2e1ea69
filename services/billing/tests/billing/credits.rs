//! AI credits through the routes.

use axum::http::StatusCode;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn credits_are_bought_used_once_and_run_out() {
    let world = World::new().await;
    let project = world.project().await;
    let told = world.get(project, "credits").await;
    assert_eq!((&told["balance"], &told["packs"][0]), (&json!(0), &json!({"credits": 500, "amount_minor": 10_000, "currency": "ZAR"})));
    let wrong = world.post(project, "credits/purchases", Some(json!({"credits": 7, "email": "ada@example.com"}))).await;
    assert_eq!((wrong.status, wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, Some("unknown_pack")));
    let bought = world.post(project, "credits/purchases", Some(json!({"credits": 500, "email": "ada@example.com"}))).await;
    assert_eq!(bought.status, StatusCode::CREATED, "{bought:?}");
    let payment = bought.body["payment"]["id"].as_str().unwrap();
    let now = world.clock.now();
    world.provider.set(payment, |held| (held.status, held.paid_at) = ("success", Some(now)));
    for _ in 0..3 {
        world.report(payment).await;
    }
    let began = std::time::Instant::now();
    while world.get(project, "credits").await["balance"] != 500 {
        assert!(began.elapsed() < crate::world::PATIENCE, "waited for the credits");
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let take = |usage: &str, credits: u64| json!({"usage": usage, "credits": credits, "what": "answer by an agent"});
    // The same use from many sides at once.
    let uses = (0..16).map(|_| world.post(project, "credits/uses", Some(take("a", 300))));
    for answer in futures::future::join_all(uses).await {
        assert_eq!((answer.status, &answer.body["balance"]), (StatusCode::OK, &json!(200)), "{answer:?}");
    }
    assert_eq!(world.post(project, "credits/uses", Some(take("a", 1))).await.code(), Some("use_reused"));
    assert_eq!(world.post(project, "credits/uses", Some(take("b", 201))).await.code(), Some("credits_exhausted"));
    assert_eq!(world.post(project, "credits/uses", Some(take("", 0))).await.body["errors"].as_array().unwrap().len(), 2);
    assert_eq!(world.post(project, "credits/uses", Some(take("b", 200))).await.body["balance"], 0);
    assert_eq!(world.get(project, "subscription").await["state"], "trialing", "credits begin no cycle");
    world.end().await;
}
