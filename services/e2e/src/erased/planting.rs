//! Everything that a project can have beside messages that it received, each with a mark in it, by the doors by which it comes.

use contract::ProjectId;
use reqwest::Method;
use serde_json::{Value, json};

use super::Doors;
use super::doors::text;
use super::marks::{
    self, ABOUT, ANSWER, CAPTION, CODE, COMMIT, FILE_NAME, FLOW, FLOW_TEXT, Mark, NUMBER, PAYER, PHONE, RECEIVED_FILE, SENT_FILE,
    SHOWN_NAME, STATE, TEMPLATE, TEMPLATE_TEXT, USE, USED_FOR,
};

/// One of Meta's own, with a title of ours.
const FLOW_JSON: &str = include_str!("../../../../schemas/meta/flows/valid-minimal.json");

impl Doors {
    /// Plants in a project that is called [`marks::NAME`], has signed up [`NUMBER`], and to which [`PHONE`] has written [`marks::WORDS`]. What is to
    /// be sought afterwards, and the secret of a key that was made for it.
    pub async fn plant(&self, project: ProjectId) -> (Vec<Mark>, String) {
        self.plant_code(project).await;
        self.plant_flow(project).await;
        self.plant_template(project).await;
        self.plant_talk(project).await;
        self.plant_files(project).await;
        self.plant_profile(project).await;
        self.plant_money(project).await;
        let key = self.hand_out(project).await;
        let nobody_keeps = [("who pays", PAYER), ("a key", key.as_str())];
        let nobody_keeps = nobody_keeps.map(|(what, text)| Mark { what, text: text.to_owned(), kept_in: &[] });
        (marks::known().into_iter().chain(self.secrets(project).await).chain(nobody_keeps).collect(), key)
    }

    async fn plant_code(&self, project: ProjectId) {
        let files = json!({ "files": { "index.js": { "text": format!("// {CODE}\n") } }, "message": COMMIT });
        self.call("bots", Method::PUT, &format!("/v1/projects/{project}/code"), Some(files)).await;
    }

    async fn plant_flow(&self, project: ProjectId) {
        let path = format!("/v1/projects/{project}/flows");
        let mut document: Value = serde_json::from_str(FLOW_JSON).expect("JSON");
        document["screens"][0]["title"] = json!(FLOW_TEXT);
        let flow = json!({ "name": FLOW, "categories": ["OTHER"], "flow_json": document });
        let flow = self.call("flow-sync", Method::POST, &path, Some(flow)).await;
        let flow = format!("{path}/{}", text(&flow["id"]));
        self.until_shown("flow-sync", &flow, "Meta has the Flow", |shown| shown["status"] == "DRAFT").await;
        // Of this Meta tells us, naming the account, in its own time.
        self.call("flow-sync", Method::POST, &format!("{flow}/publish"), Some(json!({}))).await;
    }

    async fn plant_template(&self, project: ProjectId) {
        let path = format!("/v1/projects/{project}/templates");
        let body = json!({ "type": "BODY", "text": TEMPLATE_TEXT, "example": { "body_text": [["bread"]] } });
        let template = json!({ "name": TEMPLATE, "language": "en_US", "category": "UTILITY", "components": [body] });
        let template = self.call("templates", Method::POST, &path, Some(template)).await;
        let at_meta = self.sim.call(Method::GET, "/templates", None).await;
        let decision = format!("/templates/{}/decision", text(&at_meta["data"][0]["id"]));
        self.sim.call(Method::POST, &decision, Some(json!({ "verdict": "approve" }))).await;
        let template = format!("{path}/{}", text(&template["id"]));
        self.until_shown("templates", &template, "Meta's approval is heard of", |shown| shown["status"] == "APPROVED").await;
    }

    async fn plant_talk(&self, project: ProjectId) {
        let path = format!("/v1/projects/{project}");
        let conversations = self.call("conversations", Method::GET, &format!("{path}/conversations"), None).await;
        let conversation = format!("{path}/conversations/{}", text(&conversations["data"][0]["id"]));
        let base = self.base("conversations");
        let key = self.keys.api_key.expose();
        let change = self.http.patch(format!("{base}{conversation}")).bearer_auth(key).header("if-match", "\"0\"");
        let changed = change.json(&json!({ "state": STATE })).send().await.expect("an answer");
        assert_eq!(changed.status(), 200, "{}", changed.text().await.unwrap_or_default());

        let answer = json!({ "type": "text", "text": { "body": ANSWER } });
        let send = self.http.post(format!("{base}{conversation}/messages")).bearer_auth(key).header("idempotency-key", "answer");
        let sent: Value = send.json(&answer).send().await.expect("an answer").json().await.expect("JSON");
        let message = format!("{path}/messages/{}", sent["id"].as_str().unwrap_or_else(|| panic!("{sent}")));
        let delivered = |shown: &Value| shown["status"]["status"] == "delivered";
        self.until_shown("conversations", &message, "the answer is on the phone", delivered).await;
    }

    async fn plant_files(&self, project: ProjectId) {
        let picture = |words: &str| [&[0xff, 0xd8, 0xff, 0xe0][..], words.as_bytes(), &[0xff, 0xd9]].concat();
        let upload = async |url: String, words: &str| -> Value {
            let request = self.http.post(url).bearer_auth(self.keys.api_key.expose());
            let request = request.header("content-type", "image/jpeg").body(picture(words));
            request.send().await.expect("an answer").json().await.expect("JSON")
        };
        let ours = upload(format!("{}/v1/projects/{project}/media?name={FILE_NAME}", self.base("media")), SENT_FILE).await;
        assert_eq!(ours["status"], "uploaded", "{ours}");
        let phone = format!("{}/sim/api/phones/{PHONE}", self.meta());
        let theirs = upload(format!("{phone}/chats/{NUMBER}/media"), RECEIVED_FILE).await;
        let message = json!({ "to": NUMBER, "type": "image", "media": theirs["id"], "caption": CAPTION });
        self.sim.call(Method::POST, &format!("/phones/{PHONE}/messages"), Some(message)).await;
        let path = format!("/v1/projects/{project}");
        let contacts = self.call("conversations", Method::GET, &format!("{path}/contacts"), None).await;
        let messages = format!("{path}/contacts/{}/messages?limit=100", text(&contacts["data"][0]["id"]));
        let receipt = |shown: &Value| shown["data"].as_array()?.iter().find(|one| one["text"] == CAPTION).cloned();
        let shown = self.until_shown("conversations", &messages, "the receipt is recorded", |shown| receipt(shown).is_some()).await;
        let files = format!("{path}/messages/{}/media", text(&receipt(&shown).expect("it was there")["id"]));
        self.until_shown("media", &files, "their file is stored", |shown| shown["data"][0]["status"] == "stored").await;
    }

    async fn plant_profile(&self, project: ProjectId) {
        let path = format!("/v1/projects/{project}");
        self.call("lifecycle", Method::PATCH, &format!("{path}/profile"), Some(json!({ "about": ABOUT }))).await;
        self.call("lifecycle", Method::PUT, &format!("{path}/display-name"), Some(json!({ "name": SHOWN_NAME }))).await;
    }

    async fn plant_money(&self, project: ProjectId) {
        let path = format!("/v1/projects/{project}");
        let used = json!({ "usage": USE, "credits": 3, "what": USED_FOR });
        self.call("billing", Method::POST, &format!("{path}/credits/uses"), Some(used)).await;
        let page = self.call("billing", Method::POST, &format!("{path}/subscription/pay"), Some(json!({ "email": PAYER }))).await;
        let paid = self.http.post(format!("{}/payment", text(&page["authorization_url"]))).send().await.expect("an answer");
        assert!(paid.status().is_success(), "{paid:?}");
        self.until_shown("billing", &format!("{path}/subscription"), "it is paid", |shown| shown["state"] == "active").await;
    }
}
