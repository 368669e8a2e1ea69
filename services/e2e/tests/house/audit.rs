//! What a person, a key, an agent, the platform, the system and the providers did, each through the API of the running house: who, what,
//! when, and from which request, is read in the audit log of the project. When a key was used last stands beside the key.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::time::Duration;

use chrono::{DateTime, Utc};
use e2e::person::{Answered, Person};
use e2e::{Stage, WAIT_MAX};
use reqwest::Method;
use serde_json::{Value, json};

const NUMBER: &str = "207358419203847";
const WABA: &str = "104857392016384";
const POLL: Duration = Duration::from_millis(20);

struct House {
    stage: Stage,
    project: String,
}

impl House {
    fn path(&self, rest: &str) -> String {
        format!("/v1/projects/{}{rest}", self.project)
    }

    async fn audit(&self, reader: &Person, query: &str) -> Vec<Value> {
        let answer = reader.ask(&self.stage, Method::GET, &self.path(&format!("/audit?limit=200{query}")), None).await.ok();
        answer.body["data"].as_array().unwrap().clone()
    }

    /// The one entry of a request.
    async fn entry(&self, reader: &Person, of: &Answered, event_type: &str) -> Value {
        let found = async || {
            let entries = self.audit(reader, &format!("&type={event_type}")).await;
            entries.into_iter().filter(|entry| entry["request_id"] == *of.request_id).collect::<Vec<_>>()
        };
        let until = async {
            while found().await.is_empty() {
                tokio::time::sleep(POLL).await;
            }
        };
        if tokio::time::timeout(WAIT_MAX, until).await.is_err() {
            panic!("{event_type} by {} is not in the audit log: {:#?}", of.request_id, self.audit(reader, "").await);
        }
        let mut found = found().await;
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_did_something_is_named_with_the_request_it_came_from() {
    let stage = Stage::start().await;
    let ada = Person::sign_in(&stage, "ada@example.com").await;
    let team = ada.ask(&stage, Method::POST, "/v1/workspaces", Some(json!({ "name": "Pizza Ltd" }))).await.ok();
    let team = team.body["id"].as_str().unwrap().to_owned();
    let program = ada.key(&stage, &team, "program", &["projects:write", "projects:read", "code:write"]).await;
    let agent = ada.key(&stage, &team, "agent", &["code:write", "code:read"]).await;
    let create = json!({ "name": "Pizza", "workspace_id": team });
    let began = stage.clock.now();
    let created = program.ask(&stage, Method::POST, "/v1/projects", Some(create)).await.ok();
    let project = created.body["project"]["id"].as_str().unwrap().to_owned();
    let house = House { stage, project };
    let stage = &house.stage;
    stage.until("it is ready", async || program.ask(stage, Method::GET, &house.path(""), None).await.body["status"] == "ready").await;

    let renamed = ada.ask(stage, Method::PATCH, &house.path(""), Some(json!({ "name": "Pasta" }))).await.ok();
    let files = json!({ "files": { "index.js": { "text": "// hello\n" } }, "message": "Says hello" });
    let committed = agent.ask(stage, Method::PUT, &house.path("/code"), Some(files)).await.ok();
    let reset = program.ask(stage, Method::POST, &house.path("/reset"), None).await.ok();
    let rotated = ada.ask(stage, Method::POST, &house.path("/database/rotate"), None).await.ok();
    // What somebody may not do is nothing that happened.
    let refused = agent.ask(stage, Method::PATCH, &house.path(""), Some(json!({ "name": "Agents" }))).await;
    assert_eq!(refused.status, 403, "it was not given the right");

    for (answer, event_type, kind, who) in [
        (&created, "project.project_created.v2", "key", &program.id),
        (&renamed, "project.project_updated.v1", "person", &ada.id),
        (&committed, "bot.code_committed.v1", "agent", &agent.id),
        (&reset, "project.operation_started.v1", "key", &program.id),
        (&rotated, "database.database_password_rotated.v1", "person", &ada.id),
    ] {
        let entry = house.entry(&ada, answer, event_type).await;
        assert_eq!(entry["actor"], json!({ "kind": kind, "id": who }), "{entry}");
        assert_eq!((&entry["project"], &entry["workspace"]), (&json!(house.project), &json!(team)), "{entry}");
        assert!(entry["subject"].as_str().unwrap().contains(&house.project), "{entry}");
        let at: DateTime<Utc> = entry["at"].as_str().unwrap().parse().unwrap();
        assert!(began <= at && at <= stage.clock.now(), "{entry}");
    }
    let all = house.audit(&ada, "").await;
    assert!(all.iter().all(|entry| entry["request_id"] != *refused.request_id), "{all:?}");
    // What follows from a request by itself is the system's, and still names the request.
    for (from, followed) in [
        (&created, "database.database_ready.v1"),
        (&created, "project.project_ready.v1"),
        (&created, "billing.trial_started.v1"),
        (&reset, "bot.code_reset.v1"),
        (&reset, "project.operation_completed.v1"),
    ] {
        let entry = house.entry(&ada, from, followed).await;
        assert_eq!(entry["actor"], json!({ "kind": "system", "id": null }), "{entry}");
    }
    a_payment_is_noted(&house, &ada, &team).await;
    // The workspace's own shows the same, and that the keys were made.
    let of_team = format!("/v1/workspaces/{team}/audit?limit=200&type=workspace.key_issued.v1");
    let keys = async || ada.ask(stage, Method::GET, &of_team, None).await.ok().body["data"].as_array().unwrap().len();
    stage.until("both keys are in its audit log", async || keys().await == 2).await;
    assert_eq!(program.ask(stage, Method::GET, &house.path("/audit"), None).await.status, 403, "a key needs audit:read");
    house.stage.finish(0).await;
}

/// The platform's key, and who notes that a payment was made.
async fn a_payment_is_noted(house: &House, ada: &Person, team: &str) {
    let stage = &house.stage;
    let wanted = json!({ "phone_number_id": NUMBER, "waba_id": WABA });
    let signup = stage.sim(Method::POST, "/signups", Some(wanted)).await;
    let body = json!({ "code": signup["code"], "event": "FINISH", "phone_number_id": NUMBER, "waba_id": WABA });
    stage.call(Method::POST, &house.path("/number/signup"), Some(body)).await;
    let connected = async || stage.call(Method::GET, &house.path(""), None).await["operation"]["status"] == "succeeded";
    stage.until("the number is connected", connected).await;
    let payer = Some(json!({ "email": "ada@example.com" }));
    let page = stage.call(Method::POST, &house.path("/subscription/pay"), payer).await;
    stage.pay(page["authorization_url"].as_str().unwrap()).await;
    for (event_type, kind, who) in [
        ("project.number_offered.v1", "key", Some("key_platform")),
        ("billing.payment_requested.v1", "key", Some("key_platform")),
        // What a webhook told was asked for by us, and is our own work.
        ("billing.payment_succeeded.v1", "system", None),
    ] {
        let query = format!("&type={event_type}");
        stage.until(&format!("{event_type} is in the audit log"), async || !house.audit(ada, &query).await.is_empty()).await;
        let entry = house.audit(ada, &query).await.remove(0);
        assert_eq!((&entry["actor"], &entry["workspace"]), (&json!({ "kind": kind, "id": who }), &json!(team)), "{entry}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_shows_when_it_was_used_last_at_whichever_service() {
    let stage = Stage::start().await;
    let ada = Person::sign_in(&stage, "ada@example.com").await;
    let key = ada.key(&stage, &ada.workspace, "program", &["projects:read"]).await;
    let used = async || {
        let keys = ada.ask(&stage, Method::GET, &format!("/v1/workspaces/{}/keys", ada.workspace), None).await.ok();
        keys.body["data"][0]["last_used_at"].clone()
    };
    assert_eq!(used().await, Value::Null, "it was only made");
    let before = stage.clock.now();
    key.ask(&stage, Method::GET, "/v1/projects", None).await.ok();
    stage.until("its use is shown", async || used().await.is_string()).await;
    let at: DateTime<Utc> = used().await.as_str().unwrap().parse().unwrap();
    assert!(before <= at && at <= stage.clock.now(), "{at}");
    stage.finish(0).await;
}
