//! Billing suspends a project with everything in it, people write meanwhile, and a payment restores it: whatever the API shows of it is what it
//! was, but for what is named here.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{ProjectId, Stream, WorkspaceId};
use e2e::person::Person;
use e2e::{Stage, bodies};
use reqwest::Method;
use serde_json::{Value, json};

use crate::furnished::{NUMBER, furnished, get, pay, told};
use crate::pages::{pages, shown};

/// Who writes while it is suspended, for the first time.
const NEWCOMER: &str = "16505550177";
const WORDS: [&str; 2] = ["Are you open?", "Hello?"];
/// Fields that must have changed.
const CHANGED: [(&str, &[&str]); 3] = [
    // It was suspended, and restored.
    ("", &["version", "updated_at"]),
    // Another cycle is paid.
    ("/subscription", &["since", "cycle", "next_charge"]),
    // How many conversations there are.
    ("/conversations/states", &["data"]),
];
/// Lists that must have become longer: by the newcomer, by the payment, and by who did what.
const GROWN: [&str; 4] = ["/contacts", "/conversations", "/payments", "/audit"];
/// Streams in which nobody has anything to say of a suspension.
const SILENT: [Stream; 5] = [Stream::Flow, Stream::Template, Stream::Bot, Stream::Media, Stream::Database];

/// Somebody may read the project, and a program has a key for it alone: the key's secret.
async fn handed_out(stage: &Stage, project: ProjectId) -> String {
    let workspace = format!("/v1/workspaces/{}", WorkspaceId::INSTALLATION);
    let bob = Person::sign_in(stage, "bob@example.com").await;
    let invitation = json!({ "email": "bob@example.com", "role": "member" });
    stage.call(Method::POST, &format!("{workspace}/invites"), Some(invitation)).await;
    let invited = async || bob.ask(stage, Method::GET, "/v1/me/invites", None).await.ok().body["data"][0]["id"].clone();
    stage.until("he is invited", async || invited().await.is_string()).await;
    let accept = format!("/v1/me/invites/{}/accept", invited().await.as_str().unwrap());
    bob.ask(stage, Method::POST, &accept, Some(json!({}))).await.ok();
    let granted = json!({ "scopes": ["projects:read", "conversations:read"] });
    stage.call(Method::PUT, &format!("{workspace}/members/{}/projects/{project}", bob.id), Some(granted)).await;
    let key = json!({ "name": "Orders", "scopes": ["projects:read"], "project": project });
    let issued = stage.call(Method::POST, &format!("{workspace}/keys"), Some(key)).await;
    issued["secret"].as_str().unwrap().to_owned()
}

/// How often each subject in [`SILENT`] was spoken of.
async fn silent(stage: &Stage, project: ProjectId) -> BTreeMap<String, u64> {
    let is_silent = |subject: &str| SILENT.iter().any(|stream| subject.split('.').next() == Some(stream.name()));
    told(stage, project).await.into_iter().filter(|(subject, _)| is_silent(subject)).collect()
}

/// Two times the same, but for [`CHANGED`] and [`GROWN`].
fn agree(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) {
    assert!(before.keys().eq(after.keys()));
    for (page, before) in before {
        let (mut before, mut after) = (before.clone(), after[page].clone());
        for field in CHANGED.iter().filter(|(of, _)| of == page).flat_map(|(_, fields)| *fields) {
            assert_ne!(after[*field].take(), before[*field].take(), "{page}: {field}");
        }
        // The cycle is longer than the time for an answer, which nobody wrote anew.
        if let (Some(before), Some(after)) = (before.get_mut("window"), after.get_mut("window")) {
            assert_eq!((before["open"].take(), after["open"].take()), (json!(true), json!(false)), "{page}");
        }
        if GROWN.contains(&page.as_str()) {
            let (kept, all) = (before["data"].as_array().unwrap(), after["data"].as_array_mut().unwrap());
            assert!(all.len() > kept.len(), "{page}: {all:?}");
            all.retain(|one| kept.contains(one));
        }
        assert_eq!(after, before, "{page}");
    }
}

/// Billing ends it with what is paid.
async fn suspended(stage: &Stage, project: ProjectId) {
    let cycle = get(stage, project, "/subscription").await["cycle"].clone();
    let end: DateTime<Utc> = cycle["ends_at"].as_str().unwrap().parse().unwrap();
    stage.call(Method::POST, &format!("/v1/projects/{project}/subscription/cancel"), None).await;
    stage.move_clock(end + TimeDelta::hours(1)).await;
    stage.until("it is suspended", async || get(stage, project, "").await["status"] == "suspended").await;
    assert_eq!(get(stage, project, "").await["suspended_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap(), end);
}

/// What a newcomer writes; who they are.
async fn written(stage: &Stage, project: ProjectId) -> String {
    for (n, words) in WORDS.iter().enumerate() {
        let body = bodies::text(NUMBER, NEWCOMER, &format!("wamid.meanwhile.{n}"), stage.clock.now().timestamp(), words);
        assert_eq!(stage.webhook(body).await, 200);
    }
    stage.settle().await;
    let contacts = get(stage, project, &format!("/contacts?phone=%2B{NEWCOMER}")).await;
    let contact = contacts["data"][0]["id"].as_str().unwrap_or_else(|| panic!("not recorded: {contacts}")).to_owned();
    let messages = get(stage, project, &format!("/contacts/{contact}/messages")).await;
    let mut recorded: Vec<&str> = messages["data"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap()).collect();
    recorded.sort_unstable();
    assert_eq!(recorded, WORDS);
    contact
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_was_suspended_and_restored_shows_exactly_what_it_showed() {
    let stage = Stage::start().await;
    // Everybody can be written to at Meta, at any time: what is refused is refused here.
    stage.sim(Method::PUT, "/rules", Some(json!({ "everybody": true, "always_open": true }))).await;
    let (project, file) = furnished(&stage).await;
    let path = format!("/v1/projects/{project}");
    let code = json!({ "files": { "other.js": { "text": "// ours" } }, "message": "ours" });
    stage.call(Method::PUT, &format!("{path}/code"), Some(code)).await;
    let key = handed_out(&stage, project).await;
    stage.settle().await;
    let pages = pages(&stage, project, &file).await;
    let (before, silent_before) = (shown(&stage, &pages).await, silent(&stage, project).await);
    assert!(silent_before.len() >= SILENT.len(), "{silent_before:?}");

    suspended(&stage, project).await;
    let contact = written(&stage, project).await;
    let messages = format!("{path}/contacts/{contact}/messages");
    let answer = json!({ "type": "text", "text": { "body": "We are" } });
    let (status, refused) = stage.send(&messages, "answer", answer.clone()).await;
    assert_eq!((status, &refused["code"]), (409, &json!("project_suspended")), "{refused}");
    let received = async || stage.sim(Method::GET, "/received", None).await["count"].as_u64().unwrap();
    assert_eq!(received().await, 0, "silent");

    pay(&stage, project).await;
    stage.until("it is restored", async || get(&stage, project, "").await["status"] == "ready").await;
    let after = shown(&stage, &pages).await;
    agree(&before, &after);
    let open = |all: &BTreeMap<String, Value>| all["/conversations/states"]["data"][0]["open"].as_u64().unwrap();
    assert_eq!(open(&after), open(&before) + 1, "the newcomer's");
    assert_eq!(silent(&stage, project).await, silent_before);

    let (status, sent) = stage.send(&messages, "answer", answer).await;
    assert_eq!(status, 202, "what was refused left nothing behind, its key is free: {sent}");
    stage.until("it answers again", async || received().await == 1).await;
    let read = stage.http.get(format!("{}{path}", stage.base)).bearer_auth(&key).send().await.unwrap();
    assert_eq!(read.status(), 200, "its key opens it");
    stage.finish(0).await;
}
