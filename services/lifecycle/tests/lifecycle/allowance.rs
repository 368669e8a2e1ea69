//! A project of which too much was asked: later there is more; what must go on goes on.

use axum::http::Method;
use chassis::Clock;
use chrono::TimeDelta;
use contract::{Context, Event, EventId, ProjectEvent, ProjectUpdated, Subject};
use journal::Expect;
use serde_json::json;

use crate::world::{Answer, World};

/// Events that are said at once.
const BATCH: usize = 100;

#[tokio::test]
async fn who_changes_a_project_too_often_is_told_when_to_ask_again_and_can_still_delete_it() {
    let world = World::at(Clock::manual(Clock::System.now())).await;
    let id = world.ready("Pizza").await;
    for _ in 0..1_000 / BATCH {
        let renamed = || ProjectEvent::from(ProjectUpdated { name: "Pasta".into(), conversation_idle_seconds: None });
        let new = || renamed().into_new(EventId::from_ulid(world.ids.ulid()), "/test", world.clock.now(), Context::default());
        let events = std::iter::repeat_with(new).take(BATCH).collect();
        world.journal.append(&Subject::project(id), Expect::Any, events).await.unwrap();
    }
    let path = format!("/v1/projects/{id}");
    let rename = async |name: &str| -> Answer { world.send(Method::PATCH, &path, &[], Some(json!({"name": name}))).await };
    let refused = rename("Soup").await;
    assert_eq!(refused.refused(), (429, "too_many_requests"), "{refused:?}");
    assert_eq!(rename("Pasta").await.status, 200, "what changes nothing is not held up");

    let wait: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    world.clock.advance(TimeDelta::seconds(wait - 1));
    assert_eq!(rename("Soup").await.status, 429);
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(rename("Soup").await.status, 200);
    assert_eq!(rename("Salad").await.status, 429);
    assert_eq!(world.delete(id, "Soup").await.status, 202);
    world.end().await;
}
