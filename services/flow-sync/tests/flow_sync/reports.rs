//! What Meta reports by webhook: once each, in the order in which it was said, and nothing of others' Flows.

use serde_json::{Value, json};

use crate::world::{World, good};

fn sample(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/meta/webhooks").join(name);
    let body: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    body["entry"][0]["changes"][0]["value"].clone()
}

#[tokio::test]
async fn statuses_and_health_are_heard_once_and_in_order() {
    let world = World::new().await;
    let (_, path) = world.brought("booking", &good("One")).await;
    let flow_id = world.get(&path).await.body["at_meta"]["flow_id"].clone();
    let of = |name: &str, more: Value| {
        let mut value = sample(name);
        value["flow_id"] = flow_id.clone();
        value.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        value
    };
    let later = chassis::Clock::System.now().timestamp() + 100;
    world.webhook(of("flows-status-published.json", json!({})), later).await;
    let shown = world.until(&path, "it is published", |flow| flow["status"] == "PUBLISHED").await;
    assert_eq!((&shown["published_revision"], &shown["at_meta"]["status_heard_from"]), (&json!(1), &json!("webhook")), "by hand, at Meta");
    let throttled = json!({"old_status": "PUBLISHED", "new_status": "THROTTLED", "warning": "error rate"});
    world.webhook(of("flows-status-published.json", throttled.clone()), later + 10).await;
    world.until(&path, "it is throttled", |flow| flow["status"] == "THROTTLED").await;
    // Said before, heard late; and what was heard already, once more; and how it began.
    world.webhook(of("flows-status-published.json", json!({"message": "late"})), later + 5).await;
    world.webhook(of("flows-status-published.json", throttled), later + 10).await;
    world.webhook(of("flows-status-created.json", json!({})), later + 20).await;
    for name in [
        "flows-client-error-rate.json",
        "flows-endpoint-latency.json",
        "flows-endpoint-availability.json",
        "flows-endpoint-error-rate.json",
    ] {
        world.webhook(of(name, json!({})), later + 30).await;
    }
    let shown = world.until(&path, "all is reported", |flow| flow["health"].as_array().unwrap().len() == 4).await;
    assert_eq!((&shown["status"], &shown["published_revision"]), (&json!("THROTTLED"), &json!(1)));
    assert!(shown["at_meta"]["warning"].as_str().unwrap().contains("will freeze"), "{shown}");
    assert_eq!(shown["health"][0]["report"]["errors"].as_array().unwrap().len(), 2, "as Meta sent it: {shown}");
    let statuses = world.told(&path).await.iter().filter(|event| *event == "status_reported").count();
    assert_eq!(statuses, 4, "draft, published, throttled, and its warning: {:?}", world.told(&path).await);
    // Nobody's, and what cannot be read.
    for value in [json!({"event": "FLOW_STATUS_CHANGE", "flow_id": "1", "new_status": "DRAFT"}), json!([]), json!({"flow_id": flow_id})] {
        world.webhook(value, later + 40).await;
    }
    world.webhook(of("flows-status-published.json", json!({"new_status": "BLOCKED"})), later + 50).await;
    world.until(&path, "what comes after is heard", |flow| flow["status"] == "BLOCKED").await;
    world.end().await;
}
