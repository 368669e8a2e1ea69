//! What another service has parked of a project: the owner's retry, and a deletion, have it tried again without an operator.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::Method;
use chassis::Clock;
use chrono::TimeDelta;
use contract::{HoldKind, ProjectId, Recorded, Stream, Subject};
use journal::{Follow, Handled, Handler, HeldKey, Stop};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::world::{PATIENCE, World};

/// Another service that follows projects, and parks whatever comes while it is broken. It tells what it has handled.
struct Other {
    broken: Arc<AtomicBool>,
    handled: mpsc::UnboundedSender<String>,
}

impl Handler for Other {
    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        if self.broken.load(Ordering::SeqCst) {
            return Handled::stopped(0, Stop::Park { cause: "it is broken".into() });
        }
        for event in events {
            // Nobody listens any more once the test has ended.
            drop(self.handled.send(event.event_type.as_str().to_owned()));
        }
        Handled::all(events)
    }
}

fn projects() -> Follow {
    let filters = vec!["project.*".to_owned()];
    Follow { service: "other", stream: Stream::Project, filters, key_tokens: 2, parallel: 4, batch_max: 16, version: 1 }
}

/// The other service holds the project's key, from an event after this one on.
async fn until_parked(world: &World, id: ProjectId, after: u64) {
    let key = Subject::project(id).to_string();
    let is_parked = |held: &HeldKey| held.kind == HoldKind::Parked && held.key == key && held.from_sequence > after;
    let held = async || world.journal.parked().await.unwrap();
    testbed::found("it is parked", held, |held: &Vec<HeldKey>| held.iter().any(is_parked)).await;
}

async fn until_handled(handled: &mut mpsc::UnboundedReceiver<String>, wanted: &str) {
    let wanted = format!("project.{wanted}.");
    let heard = async { while !handled.recv().await.unwrap().starts_with(&wanted) {} };
    tokio::time::timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("{wanted} never came"));
}

#[tokio::test]
async fn what_is_parked_of_a_project_is_tried_again_when_its_owner_retries_and_when_it_is_deleted() {
    let mut world = World::at(Clock::manual(Clock::System.now())).await;
    let (broken, stop) = (Arc::new(AtomicBool::new(true)), CancellationToken::new());
    let (sender, mut handled) = mpsc::unbounded_channel();
    let other = Other { broken: Arc::clone(&broken), handled: sender };
    let (journal, stopped) = (world.journal.clone(), stop.clone());
    let follower = tokio::spawn(async move { journal.follow(projects(), other, stopped).await });

    let id = world.create("Pizza").await;
    let path = format!("/v1/projects/{id}");
    until_parked(&world, id, 0).await;
    world.clock.advance(TimeDelta::hours(1));
    world.until_status(id, "failed").await;
    broken.store(false, Ordering::SeqCst);
    assert_eq!(world.post(&format!("{path}/retry"), None).await.status, 202);
    until_handled(&mut handled, "operation_retried").await;
    world.say_all_made(id).await;
    world.until_status(id, "ready").await;
    until_handled(&mut handled, "operation_completed").await;

    let last = world.journal.last(&Subject::project(id)).await.unwrap().unwrap().sequence;
    broken.store(true, Ordering::SeqCst);
    let renamed = world.send(Method::PATCH, &path, &[], Some(json!({"name": "Pasta"}))).await;
    assert_eq!(renamed.status, 200, "{renamed:?}");
    until_parked(&world, id, last).await;
    broken.store(false, Ordering::SeqCst);
    assert_eq!(world.delete(id, "Pasta").await.status, 202);
    until_handled(&mut handled, "operation_started").await;
    stop.cancel();
    follower.await.unwrap().unwrap();
    world.stop().await;
}
