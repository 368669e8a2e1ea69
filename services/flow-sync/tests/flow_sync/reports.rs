//! What Meta reports by webhook: once each, in the order in which it was said, and nothing of others' Flows.

use serde_json::{Value, json};
use testbed::until;

use crate::meta::Fault;
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
    let stands = |status: &'static str| world.meta.change(|held| held.status = status.to_owned());
    let later = chassis::Clock::System.now().timestamp() + 100;
    // By hand, at Meta: which revision it is says who looks.
    stands("PUBLISHED");
    world.webhook(of("flows-status-published.json", json!({})), later).await;
    let shown = world.until(&path, "what is published was looked at", |flow| flow["published_revision"] == 1).await;
    assert_eq!((&shown["status"], &shown["at_meta"]["status_heard_from"]), (&json!("PUBLISHED"), &json!("webhook")));
    stands("THROTTLED");
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
    stands("BLOCKED");
    world.webhook(of("flows-status-published.json", json!({"new_status": "BLOCKED"})), later + 50).await;
    world.until(&path, "what comes after is heard", |flow| flow["status"] == "BLOCKED").await;
    // Meta may leave out what was before.
    stands("PUBLISHED");
    world.webhook(of("flows-status-created.json", json!({"new_status": "PUBLISHED"})), later + 60).await;
    let shown = world.until(&path, "Meta was asked how it stands", |flow| flow["status"] == "PUBLISHED").await;
    assert_eq!(shown["at_meta"]["status_heard_from"], "reconciliation");
    world.end().await;
}

#[tokio::test]
async fn what_somebody_published_at_meta_is_no_revision_of_ours_unless_it_is_found_to_be_one() {
    let world = World::new().await;
    let (project, path) = world.brought("booking", &good("One")).await;
    assert_eq!(world.act(&format!("{path}/publish")).await.body["published_revision"], 1);
    let report = json!({"event": "FLOW_STATUS_CHANGE", "flow_id": world.get(&path).await.body["at_meta"]["flow_id"],
        "old_status": "DRAFT", "new_status": "PUBLISHED"});
    let later = chassis::Clock::System.now().timestamp() + 100;
    // Of another text nobody here knows the revision, whether Meta can be asked or not.
    world.meta.change(|held| held.json = Some(good("Theirs")));
    world.meta.fault("list", Fault::Refuse(4, "Too many calls"));
    world.meta.asked();
    world.webhook(report.clone(), later).await;
    until("Meta was asked in vain", async || world.meta.asked().contains(&"list".to_owned())).await;
    let shown = world.until(&path, "its publication is heard of", |flow| flow["published_revision"] == 0).await;
    assert_eq!(shown["status"], "PUBLISHED", "{shown}");
    let drifted = world.act(&format!("{path}/sync")).await.body;
    assert_eq!((&drifted["at_meta"]["state"], &drifted["published_revision"]), (&json!("drifted"), &json!(0)), "{drifted}");
    // Ours again, put there by hand.
    world.meta.change(|held| held.json = Some(good("One")));
    world.webhook(report, later + 10).await;
    let shown = world.until(&path, "it is found to be ours", |flow| flow["published_revision"] == 1).await;
    assert_eq!((&shown["at_meta"]["state"], &shown["status"]), (&json!("in_sync"), &json!("PUBLISHED")), "{shown}");
    // Nobody says a word, and the next comparison finds it.
    world.meta.change(|held| held.json = Some(good("Theirs")));
    let synced = world.act(&format!("/v1/projects/{project}/flows/sync")).await.body;
    assert_eq!(
        (&synced["data"][0]["at_meta"]["state"], &synced["data"][0]["published_revision"]),
        (&json!("drifted"), &json!(0)),
        "{synced}"
    );
    world.end().await;
}
