//! Suspended and restored, as billing says and in no other way.

use axum::http::Method;
use contract::{Entitlement, Event, ProjectEvent, ProjectId, Subject};

use crate::world::World;

async fn changes(world: &World, id: ProjectId) -> Vec<String> {
    let told = world.told(&Subject::project(id)).await;
    told.into_iter().filter(|told| told == "project_suspended" || told == "project_restored").collect()
}

#[tokio::test]
async fn a_project_is_suspended_at_the_instant_that_billing_names_and_restored_as_it_was() {
    let mut world = World::new().await;
    let id = world.ready("Pizza").await;
    world.connect(id, "1").await;
    let before = world.project(id).await;
    let said = world.clock.now();
    world.stop().await;
    world.say_entitled(id, Entitlement::Suspended).await;
    // Whoever hears of it late says the instant all the same.
    world.restart().await;
    let suspended = world.until_status(id, "suspended").await;
    let at: chrono::DateTime<chrono::Utc> = suspended["suspended_at"].as_str().unwrap().parse().unwrap();
    let events = world.journal.entity(&Subject::project(id)).await.unwrap();
    let event = events.last().unwrap();
    let Ok(ProjectEvent::ProjectSuspended(data)) = ProjectEvent::decode(event) else { panic!("{event:?}") };
    let billing = world.journal.last(&Subject::billing(id)).await.unwrap().unwrap();
    assert_eq!((data.at, data.billing_sequence), (at, billing.sequence));
    assert!(at >= said && at < event.time, "{at} said, {} written", event.time);
    assert_eq!(event.context.causation, Some(billing.id));
    for kept in ["number", "name", "workspace_id", "conversation_idle_seconds"] {
        assert_eq!(suspended[kept], before[kept], "{kept}");
    }

    world.say_entitled(id, Entitlement::Live).await;
    let mut restored = world.until_status(id, "ready").await;
    for moved in ["version", "updated_at"] {
        restored[moved] = before[moved].clone();
    }
    assert_eq!(restored, before, "exactly as it was");
    world.end().await;
}

#[tokio::test]
async fn what_billing_repeats_is_said_once_and_its_order_is_kept() {
    let world = World::new().await;
    let id = world.ready("Pizza").await;
    use Entitlement::{Live, Suspended};
    for entitlement in [Live, Suspended, Suspended, Live, Live, Suspended, Live, Suspended] {
        world.say_entitled(id, entitlement).await;
    }
    world.until_told(id, |told| told.iter().filter(|told| *told == "project_suspended").count() == 3).await;
    assert_eq!(
        changes(&world, id).await,
        ["project_suspended", "project_restored", "project_suspended", "project_restored", "project_suspended"]
    );
    world.end().await;
}

#[tokio::test]
async fn a_suspended_project_can_be_changed_reset_and_deleted_but_not_restored_by_hand() {
    let world = World::new().await;
    let id = world.ready("Pizza").await;
    world.say_entitled(id, Entitlement::Suspended).await;
    world.until_status(id, "suspended").await;
    for verb in ["restore", "suspend", "resume"] {
        assert_eq!(world.post(&format!("/v1/projects/{id}/{verb}"), None).await.status, 404, "{verb}");
    }
    let path = format!("/v1/projects/{id}");
    let status = world.send(Method::PATCH, &path, &[], Some(serde_json::json!({"status": "ready"}))).await;
    assert_eq!(status.status, 422);
    assert_eq!(world.connect(id, "1").await.status, 200, "connecting is never gated by billing");
    assert_eq!(world.project(id).await["status"], "suspended");
    assert_eq!(world.delete(id, "Pizza").await.status, 202);
    assert_eq!(world.project(id).await["status"], "deleting");
    world.end().await;
}
