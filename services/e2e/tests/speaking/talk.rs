//! Somebody who has written to a number of ours, and whoever answers: what each of them can do, and see.

use contract::ProjectId;
use e2e::Stage;
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const NUMBER: &str = "207358419203847";
pub(crate) const WABA: &str = "104857392016384";
pub(crate) const PHONE: &str = "16505550142";

/// See the module.
pub(crate) struct Talk {
    pub(crate) stage: Stage,
    pub(crate) project: ProjectId,
    pub(crate) contact: String,
    keys: std::cell::Cell<u32>,
}

impl Talk {
    /// A project with a number, to which somebody has written.
    pub(crate) async fn begun() -> Self {
        let stage = Stage::start().await;
        let project = stage.signed_up("Pizza", NUMBER, WABA).await;
        Self::of(stage, project).await
    }

    /// The same of a project that has the number already.
    pub(crate) async fn of(stage: Stage, project: ProjectId) -> Self {
        let mut talk = Self { stage, project, contact: String::new(), keys: std::cell::Cell::new(0) };
        talk.says("Hi! Do you have a table for two?").await;
        let contacts = talk.get("/contacts?phone=%2B16505550142").await;
        talk.contact = contacts["data"][0]["id"].as_str().unwrap().to_owned();
        talk
    }

    pub(crate) async fn says(&self, text: &str) {
        let message = json!({ "to": NUMBER, "type": "text", "text": text });
        self.stage.sim(Method::POST, &format!("/phones/{PHONE}/messages"), Some(message)).await;
        self.stage
            .until(&format!("{text:?} is recorded"), async || {
                let query = "SELECT count(*) FROM public.messages WHERE direction = 'inbound' AND text = $1";
                let seen: i64 = sqlx::query_scalar(query).bind(text).fetch_one(&self.stage.tables(self.project)).await.unwrap_or(0);
                seen == 1
            })
            .await;
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.stage.call(Method::GET, &format!("/v1/projects/{}{path}", self.project), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.stage.call(Method::POST, &format!("/v1/projects/{}{path}", self.project), Some(body)).await
    }

    pub(crate) fn to_contact(&self) -> String {
        format!("/v1/projects/{}/contacts/{}/messages", self.project, self.contact)
    }

    pub(crate) async fn try_send(&self, message: Value) -> (u16, Value) {
        self.stage.send(&self.to_contact(), &self.next_key(), message).await
    }

    /// Shows a message of the contact as read.
    pub(crate) async fn mark_read(&self, message: &Value, body: Value) {
        let path = format!("/v1/projects/{}/messages/{}/read", self.project, message.as_str().unwrap());
        let (status, answer) = self.stage.send(&path, &self.next_key(), body).await;
        assert_eq!(status, 202, "{answer}");
    }

    fn next_key(&self) -> String {
        self.keys.set(self.keys.get() + 1);
        format!("key-{}", self.keys.get())
    }

    /// Sends, and waits until the phone has it; answers our id and the bubble.
    pub(crate) async fn send(&self, message: Value) -> (String, Value) {
        let (status, answer) = self.try_send(message).await;
        assert_eq!(status, 202, "{answer}");
        let id = answer["id"].as_str().unwrap().to_owned();
        self.until_status(&id, "delivered").await;
        let wamid = self.get(&format!("/messages/{id}")).await["wamid"].clone();
        let bubble = self.chat().await.into_iter().find(|bubble| bubble["wamid"] == wamid);
        (id, bubble.unwrap_or_else(|| panic!("{wamid} is not on the phone")))
    }

    pub(crate) async fn until_status(&self, id: &str, wanted: &str) {
        let shown = async || self.get(&format!("/messages/{id}")).await;
        self.stage.until(&format!("{id} is {wanted}"), async || shown().await["status"]["status"] == wanted).await;
    }

    /// What the phone shows.
    pub(crate) async fn chat(&self) -> Vec<Value> {
        let chat = self.stage.sim(Method::GET, &format!("/phones/{PHONE}/chats/{NUMBER}"), None).await;
        chat["data"].as_array().unwrap().clone()
    }

    pub(crate) async fn on_phone(&self, what: &str, body: Value) -> Value {
        self.stage.sim(Method::POST, &format!("/phones/{PHONE}/chats/{NUMBER}/{what}"), Some(body)).await
    }

    /// Offers a Flow, and fills it in as it opens on the phone; answers its title there, and the revision that the submission names.
    pub(crate) async fn fill_in(&self, flow: &str) -> (Value, Value) {
        let parameters = json!({ "flow_message_version": "3", "flow_id": flow, "flow_cta": "Begin" });
        let action = json!({ "name": "flow", "parameters": parameters });
        let offer = json!({ "type": "flow", "body": { "text": "Tell us" }, "action": action });
        let (request, bubble) = self.send(json!({ "type": "interactive", "interactive": offer })).await;
        let opened = self.on_phone("flow", json!({ "wamid": bubble["wamid"] })).await;
        self.on_phone("flow/submission", json!({ "wamid": bubble["wamid"], "answers": { "first_name": "Ana" } })).await;
        let found = async || {
            let submissions = self.get(&format!("/flows/{flow}/submissions")).await;
            submissions["data"].as_array().unwrap().iter().find(|one| one["request"] == json!(request)).cloned()
        };
        self.stage.until("the submission is there", async || found().await.is_some()).await;
        (opened["screen"]["title"].clone(), found().await.unwrap()["revision"].clone())
    }

    pub(crate) async fn ledger(&self, id: &str) -> Vec<String> {
        let statuses = self.get(&format!("/messages/{id}/statuses")).await;
        let mut said: Vec<String> =
            statuses["data"].as_array().unwrap().iter().map(|status| status["status"].as_str().unwrap().to_owned()).collect();
        said.sort();
        said
    }

    /// Until a message's ledger says just that: of two statuses the later one may be heard of first.
    pub(crate) async fn until_ledger(&self, id: &str, steps: &[&str]) {
        self.stage.until(&format!("the ledger of {id} is {steps:?}"), async || self.ledger(id).await == steps).await;
    }

    /// Tables equal their log, and nothing is held.
    pub(crate) async fn finish(self) {
        self.stage.settle().await;
        let rebuild = projections::rebuild::Rebuild::new(
            self.stage.journal.clone(),
            self.stage.databases.clone(),
            projections::rebuild::Options::default(),
        );
        let report = rebuild.verify(self.project).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        self.stage.finish(0).await;
    }
}
