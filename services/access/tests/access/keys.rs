//! Keys: shown once, listed without their secret, bound to scopes and a project, rotated with overlap, revoked.

use axum::http::Method;
use chrono::TimeDelta;
use contract::{Context, Event, EventId, KeyId, KeyUsed, Subject, WorkspaceEvent, WorkspaceId};
use journal::Expect;
use serde_json::{Value, json};
use testbed::found;

use crate::world::{API_KEY, Answer, World};

async fn issue(world: &World, token: &str, team: &str, body: Value) -> Answer {
    world.post(token, &format!("/v1/workspaces/{team}/keys"), body).await
}

async fn listed(world: &World, team: &str) -> Vec<Value> {
    world.get(API_KEY, &format!("/v1/workspaces/{team}/keys")).await.ok().body["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_key_is_shown_once_and_does_what_its_scopes_say() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let body = json!({"name": "Orders", "scopes": ["workspace:read", "audit:read", "workspace:read"], "holder": "agent"});
    let issued = issue(&world, &ada.token, &team, body).await;
    assert_eq!(issued.status, 201, "{issued:?}");
    let (secret, id) = (issued.text("/secret"), issued.text("/key/id"));
    assert!(secret.starts_with(&issued.text("/key/prefix")) && issued.text("/key/prefix") == format!("paige_{id}"));
    assert_eq!(issued.body["key"]["scopes"], json!(["audit:read", "workspace:read"]));
    let list = listed(&world, &team).await;
    assert_eq!(list, [issued.body["key"].clone()]);
    assert!(!serde_json::to_string(&list).unwrap().contains(secret.rsplit('_').next().unwrap()));

    let path = format!("/v1/workspaces/{team}");
    world.get(&secret, &path).await.ok();
    world.get(&secret, &format!("{path}/audit")).await.ok();
    assert_eq!(world.get(&secret, &format!("{path}/keys")).await.refused(), (403, "insufficient_scope"));
    assert_eq!(world.get(&secret, "/v1/me").await.refused(), (403, "insufficient_scope"));
    assert_eq!(world.get(&secret, &format!("/v1/workspaces/{}", ada.personal)).await.refused(), (404, "not_found"));
    let other_end = if secret.ends_with('0') { '1' } else { '0' };
    assert_eq!(world.get(&format!("{}{other_end}", &secret[..secret.len() - 1]), &path).await.status, 401);

    assert_eq!(world.delete(&ada.token, &format!("{path}/keys/{id}")).await.status, 204);
    assert_eq!(world.delete(&ada.token, &format!("{path}/keys/{id}")).await.status, 204);
    found("the key is refused", async || world.get(&secret, &path).await, |answer: &Answer| answer.status == 401).await;
    assert!(listed(&world, &team).await[0]["revoked_at"].is_string());
    world.end().await;
}

#[tokio::test]
async fn what_a_key_cannot_be_is_refused() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let project = world.project(&ada.personal, &ada.id).await;
    let past = (world.clock.now() - TimeDelta::seconds(1)).to_rfc3339();
    let far = (world.clock.now() + TimeDelta::days(4_000)).to_rfc3339();
    for (body, status, pointer) in [
        (json!({"name": "K", "scopes": []}), 422, "/scopes"),
        (json!({"name": "", "scopes": ["projects:read"]}), 422, "/name"),
        (json!({"name": "K", "scopes": ["projects:read", "dev"]}), 422, "/scopes/1"),
        (json!({"name": "K", "scopes": ["self"]}), 422, "/scopes/0"),
        (json!({"name": "K", "scopes": ["workspace:own"]}), 422, "/scopes/0"),
        (json!({"name": "K", "scopes": ["*"]}), 422, "/scopes/0"),
        (json!({"name": "K", "scopes": ["projects:read"], "project": "prj_x"}), 422, "/project"),
        (json!({"name": "K", "scopes": ["projects:read"], "expires_at": past}), 422, "/expires_at"),
        (json!({"name": "K", "scopes": ["projects:read"], "expires_at": far}), 422, "/expires_at"),
        (json!({"name": "K", "scopes": ["projects:read"], "holder": "person"}), 422, "/holder"),
        (json!({"name": "K", "scopes": ["projects:read"], "hash": "x"}), 422, "/hash"),
    ] {
        let refused = issue(&world, &ada.token, &team, body.clone()).await;
        assert_eq!((refused.status, refused.text("/errors/0/pointer")), (status, pointer.to_owned()), "{body}");
    }
    for project in [project.to_string(), "prj_00000000000000000000000000".into()] {
        let refused = issue(&world, &ada.token, &team, json!({"name": "K", "scopes": ["projects:read"], "project": project})).await;
        assert_eq!(refused.refused(), (404, "not_found"), "another workspace's");
    }
    assert_eq!(listed(&world, &team).await, Vec::<Value>::new());
    world.end().await;
}

#[tokio::test]
async fn a_key_makes_no_key_that_may_more() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let bob = world.join(&ada, &team, "bob", "member").await;
    let maker =
        issue(&world, &ada.token, &team, json!({"name": "M", "scopes": ["keys:write", "projects:read"]})).await.ok().text("/secret");
    let more = issue(&world, &maker, &team, json!({"name": "K", "scopes": ["projects:read", "projects:write"]})).await;
    assert_eq!(more.refused(), (403, "insufficient_scope"));
    issue(&world, &maker, &team, json!({"name": "K", "scopes": ["projects:read"]})).await.ok();
    let member = issue(&world, &bob.token, &team, json!({"name": "K", "scopes": ["workspace:read"]})).await;
    assert_eq!(member.refused(), (403, "insufficient_scope"));
    let admin = issue(&world, &maker, &team, json!({"name": "K", "scopes": ["members:write"]})).await;
    assert_eq!(admin.refused(), (403, "insufficient_scope"));
    // A key is not the owner: it makes no admins, whatever its scopes.
    let keeper = issue(&world, &ada.token, &team, json!({"name": "M", "scopes": ["members:write"]})).await.ok().text("/secret");
    let path = format!("/v1/workspaces/{team}/members/{}", bob.id);
    let promoted = world.send(Some(&keeper), Method::PATCH, &path, Some(json!({"role": "admin"}))).await;
    assert_eq!(promoted.refused(), (403, "insufficient_scope"));
    let installation = WorkspaceId::INSTALLATION.to_string();
    issue(&world, API_KEY, &installation, json!({"name": "First", "scopes": ["projects:read", "projects:write"]})).await.ok();
    world.end().await;
}

#[tokio::test]
async fn a_rotated_key_and_its_successor_work_side_by_side_until_the_overlap_is_over() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let path = format!("/v1/workspaces/{team}");
    let old = issue(&world, &ada.token, &team, json!({"name": "Orders", "scopes": ["workspace:read"]})).await.ok();
    let rotate = format!("{path}/keys/{}/rotate", old.text("/key/id"));
    let too_long = world.post(&ada.token, &rotate, json!({"overlap_seconds": 2_592_001})).await;
    assert_eq!(too_long.text("/errors/0/pointer"), "/overlap_seconds");
    let new = world.post(&ada.token, &rotate, json!({"overlap_seconds": 3600})).await.ok();
    assert_eq!((new.text("/key/name"), new.text("/key/replaces")), ("Orders".into(), old.text("/key/id")));
    assert_eq!(world.post(&ada.token, &rotate, json!({"overlap_seconds": 0})).await.refused(), (409, "key_replaced"));
    assert_eq!(listed(&world, &team).await[1]["replaced_by"], new.body["key"]["id"], "the one to rotate next");
    let told = world.told_of(&team).await;
    assert_eq!(told[told.len() - 2..], ["key_issued", "key_expiry_set"]);
    world.advance(TimeDelta::seconds(3600) - TimeDelta::microseconds(1));
    world.get(&old.text("/secret"), &path).await.ok();
    world.get(&new.text("/secret"), &path).await.ok();
    world.advance(TimeDelta::microseconds(1));
    assert_eq!(world.get(&old.text("/secret"), &path).await.refused(), (401, "unauthenticated"));
    world.get(&new.text("/secret"), &path).await.ok();
    world.end().await;
}

#[tokio::test]
async fn the_last_use_of_a_key_is_shown() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let key: KeyId =
        issue(&world, &ada.token, &team, json!({"name": "K", "scopes": ["projects:read"]})).await.ok().text("/key/id").parse().unwrap();
    assert_eq!(listed(&world, &team).await[0]["last_used_at"], Value::Null);
    let at = world.clock.now();
    let used = WorkspaceEvent::from(KeyUsed { key, at }).into_new(EventId::from_ulid(world.ids.ulid()), "/test", at, Context::default());
    world.journal.append(&Subject::key_use(key), Expect::Any, vec![used]).await.unwrap();
    let shows_it = |list: &Vec<Value>| list[0]["last_used_at"] == json!(at);
    found("the last use is shown", async || listed(&world, &team).await, shows_it).await;
    world.end().await;
}

#[tokio::test]
async fn the_keys_for_a_project_end_when_it_is_erased() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let (erased, other) = (world.project(&team, &ada.id).await, world.project(&team, &ada.id).await);
    for project in [erased, other] {
        let body = json!({"name": "One", "scopes": ["projects:read"], "project": project.to_string()});
        issue(&world, &ada.token, &team, body).await.ok();
    }
    issue(&world, &ada.token, &team, json!({"name": "All", "scopes": ["projects:read"]})).await.ok();
    world.erase(erased, &ada.id).await;
    let its_own_ended = |list: &Vec<Value>| {
        let (ended, working): (Vec<&Value>, Vec<&Value>) = list.iter().partition(|key| key["revoked_at"].is_string());
        let its_own = ended.iter().all(|key| key["project"] == erased.to_string());
        its_own && (ended.len(), working.len()) == (1, 2)
    };
    found("the project's key ends", async || listed(&world, &team).await, its_own_ended).await;
    assert_eq!(world.told_of(&team).await.last().unwrap(), "key_revoked");
    world.end().await;
}
