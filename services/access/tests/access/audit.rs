//! The audit log: who did what, from which request, in which project and workspace; filtered, paged, moved and erased with the project.

use contract::{
    BillingEvent, BotEvent, CodeInitialised, Context, DatabaseEvent, DatabaseReady, Event, EventId, FlowEvent, FlowSpaceCreated, NewEvent,
    ProjectId, ProjectTransferred, ProjectUpdated, Subject, TransferId, TrialStarted,
};
use journal::Expect;
use serde_json::{Value, json};
use testbed::found;

use crate::world::{API_KEY, World};

/// What the other services say of a project, each once.
async fn others_say(world: &World, project: ProjectId, actor: &str) {
    let now = world.clock.now();
    let envelope = |event: Box<dyn FnOnce(EventId, Context) -> NewEvent>| {
        let context = Context { actor: Some(actor.into()), correlation: Some("request-of-another".into()), ..Context::default() };
        event(EventId::from_ulid(world.ids.ulid()), context)
    };
    let ready = DatabaseEvent::from(DatabaseReady { database: "d".into(), bot_role: "b".into(), schema_version: 1 });
    let code = BotEvent::from(CodeInitialised { version: "ab".into() });
    let space = FlowEvent::from(FlowSpaceCreated {});
    let trial = BillingEvent::from(TrialStarted { starts_at: now, ends_at: now });
    for (subject, event) in [
        (Subject::database(project), envelope(Box::new(move |id, context| ready.into_new(id, "/test", now, context)))),
        (Subject::bot(project), envelope(Box::new(move |id, context| code.into_new(id, "/test", now, context)))),
        (Subject::flow_space(project), envelope(Box::new(move |id, context| space.into_new(id, "/test", now, context)))),
        (Subject::billing(project), envelope(Box::new(move |id, context| trial.into_new(id, "/test", now, context)))),
    ] {
        world.journal.append(&subject, Expect::Any, vec![event]).await.unwrap();
    }
}

async fn entries(world: &World, path: &str) -> Vec<Value> {
    let answer = world.get(API_KEY, path).await.ok();
    answer.body["data"].as_array().unwrap().clone()
}

async fn until_entries(world: &World, path: &str, count: usize) -> Vec<Value> {
    let what = format!("{count} entries in {path}");
    found(&what, async || entries(world, path).await, |found: &Vec<Value>| found.len() == count).await
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["type"].as_str().unwrap().split('.').nth(1).unwrap()).collect()
}

#[tokio::test]
async fn what_every_service_says_of_a_project_can_be_looked_up_there() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let project = world.project(&team, &ada.id).await;
    others_say(&world, project, "system").await;
    world.advance(chrono::TimeDelta::seconds(1));
    let agent = "agent:key_01M74XBVHR5MY3V435479NBTEA";
    world.say(project, ProjectUpdated { name: "Secret name".into(), conversation_idle_seconds: None }, agent).await;
    let path = format!("/v1/projects/{project}/audit");
    let all = until_entries(&world, &path, 6).await;
    assert_eq!(all[0]["actor"], json!({"kind": "agent", "id": "key_01M74XBVHR5MY3V435479NBTEA"}));
    assert_eq!((&all[0]["request_id"], &all[0]["type"]), (&json!("request-of-lifecycle"), &json!("project.project_updated.v1")));
    assert!(all.iter().all(|entry| entry["workspace"] == team.as_str() && entry["project"] == project.to_string()), "{all:?}");
    // What was said later is above, also within one moment.
    world.say(project, ProjectUpdated { name: "A".into(), conversation_idle_seconds: None }, agent).await;
    let later = until_entries(&world, &path, 7).await;
    assert_eq!((&later[1..], later[0]["at"] == later[1]["at"]), (&all[..], true));
    let all = later;
    let mut sorted = kinds(&all[2..]);
    sorted.sort_unstable();
    assert_eq!(sorted, ["code_initialised", "database_ready", "flow_space_created", "project_created", "trial_started"]);
    assert!(!Value::from(all.clone()).to_string().contains("Secret name"), "what was said is not copied");

    for (query, count) in [
        ("actor=agent", 2),
        ("actor=agent:key_01M74XBVHR5MY3V435479NBTEA", 2),
        ("actor=key_01M74XBVHR5MY3V435479NBTEA", 2),
        ("actor=person", 1),
        (&*format!("actor={}", ada.id), 1),
        ("actor=system", 4),
        ("actor=provider", 0),
        ("type=bot.code_initialised.v1", 1),
        ("type=bot.code_initialised.v1&actor=person", 0),
    ] {
        assert_eq!(entries(&world, &format!("{path}?{query}")).await.len(), count, "{query}");
    }
    for query in ["actor=", "actor=everybody", "type='", "limit=0", "limit=201", "cursor=x", "before=1"] {
        assert_eq!(world.get(API_KEY, &format!("{path}?{query}")).await.status, 400, "{query}");
    }
    let (mut seen, mut next) = (Vec::new(), format!("{path}?limit=2"));
    loop {
        let page = world.get(API_KEY, &next).await.ok();
        seen.extend(page.body["data"].as_array().unwrap().clone());
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        next = format!("{path}?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, all);
    for unknown in ["/v1/projects/prj_00000000000000000000000000/audit", "/v1/workspaces/wsp_00000000000000000000000000/audit"] {
        assert_eq!(world.get(API_KEY, unknown).await.refused(), (404, "not_found"));
    }
    world.end().await;
}

#[tokio::test]
async fn a_workspace_shows_its_own_and_its_projects_and_who_asked_from_which_request() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let path = format!("/v1/workspaces/{team}/audit");
    world.post(&ada.token, &format!("/v1/workspaces/{team}/keys"), json!({"name": "K", "scopes": ["projects:read"]})).await.ok();
    let project = world.project(&team, &ada.id).await;
    let all = until_entries(&world, &path, 3).await;
    let issued = all.iter().find(|entry| entry["type"] == "workspace.key_issued.v1").unwrap();
    assert_eq!((&issued["actor"], &issued["request_id"]), (&json!({"kind": "person", "id": ada.id}), &json!("request-of-a-test")));
    assert_eq!(world.get(&ada.token, &path).await.ok().body["data"], Value::from(all));

    // It goes with the project.
    let (from, to) = (team.parse().unwrap(), ada.personal.parse().unwrap());
    world.say(project, ProjectTransferred { transfer: TransferId::from_ulid(world.ids.ulid()), from, to }, &ada.id).await;
    let left = until_entries(&world, &path, 2).await;
    assert!(left.iter().all(|entry| entry["project"] == Value::Null), "{left:?}");
    // The person's own: code, registration, session, workspace; and the project with its transfer.
    let own = until_entries(&world, &format!("/v1/workspaces/{}/audit", ada.personal), 6).await;
    assert_eq!(own.iter().filter(|entry| entry["project"] == project.to_string()).count(), 2, "{own:?}");
    let code = own.iter().find(|entry| entry["type"] == "workspace.sign_in_code_issued.v1").unwrap();
    assert_eq!(code["actor"], json!({"kind": "system", "id": null}));
    let stranger = world.sign_in("eve").await;
    assert_eq!(world.get(&stranger.token, &path).await.refused(), (404, "not_found"));
    assert_eq!(world.get(&stranger.token, &format!("/v1/projects/{project}/audit")).await.refused(), (404, "not_found"));
    world.end().await;
}

#[tokio::test]
async fn of_a_project_that_was_erased_only_that_is_left_whatever_comes_late() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let project = world.project(&team, &ada.id).await;
    let body = json!({"name": "K", "scopes": ["projects:read"], "project": project.to_string()});
    let key = world.post(&ada.token, &format!("/v1/workspaces/{team}/keys"), body).await.ok().text("/key/id");
    world.post(&ada.token, &format!("/v1/workspaces/{team}/keys/{key}/rotate"), json!({"overlap_seconds": 60})).await.ok();
    world.delete(&ada.token, &format!("/v1/workspaces/{team}/keys/{key}")).await.ok();
    others_say(&world, project, "system").await;
    let path = format!("/v1/projects/{project}/audit");
    // Also what the event itself does not say of the project: whose key expires, or is revoked.
    let all = until_entries(&world, &path, 9).await;
    let mut of_keys: Vec<&str> = kinds(&all).into_iter().filter(|kind| kind.starts_with("key_")).collect();
    of_keys.sort_unstable();
    assert_eq!(of_keys, ["key_expiry_set", "key_issued", "key_issued", "key_revoked"]);
    world.erase(project, &ada.id).await;
    let left = until_entries(&world, &path, 1).await;
    assert_eq!(left[0]["type"], "project.project_erased.v2");
    assert_eq!(left[0]["actor"], json!({"kind": "person", "id": ada.id}), "who deleted it");
    assert_eq!((&left[0]["request_id"], &left[0]["workspace"]), (&json!("request-of-lifecycle"), &json!(team)));
    others_say(&world, project, "system").await;
    // What comes after it in the same streams has been seen, and with it what was late.
    let other = world.project(&team, &ada.id).await;
    others_say(&world, other, "system").await;
    until_entries(&world, &format!("/v1/projects/{other}/audit"), 5).await;
    assert_eq!(entries(&world, &path).await, left);
    // The workspace still knows that it issued a key.
    let of_team = entries(&world, &format!("/v1/workspaces/{team}/audit")).await;
    let issued: Vec<_> = of_team.iter().filter(|entry| entry["type"] == "workspace.key_issued.v1").collect();
    assert!(issued.len() == 2 && issued.iter().all(|entry| entry["project"] == Value::Null), "{issued:?}");
    // And who deleted the project.
    assert!(of_team.contains(&left[0]), "{of_team:?}");
    world.end().await;
}
