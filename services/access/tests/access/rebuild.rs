//! The tables are built from the log and from nothing else: an empty database over the same log ends up with the same rows.

use access::{Access, Error};
use chrono::TimeDelta;
use contract::Stream;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::world::{World, fresh_pool, settings};

/// A little of everything.
async fn live(world: &World) {
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let bob = world.join(&ada, &team, "bob", "admin").await;
    let cy = world.join(&ada, &team, "cy", "member").await;
    let (project, erased) = (world.project(&team, &ada.id).await, world.project(&team, &bob.id).await);
    let permit = format!("/v1/workspaces/{team}/members/{}/projects/{project}", cy.id);
    world.send(Some(&bob.token), axum::http::Method::PUT, &permit, Some(json!({"scopes": ["projects:read"]}))).await.ok();
    let body = json!({"name": "K", "scopes": ["projects:read"], "project": erased.to_string()});
    let key = world.post(&bob.token, &format!("/v1/workspaces/{team}/keys"), body).await.ok().text("/key/id");
    world.post(&bob.token, &format!("/v1/workspaces/{team}/keys/{key}/rotate"), json!({"overlap_seconds": 60})).await.ok();
    world.post(&ada.token, &format!("/v1/workspaces/{team}/invites"), json!({"email": "dan@example.com", "role": "member"})).await.ok();
    world.post(&ada.token, &format!("/v1/workspaces/{team}/owner"), json!({"user": bob.id})).await.ok();
    world.advance(TimeDelta::minutes(5));
    world.erase(erased, &bob.id).await;
    let gone = world.team(&cy).await;
    world
        .send(Some(&cy.token), axum::http::Method::DELETE, &format!("/v1/workspaces/{gone}"), Some(json!({"confirm": "Pizza"})))
        .await
        .ok();
    world.code("nobody@example.com").await;
    world.delete(&cy.token, "/v1/me/session").await.ok();
}

/// The tables, once the followers have come to the end.
async fn settled(world: &World) -> Vec<(String, Value)> {
    let counted = "SELECT count(*), coalesce(bool_or(event_type LIKE 'project.project_erased.%'), false) FROM access.audit";
    let counts = async || {
        let (rows, is_erased): (i64, bool) = sqlx::query_as(counted).fetch_one(&world.pool).await.unwrap();
        let mut events: i64 = 0;
        for stream in [Stream::Workspace, Stream::Project] {
            events += i64::try_from(world.journal.state(stream).await.unwrap().messages).unwrap();
        }
        (rows, is_erased, events)
    };
    // Of the erased project its creation is not kept; everything else has a row. Its end has one after its keys were revoked: until then there
    // may be as many rows with its creation among them.
    let are_all = |(rows, is_erased, events): &(i64, bool, i64)| *is_erased && *rows == events - 1;
    testbed::found("every event has its row", counts, are_all).await;
    world.tables().await
}

#[tokio::test]
async fn an_empty_database_ends_up_with_the_same_rows() {
    let mut world = World::new().await;
    live(&world).await;
    let before = settled(&world).await;
    world.stop().await;
    let events = world.journal.state(Stream::Workspace).await.unwrap().last;
    let World { nats, journal, .. } = world;
    let mut world = World::on(nats, journal, fresh_pool().await).await;
    world.stop().await;
    for (live, rebuilt) in before.iter().zip(world.tables().await) {
        assert_eq!(*live, rebuilt);
    }
    assert_eq!(world.journal.state(Stream::Workspace).await.unwrap().last, events, "it said nothing");
}

#[tokio::test]
async fn a_database_that_is_behind_catches_up_and_one_that_is_not_is_left_alone() {
    let mut world = World::new().await;
    live(&world).await;
    let before = settled(&world).await;
    world.stop().await;
    for (what, sql) in [
        ("nothing", "SELECT 1"),
        ("rows of before", "UPDATE access.workspaces SET sequence = 0, name = 'old' WHERE sequence > 0"),
        ("no members", "WITH w AS (UPDATE access.workspaces SET sequence = 0 RETURNING id) DELETE FROM access.members"),
        ("no people", "DELETE FROM access.people"),
        ("no projects", "DELETE FROM access.projects"),
        ("no audit", "WITH l AS (UPDATE access.log SET audited = 0 RETURNING stream) DELETE FROM access.audit"),
    ] {
        sqlx::query(sql).execute(&world.pool).await.unwrap();
        let access = Access::new(world.journal.clone(), world.pool.clone(), world.clock.clone(), world.ids.clone(), settings(&world.clock));
        access.prepare().await.unwrap();
        for (found, expected) in world.tables().await.iter().zip(&before) {
            assert_eq!(found, expected, "{what}");
        }
    }
}

#[tokio::test]
async fn another_log_is_refused_and_services_that_start_at_once_do_not_collide() {
    let (one, two) = (World::new().await, World::new().await);
    let mixed = Access::new(two.journal.clone(), one.pool.clone(), one.clock.clone(), one.ids.clone(), settings(&one.clock));
    let refused = mixed.prepare().await;
    assert!(matches!(refused, Err(Error::OtherLog { .. })), "{refused:?}");
    let pool = fresh_pool().await;
    let starts = (0..8).map(|_| {
        let access = Access::new(one.journal.clone(), pool.clone(), one.clock.clone(), one.ids.clone(), settings(&one.clock));
        tokio::spawn(async move { access.prepare().await })
    });
    for start in join_all(starts).await {
        start.unwrap().unwrap();
    }
    let outside: Vec<String> = sqlx::query_scalar(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'access')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(outside, Vec::<String>::new());
}
