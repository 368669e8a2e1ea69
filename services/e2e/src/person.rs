//! Somebody who signs in with a code from a mail, and what they, or a key that they made, ask for: as anybody does, through the API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::Stage;

/// A caller who is not the platform.
#[derive(Debug, Clone)]
pub struct Person {
    /// The user's id, or the key's.
    pub id: String,
    /// Their own workspace; of a key nothing.
    pub workspace: String,
    token: String,
}

/// What a request was answered.
#[derive(Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// As the answer names the request.
    pub request_id: String,
    /// The body; null if there is none.
    pub body: Value,
}

impl Person {
    /// Signs in, for the first time or again.
    ///
    /// # Panics
    /// It does not work.
    pub async fn sign_in(stage: &Stage, email: &str) -> Self {
        let ask = async |path: &str, body: Value| {
            let answer = stage.http.post(format!("{}{path}", stage.base)).json(&body).send().await.expect("an answer");
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            answer.json::<Value>().await.unwrap_or_default()
        };
        ask("/sign-in/codes", json!({ "email": email })).await;
        let code = async || {
            let mails = stage.call(Method::GET, "/v1/dev/mails", None).await;
            let mail = mails["data"].as_array()?.iter().find(|mail| mail["to"] == email)?.clone();
            let rest = mail["text"].as_str()?.split_once("Paige is ")?.1.to_owned();
            Some(rest.split_once('.')?.0.to_owned())
        };
        stage.until("the code is in the mail", async || code().await.is_some()).await;
        let code = code().await.expect("it was there");
        let session = ask("/sign-in/sessions", json!({ "email": email, "code": code })).await;
        let text = |name: &str| session[name].as_str().expect(name).to_owned();
        Self { id: text("user"), workspace: text("personal_workspace"), token: text("token") }
    }

    /// A key of a workspace, for `program` or `agent`.
    ///
    /// # Panics
    /// They may not make one.
    pub async fn key(&self, stage: &Stage, workspace: &str, holder: &str, scopes: &[&str]) -> Self {
        let body = json!({ "name": holder, "holder": holder, "scopes": scopes });
        let issued = self.ask(stage, Method::POST, &format!("/v1/workspaces/{workspace}/keys"), Some(body)).await.ok();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self { id: text(&issued.body["key"]["id"]), workspace: String::new(), token: text(&issued.body["secret"]) }
    }

    /// A request of theirs.
    ///
    /// # Panics
    /// Nobody answers.
    pub async fn ask(&self, stage: &Stage, method: Method, path: &str, body: Option<Value>) -> Answered {
        let mut request = stage.http.request(method, format!("{}{path}", stage.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let request_id = answer.headers().get("x-request-id").map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        let status = answer.status().as_u16();
        Answered { status, request_id: request_id.unwrap_or_default(), body: answer.json().await.unwrap_or_default() }
    }
}

impl Answered {
    /// Itself, if it is a success.
    ///
    /// # Panics
    /// It is not.
    pub fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{self:?}");
        self
    }
}
