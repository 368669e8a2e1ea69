//! Workspaces and members: made, renamed, given away, deleted; roles, permissions, and that who was removed is out at once.

use axum::http::Method;
use contract::{
    Context, Event, EventId, MemberPermissionsChanged, ProjectId, ProjectTransferred, Subject, TransferId, UserId, WorkspaceEvent,
    WorkspaceId,
};
use journal::Expect;
use serde_json::{Value, json};

use crate::world::{API_KEY, Answer, World};

async fn members(world: &World, token: &str, team: &str) -> Vec<(String, String)> {
    let list = world.get(token, &format!("/v1/workspaces/{team}/members")).await.ok();
    let list = list.body["data"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut members: Vec<_> = list.iter().map(|member| (text(&member["email"]), text(&member["role"]))).collect();
    members.sort();
    members
}

fn role(name: &str, role: &str) -> (String, String) {
    (format!("{name}@example.com"), role.to_owned())
}

#[tokio::test]
async fn a_workspace_is_made_renamed_and_deleted_by_its_name() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let made = world.post(&ada.token, "/v1/workspaces", json!({"name": "  Pizza "})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let team = made.text("/id");
    let path = format!("/v1/workspaces/{team}");
    assert_eq!(world.get(&ada.token, &path).await.ok().body, made.body);
    let renamed = world.send(Some(&ada.token), Method::PATCH, &path, Some(json!({"name": "Pasta"}))).await.ok();
    assert_eq!((renamed.text("/name"), renamed.text("/role")), ("Pasta".into(), "owner".into()));
    let bad = world.send(Some(&ada.token), Method::PATCH, &path, Some(json!({"name": "\n"}))).await;
    assert_eq!((bad.refused(), bad.text("/errors/0/pointer")), ((422, "invalid_body"), "/name".into()));

    let delete = |confirm: &'static str| world.send(Some(&ada.token), Method::DELETE, &path, Some(json!({"confirm": confirm})));
    assert_eq!(delete("Pizza").await.refused(), (422, "not_confirmed"));
    let project = world.project(&team, &ada.id).await;
    let kept = delete("Pasta").await;
    assert_eq!(kept.refused(), (409, "owns_projects"));
    assert!(kept.text("/detail").ends_with("delete them first"), "that is the only way: {kept:?}");
    let (from, to) = (team.parse().unwrap(), WorkspaceId::INSTALLATION);
    world.say(project, ProjectTransferred { transfer: TransferId::from_ulid(world.ids.ulid()), from, to }, "system").await;
    let key = world.post(&ada.token, &format!("{path}/keys"), json!({"name": "K", "scopes": ["workspace:read"]})).await.ok();
    world.get(&key.text("/secret"), &path).await.ok();
    assert_eq!(delete("Pasta").await.status, 204);
    assert_eq!(world.get(&ada.token, &path).await.refused(), (404, "not_found"));
    assert_eq!(world.get(&key.text("/secret"), &path).await.refused(), (401, "unauthenticated"));
    assert_eq!(world.get(API_KEY, &path).await.refused(), (404, "not_found"));
    let left = world.get(&ada.token, "/v1/workspaces").await.ok();
    assert_eq!(left.body["data"].as_array().unwrap().len(), 1, "{left:?}");
    world.end().await;
}

#[tokio::test]
async fn roles_are_the_owners_and_ownership_moves_in_one_step() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let bob = world.join(&ada, &team, "bob", "admin").await;
    let cy = world.join(&ada, &team, "cy", "member").await;
    let expected = vec![role("ada", "owner"), role("bob", "admin"), role("cy", "member")];
    assert_eq!(members(&world, &cy.token, &team).await, expected);
    let change = |by: &str, user: &str, role: &str| {
        let (world, path, by) = (&world, format!("/v1/workspaces/{team}/members/{user}"), by.to_owned());
        let body = json!({"role": role});
        async move { world.send(Some(&by), Method::PATCH, &path, Some(body)).await }
    };
    assert_eq!(change(&bob.token, &cy.id, "admin").await.refused(), (403, "insufficient_scope"));
    assert_eq!(change(&cy.token, &cy.id, "admin").await.refused(), (403, "insufficient_scope"));
    assert_eq!(change(&ada.token, &ada.id, "member").await.refused(), (409, "owner_must_stay"));
    assert_eq!(change(&ada.token, &cy.id, "owner").await.status, 422);
    assert_eq!(change(&ada.token, &cy.id, "admin").await.status, 204);

    let transfer = |by: &str, to: &str| {
        let (world, path, by) = (&world, format!("/v1/workspaces/{team}/owner"), by.to_owned());
        let body = json!({"user": to});
        async move { world.post(&by, &path, body).await }
    };
    assert_eq!(transfer(&bob.token, &bob.id).await.refused(), (403, "insufficient_scope"));
    assert_eq!(transfer(&ada.token, "usr_00000000000000000000000000").await.refused(), (404, "not_found"));
    assert_eq!(transfer(&ada.token, &bob.id).await.ok().text("/owner"), bob.id);
    assert_eq!(transfer(&ada.token, &ada.id).await.refused(), (403, "insufficient_scope"), "an admin now");
    let expected = vec![role("ada", "admin"), role("bob", "owner"), role("cy", "admin")];
    assert_eq!(members(&world, &ada.token, &team).await, expected);

    let leave = |by: &str| {
        let (world, path, by) = (&world, format!("/v1/workspaces/{team}/leave"), by.to_owned());
        async move { world.post(&by, &path, json!({})).await }
    };
    let stays = leave(&bob.token).await;
    assert_eq!(stays.refused(), (409, "owner_must_stay"));
    assert!(stays.text("/detail").ends_with("transfer ownership first"), "it says what can be done: {stays:?}");
    assert_eq!(leave(&ada.token).await.status, 204);
    assert_eq!(leave(&ada.token).await.refused(), (404, "not_found"));
    assert_eq!(world.get(&ada.token, &format!("/v1/workspaces/{team}")).await.refused(), (404, "not_found"));
    world.end().await;
}

#[tokio::test]
async fn who_is_removed_is_out_at_once_and_signed_in_still() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let path = format!("/v1/workspaces/{team}");
    for round in 0..20 {
        let bob = world.join(&ada, &team, &format!("bob{round}"), "admin").await;
        let body = json!({"name": "K", "scopes": ["workspace:read"]});
        let key = world.post(&bob.token, &format!("{path}/keys"), body).await.ok().text("/secret");
        let removed = world.delete(&ada.token, &format!("{path}/members/{}", bob.id)).await;
        assert_eq!(removed.status, 204, "{removed:?}");
        // What changes something is judged on the log itself: there is no moment after which it still works.
        let rename = world.send(Some(&bob.token), Method::PATCH, &path, Some(json!({"name": "Mine"}))).await;
        assert!([403, 404].contains(&rename.status), "round {round}: {rename:?}");
        let statuses = async || [world.get(&bob.token, &path).await.status, world.get(&key, &path).await.status];
        testbed::found("both are refused", statuses, |statuses: &[u16; 2]| *statuses == [404, 401]).await;
        world.get(&bob.token, "/v1/me").await.ok();
    }
    world.end().await;
}

#[tokio::test]
async fn the_keys_of_who_goes_work_on_only_where_they_are_kept() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let path = format!("/v1/workspaces/{team}");
    for (name, query, works) in [("bob", "", false), ("cy", "?keep_keys=false", false), ("dan", "?keep_keys=true", true)] {
        for leaves in [false, true] {
            let who = world.join(&ada, &team, &format!("{name}{leaves}"), "admin").await;
            let body = json!({"name": "K", "scopes": ["workspace:read"]});
            let key = world.post(&who.token, &format!("{path}/keys"), body).await.ok().text("/secret");
            world.get(&key, &path).await.ok();
            let gone = if leaves {
                world.post(&who.token, &format!("{path}/leave{query}"), json!({})).await
            } else {
                world.delete(&ada.token, &format!("{path}/members/{}{query}", who.id)).await
            };
            assert_eq!(gone.status, 204, "{gone:?}");
            // Once this process knows that they are gone, it knows of their keys: both are one append.
            testbed::found("they are gone", async || world.get(&who.token, &path).await, |read: &Answer| read.status == 404).await;
            let what = format!("{name} {query}: whether their key works");
            testbed::found(&what, async || world.get(&key, &path).await, |keyed: &Answer| (keyed.status == 200) == works).await;
        }
    }
    world.end().await;
}

#[tokio::test]
async fn a_member_may_do_in_a_project_what_was_permitted_there() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let bob = world.join(&ada, &team, "bob", "member").await;
    let project = world.project(&team, &ada.id).await;
    let elsewhere = world.project(&ada.personal, &ada.id).await;
    let permit = |project: String, scopes: Value| {
        let (world, path, token) = (&world, format!("/v1/workspaces/{team}/members/{}/projects/{project}", bob.id), &ada.token);
        async move { world.send(Some(token), Method::PUT, &path, Some(json!({"scopes": scopes}))).await }
    };
    let audit = format!("/v1/projects/{project}/audit");
    assert_eq!(world.get(&bob.token, &audit).await.refused(), (404, "not_found"));
    assert_eq!(permit(project.to_string(), json!(["projects:read", "audit:read", "audit:read"])).await.status, 204);
    world.get(&bob.token, &audit).await.ok();
    let list = world.get(&bob.token, &format!("/v1/workspaces/{team}/members")).await.ok();
    let shown = list.body["data"].as_array().unwrap().iter().find(|member| member["user"] == bob.id).unwrap();
    assert_eq!(shown["projects"], json!({project.to_string(): ["audit:read", "projects:read"]}));
    for unknown in ["workspace:own", "members:write", "self", "dev", "", "projects:*"] {
        let refused = permit(project.to_string(), json!(["projects:read", unknown])).await;
        assert_eq!((refused.refused(), refused.text("/errors/0/pointer")), ((422, "invalid_body"), "/scopes/1".into()), "{unknown}");
    }
    assert_eq!(permit(elsewhere.to_string(), json!(["projects:read"])).await.refused(), (404, "not_found"));
    permit(project.to_string(), json!([])).await.ok();
    assert_eq!(world.get(&bob.token, &audit).await.refused(), (404, "not_found"));
    world.end().await;
}

#[tokio::test]
async fn what_a_member_was_permitted_in_projects_that_are_gone_keeps_nobody_from_new_ones() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let bob = world.join(&ada, &team, "bob", "member").await;
    let permit = |project: ProjectId| {
        let (world, path, token) = (&world, format!("/v1/workspaces/{team}/members/{}/projects/{project}", bob.id), &ada.token);
        async move { world.send(Some(token), Method::PUT, &path, Some(json!({"scopes": ["projects:read"]}))).await }
    };
    let (kept, gone) = (world.project(&team, &ada.id).await, world.project(&team, &ada.id).await);
    for project in [kept, gone] {
        assert_eq!(permit(project).await.status, 204);
    }
    world.erase(gone, &ada.id).await;
    // As many more as one member may have, of projects of which nothing is left.
    let user: UserId = bob.id.parse().unwrap();
    let granted = |_: usize| {
        let project = ProjectId::from_ulid(world.ids.ulid());
        let event = WorkspaceEvent::from(MemberPermissionsChanged { user, project, scopes: vec!["projects:read".to_owned()] });
        event.into_new(EventId::from_ulid(world.ids.ulid()), "/test", world.clock.now(), Context::default())
    };
    let events = (2..200).map(granted).collect();
    world.journal.append(&Subject::workspace(team.parse::<WorkspaceId>().unwrap()), Expect::Any, events).await.unwrap();

    let new = world.project(&team, &ada.id).await;
    let permitted = permit(new).await;
    assert_eq!(permitted.status, 204, "{permitted:?}");
    let list = world.get(&ada.token, &format!("/v1/workspaces/{team}/members")).await.ok();
    let shown = list.body["data"].as_array().unwrap().iter().find(|member| member["user"] == bob.id).unwrap();
    assert_eq!(shown["projects"], json!({kept.to_string(): ["projects:read"], new.to_string(): ["projects:read"]}));
    world.end().await;
}

#[tokio::test]
async fn a_personal_workspace_stays_personal() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let path = format!("/v1/workspaces/{}", ada.personal);
    let invite = world.post(&ada.token, &format!("{path}/invites"), json!({"email": "bob@example.com", "role": "member"})).await;
    assert_eq!(invite.refused(), (409, "personal_workspace"));
    let delete = world.send(Some(&ada.token), Method::DELETE, &path, Some(json!({"confirm": "Personal"}))).await;
    assert_eq!(delete.refused(), (409, "personal_workspace"));
    assert_eq!(world.post(&ada.token, &format!("{path}/leave"), json!({})).await.refused(), (409, "owner_must_stay"));
    assert_eq!(world.mails("bob@example.com").await.len(), 0);
    let installation = format!("/v1/workspaces/{}", WorkspaceId::INSTALLATION);
    assert_eq!(world.get(&ada.token, &installation).await.refused(), (404, "not_found"));
    let delete = world.send(Some(API_KEY), Method::DELETE, &installation, Some(json!({"confirm": "Installation"}))).await;
    assert_eq!(delete.refused(), (409, "installation_workspace"));
    world.end().await;
}

#[tokio::test]
async fn pages_of_workspaces_show_every_one_once() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let mut expected = vec![ada.personal.clone()];
    for _ in 0..7 {
        expected.insert(0, world.team(&ada).await);
    }
    let other = world.sign_in("bob").await;
    world.team(&other).await;
    let (mut seen, mut path) = (Vec::new(), "/v1/workspaces?limit=3".to_owned());
    loop {
        let page = world.get(&ada.token, &path).await.ok();
        seen.extend(page.body["data"].as_array().unwrap().iter().map(|workspace| workspace["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/workspaces?limit=3&cursor={cursor}");
    }
    assert_eq!(seen, expected);
    for query in ["limit=0", "limit=101", "limit=x", "cursor=!", "order=up"] {
        assert_eq!(world.get(&ada.token, &format!("/v1/workspaces?{query}")).await.status, 400, "{query}");
    }
    world.end().await;
}
