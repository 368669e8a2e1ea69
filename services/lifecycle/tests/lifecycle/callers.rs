//! Who sees and does what: people and keys in the log, the guard before the routes, and what handlers decide beyond it.

use auth::credential::Issued;
use axum::http::Method;
use chrono::TimeDelta;
use contract::{
    InviteAccepted, InviteId, KeyHolder, KeyId, KeyIssued, MemberPermissionsChanged, ProjectId, Role, SessionId, SessionStarted, Subject,
    UserId, WorkspaceCreated, WorkspaceEvent, WorkspaceId, WorkspaceKind,
};
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// A person who is signed in.
struct Person {
    user: UserId,
    token: String,
}

impl Person {
    /// With a personal account.
    async fn new(world: &World) -> Self {
        let user = UserId::from_ulid(world.ids.ulid());
        let session = SessionId::from_ulid(world.ids.ulid());
        let issued = Issued::session(user, session);
        let started = SessionStarted { session, hash: issued.hash, expires_at: world.clock.now() + TimeDelta::days(1) };
        world.say(&Subject::user(user), WorkspaceEvent::from(started)).await;
        let created = WorkspaceCreated { name: "Own".into(), kind: WorkspaceKind::Personal, owner: user };
        world.say(&Subject::workspace(WorkspaceId::personal(user)), WorkspaceEvent::from(created)).await;
        Self { user, token: issued.text.expose().to_owned() }
    }

    fn own(&self) -> WorkspaceId {
        WorkspaceId::personal(self.user)
    }

    async fn joins(&self, world: &World, team: WorkspaceId, role: Role) {
        let accepted = InviteAccepted { invite: InviteId::from_ulid(world.ids.ulid()), user: self.user, role };
        world.say(&Subject::workspace(team), WorkspaceEvent::from(accepted)).await;
    }

    async fn granted(&self, world: &World, team: WorkspaceId, project: ProjectId, scopes: &[&str]) {
        let scopes = scopes.iter().map(ToString::to_string).collect();
        let changed = MemberPermissionsChanged { user: self.user, project, scopes };
        world.say(&Subject::workspace(team), WorkspaceEvent::from(changed)).await;
    }

    async fn get(&self, world: &World, path: &str) -> Answer {
        world.send_as(&self.token, Method::GET, path, &[], None).await
    }

    async fn post(&self, world: &World, path: &str, body: Value) -> Answer {
        world.send_as(&self.token, Method::POST, path, &[], Some(body)).await
    }

    async fn create(&self, world: &World, body: Value) -> ProjectId {
        let answer = self.post(world, "/v1/projects", body).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.body["project"]["id"].as_str().unwrap().parse().unwrap()
    }

    async fn listed(&self, world: &World, query: &str) -> Vec<String> {
        let answer = self.get(world, &format!("/v1/projects{query}")).await;
        answer.body["data"].as_array().unwrap().iter().map(|project| project["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A team: its owner, an admin, a member, and somebody who is none of them.
struct Team {
    id: WorkspaceId,
    owner: Person,
    admin: Person,
    member: Person,
    stranger: Person,
}

impl Team {
    async fn new(world: &World) -> Self {
        let people = [Person::new(world).await, Person::new(world).await, Person::new(world).await, Person::new(world).await];
        let [owner, admin, member, stranger] = people;
        let id = WorkspaceId::from_ulid(world.ids.ulid());
        let created = WorkspaceCreated { name: "Team".into(), kind: WorkspaceKind::Team, owner: owner.user };
        world.say(&Subject::workspace(id), WorkspaceEvent::from(created)).await;
        admin.joins(world, id, Role::Admin).await;
        member.joins(world, id, Role::Member).await;
        Self { id, owner, admin, member, stranger }
    }
}

#[tokio::test]
async fn a_project_belongs_to_whoever_made_it_unless_they_say_otherwise() {
    let world = World::new().await;
    let team = Team::new(&world).await;
    let own = team.admin.create(&world, json!({"name": "Mine"})).await;
    let ours = team.admin.create(&world, json!({"name": "Ours", "workspace_id": team.id})).await;
    assert_eq!(world.project(own).await["workspace_id"], team.admin.own().to_string());
    assert_eq!(world.project(ours).await["workspace_id"], team.id.to_string());
    for event in world.journal.entity(&Subject::project(own)).await.unwrap() {
        assert_eq!(event.context.actor.as_deref(), Some(&*team.admin.user.to_string()));
        assert!(event.context.correlation.is_some(), "which request it was");
    }

    let refused = async |who: &Person, workspace: WorkspaceId| {
        let answer = who.post(&world, "/v1/projects", json!({"name": "P", "workspace_id": workspace})).await;
        (answer.status, answer.code().to_owned())
    };
    assert_eq!(refused(&team.member, team.id).await, (403, "insufficient_scope".to_owned()));
    assert_eq!(refused(&team.stranger, team.id).await, (404, "not_found".to_owned()));
    assert_eq!(refused(&team.admin, team.stranger.own()).await, (404, "not_found".to_owned()));
    assert_eq!(refused(&team.admin, WorkspaceId::INSTALLATION).await, (404, "not_found".to_owned()));
    world.end().await;
}

#[tokio::test]
async fn a_list_shows_what_the_caller_sees_and_nobody_elses_is_there_for_them() {
    let world = World::new().await;
    let team = Team::new(&world).await;
    let own = team.admin.create(&world, json!({"name": "Mine"})).await;
    let ours = team.owner.create(&world, json!({"name": "Ours", "workspace_id": team.id})).await;
    let shared = team.owner.create(&world, json!({"name": "Shared", "workspace_id": team.id})).await;
    team.member.granted(&world, team.id, shared, &["projects:read"]).await;
    // A list waits for nothing; before one project is refused the log is asked, and from then on all of the above is known.
    assert_eq!(team.member.get(&world, &format!("/v1/projects/{shared}")).await.status, 200);
    let text = |ids: &[ProjectId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(team.owner.listed(&world, "").await, text(&[shared, ours]));
    assert_eq!(team.admin.listed(&world, "").await, text(&[shared, ours, own]));
    assert_eq!(team.admin.listed(&world, &format!("?workspace={}", team.id)).await, text(&[shared, ours]));
    assert_eq!(team.member.listed(&world, "").await, text(&[shared]));
    assert_eq!(team.stranger.listed(&world, "").await, text(&[]));
    assert_eq!(team.stranger.listed(&world, &format!("?workspace={}", team.id)).await, text(&[]));

    let operation = world.project(ours).await["operation"]["id"].as_str().unwrap().to_owned();
    assert_eq!(team.owner.get(&world, &format!("/v1/operations/{operation}")).await.status, 200);
    for who in [&team.member, &team.stranger] {
        for path in [format!("/v1/operations/{operation}"), format!("/v1/projects/{ours}"), format!("/v1/projects/{ours}/operations")] {
            let answer = who.get(&world, &path).await;
            assert_eq!(answer.refused(), (404, "not_found"), "{path}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn idempotency_keys_of_two_workspaces_never_meet() {
    let world = World::new().await;
    let (one, two) = (Person::new(&world).await, Person::new(&world).await);
    let create = async |who: &Person| {
        let headers = [("idempotency-key", "order-1")];
        let answer = world.send_as(&who.token, Method::POST, "/v1/projects", &headers, Some(json!({"name": "P"}))).await;
        answer.body["project"]["id"].clone()
    };
    let (first, second) = (create(&one).await, create(&two).await);
    assert_ne!(first, second);
    assert_eq!((create(&one).await, create(&two).await), (first, second));
    world.end().await;
}

#[tokio::test]
async fn a_handed_over_project_is_the_teams_and_nothing_of_its_first_owner_works_there_any_more() {
    let world = World::new().await;
    let team = Team::new(&world).await;
    let giver = &team.stranger;
    let id = giver.create(&world, json!({"name": "Pizza"})).await;
    let key = KeyId::from_ulid(world.ids.ulid());
    let issued = Issued::key(key);
    let bound = KeyIssued {
        key,
        name: "k".into(),
        holder: KeyHolder::Program,
        hash: issued.hash,
        scopes: vec!["projects:read".into()],
        project: Some(id),
        expires_at: None,
        replaces: None,
    };
    world.say(&Subject::workspace(giver.own()), WorkspaceEvent::from(bound)).await;
    let with_key = async || world.send_as(issued.text.expose(), Method::GET, &format!("/v1/projects/{id}"), &[], None).await.status;
    assert_eq!(with_key().await, 200);

    let path = format!("/v1/projects/{id}/transfer");
    assert_eq!(team.admin.post(&world, &path, json!({"workspace": team.id})).await.code(), "not_found");
    let offer = giver.post(&world, &path, json!({"workspace": team.id})).await;
    assert_eq!(offer.status, 201, "{offer:?}");
    let answering = format!("/v1/workspaces/{}/transfers/{}", team.id, offer.body["id"].as_str().unwrap());
    let listing = format!("/v1/workspaces/{}/transfers", team.id);
    for (who, status) in [(&team.member, 403), (giver, 404)] {
        assert_eq!(who.get(&world, &listing).await.status, status);
        assert_eq!(who.post(&world, &format!("{answering}/accept"), json!({})).await.status, status);
        assert_eq!(who.post(&world, &format!("{answering}/decline"), json!({})).await.status, status);
    }
    assert_eq!(team.admin.get(&world, &listing).await.body["data"], json!([offer.body]));
    assert_eq!(team.admin.post(&world, &format!("{answering}/accept"), json!({})).await.status, 200);
    assert_eq!(team.owner.get(&world, &format!("/v1/projects/{id}")).await.status, 200);
    assert_eq!(giver.get(&world, &format!("/v1/projects/{id}")).await.code(), "not_found");
    assert_eq!(with_key().await, 404, "a key of the first owner");
    assert_eq!(world.send_as(&giver.token, Method::DELETE, &path, &[], None).await.code(), "not_found");

    // It is the team's for good: what a team has is not given away.
    assert_eq!(team.admin.post(&world, &path, json!({"workspace": team.id})).await.code(), "insufficient_scope");
    let other = world.workspace(WorkspaceKind::Team).await;
    assert_eq!(team.owner.post(&world, &path, json!({"workspace": other})).await.code(), "not_personal");
    world.end().await;
}

#[tokio::test]
async fn a_number_by_its_id_alone_is_the_operators_to_connect() {
    let world = World::new().await;
    let team = Team::new(&world).await;
    let id = team.owner.create(&world, json!({"name": "Pizza", "workspace_id": team.id})).await;
    let key = KeyId::from_ulid(world.ids.ulid());
    let issued = Issued::key(key);
    let of_project = KeyIssued {
        key,
        name: "k".into(),
        holder: KeyHolder::Program,
        hash: issued.hash,
        scopes: vec!["projects:write".into()],
        project: Some(id),
        expires_at: None,
        replaces: None,
    };
    world.say(&Subject::workspace(team.id), WorkspaceEvent::from(of_project)).await;
    let body = json!({"phone_number_id": "207358419203847", "waba_id": "104857392016384"});
    for credentials in [&*team.owner.token, &*team.admin.token, issued.text.expose()] {
        let answer = world.send_as(credentials, Method::PUT, &format!("/v1/projects/{id}/number"), &[], Some(body.clone())).await;
        assert_eq!(answer.refused(), (403, "insufficient_scope"), "{answer:?}");
        assert!(answer.body["detail"].as_str().unwrap().contains("platform key"), "it is the route that refuses: {answer:?}");
    }
    assert_eq!(world.project(id).await["number"], Value::Null);
    assert_eq!(world.number_told("207358419203847").await, [""; 0]);
    assert_eq!(world.connect(id, "207358419203847").await.status, 200);
    world.end().await;
}

#[tokio::test]
async fn who_deletes_needs_that_scope_and_overwriting_the_disk_is_the_operators() {
    let world = World::new().await;
    let team = Team::new(&world).await;
    let id = team.owner.create(&world, json!({"name": "Pizza", "workspace_id": team.id})).await;
    team.member.granted(&world, team.id, id, &["projects:read", "projects:write"]).await;
    world.say_all_made(id).await;
    world.until_status(id, "ready").await;
    let delete = async |token: &str, overwrite: bool| {
        let body = json!({"confirm": "Pizza", "overwrite": overwrite});
        let answer = world.send_as(token, Method::DELETE, &format!("/v1/projects/{id}"), &[], Some(body)).await;
        (answer.status, answer.code().to_owned())
    };
    let forbidden = (403, "insufficient_scope".to_owned());
    assert_eq!(delete(&team.member.token, false).await, forbidden);
    assert_eq!(delete(&team.owner.token, true).await, forbidden);
    assert_eq!(world.project(id).await["status"], "ready");
    assert_eq!(delete(&team.admin.token, false).await.0, 202);
    world.end().await;
}
