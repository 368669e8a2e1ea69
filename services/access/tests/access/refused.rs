//! What Postgres refuses for what it says: its key is parked with the reason, all others go on, and access starts again over it.

use contract::{Context, Event, EventId, HoldKind, Stream, Subject, UserId, WorkspaceCreated, WorkspaceEvent, WorkspaceId, WorkspaceKind};
use journal::{Expect, HeldKey};
use testbed::until;

use crate::world::{World, settings};

/// Waits until the followers have handled what was said of the workspace: nobody else writes these rows.
async fn until_followed(world: &World, workspace: &str) {
    let rows = "SELECT FROM access.audit WHERE workspace_id = $1 LIMIT 1";
    let followed = async || sqlx::query(rows).bind(workspace).fetch_optional(&world.pool).await.unwrap().is_some();
    until(&format!("{workspace} has a row"), followed).await;
}

async fn parked(world: &World) -> Vec<HeldKey> {
    world.journal.parked().await.unwrap()
}

#[tokio::test]
async fn a_workspace_that_postgres_refuses_is_parked_with_its_cause_and_the_others_go_on() {
    let mut world = World::new().await;
    let refused = Subject::workspace(WorkspaceId::from_ulid(world.ids.ulid()));
    // No text of Postgres holds a NUL. No name that comes by the API does, but the log takes whatever is said.
    let created = WorkspaceCreated { name: "a\0b".into(), kind: WorkspaceKind::Team, owner: UserId::of_email("nobody@example.com") };
    let id = EventId::from_ulid(world.ids.ulid());
    let event = WorkspaceEvent::from(created).into_new(id, "/test", world.clock.now(), Context::default());
    world.journal.append(&refused, Expect::New, vec![event]).await.unwrap();
    until("it is held", async || !parked(&world).await.is_empty()).await;
    let ada = world.sign_in("ada").await;
    until_followed(&world, &world.team(&ada).await).await;
    world.stop().await;

    let settings = settings(&world.clock);
    let mut world = world.again(settings).await;
    until_followed(&world, &world.team(&ada).await).await;
    world.stop().await;
    let held = parked(&world).await;
    let found: Vec<_> = held.iter().map(|held| (held.service.as_str(), held.stream, held.key.as_str(), held.kind)).collect();
    assert_eq!(found, [("access", Stream::Workspace, refused.as_str(), HoldKind::Parked)]);
    assert!(held[0].cause.contains("invalid byte sequence"), "{held:?}");
}
