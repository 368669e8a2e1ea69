//! The people of a business who want messages sent, each under a key of its own, through the API alone; and what they were answered.
//!
//! A request is sent again, under the same key, until it is answered: processes are killed meanwhile. It does not look at what came of a
//! message; that is [`crate::sent`].

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use contract::{ContactId, MessageId, ProjectId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::apart::{Apart, Service};

/// How long an answer may take before it is asked again.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);

/// A message that was answered with 202.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Whose.
    pub project: ProjectId,
    /// To whom.
    pub contact: ContactId,
    /// Under which key.
    pub key: String,
    /// What it is.
    pub message: MessageId,
}

/// Where it is asked, and what came of it.
pub struct Asking {
    base: String,
    api_key: String,
    http: reqwest::Client,
    asked: Mutex<Vec<Asked>>,
    requests: Mutex<BTreeMap<String, u64>>,
    wrong: Mutex<Vec<String>>,
}

impl Asking {
    /// Through the API of conversations.
    ///
    /// # Panics
    /// No client can be made.
    pub fn new(apart: &Apart, conversations: &Service) -> Self {
        Self {
            base: conversations.base.clone(),
            api_key: apart.keys.api_key.expose().to_owned(),
            http: reqwest::Client::builder().timeout(ANSWER_TIME_MAX).build().expect("a client"),
            asked: Mutex::default(),
            requests: Mutex::default(),
            wrong: Mutex::default(),
        }
    }

    /// Who has this phone, once they have written: before that they may be sent nothing.
    pub async fn writer(&self, project: ProjectId, phone: &str) -> ContactId {
        let people = format!("/v1/projects/{project}/contacts?phone=%2B{phone}");
        loop {
            if let Some(found) = self.get(&people).await
                && let Some(contact) = found["data"][0]["id"].as_str()
                && let Some(messages) = self.get(&format!("/v1/projects/{project}/contacts/{contact}/messages")).await
                && messages["data"].as_array().is_some_and(|data| data.iter().any(|message| message["direction"] == "inbound"))
            {
                return contact.parse().expect("a contact");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let (status, answer) = self.request(Method::GET, path, None).await?;
        status.is_success().then_some(answer)
    }

    /// Asks for a text under a key, so many times at once, until each of them is answered. All answers name one message.
    pub async fn ask(&self, project: ProjectId, contact: ContactId, key: &str, text: &str, times: usize) {
        let answers = futures::future::join_all((0..times).map(|_| self.insist(project, contact, key, text))).await;
        let mut messages: Vec<MessageId> = answers.into_iter().flatten().collect();
        messages.dedup();
        match messages.as_slice() {
            [message] if *message == MessageId::of_request(project, contact, key) => {
                let asked = Asked { project, contact, key: key.to_owned(), message: *message };
                self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
            }
            other => self.is_wrong(format!("key {key} was answered with {other:?}")),
        }
    }

    /// What was answered with 202 so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often requests were answered with what.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers that should not have been.
    pub fn wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// None: it was refused, which is wrong.
    async fn insist(&self, project: ProjectId, contact: ContactId, key: &str, text: &str) -> Option<MessageId> {
        let path = format!("/v1/projects/{project}/contacts/{contact}/messages");
        loop {
            let body = json!({ "type": "text", "text": { "body": text } });
            let answer = self.request(Method::POST, &path, Some((key, body))).await;
            match answer {
                Some((StatusCode::ACCEPTED, answer)) => return Some(answer["id"].as_str()?.parse().expect("a message")),
                Some((StatusCode::SERVICE_UNAVAILABLE, _)) | None => {}
                Some((status, answer)) => {
                    self.is_wrong(format!("key {key} was answered {status}: {answer}"));
                    return None;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// None: no answer came.
    async fn request(&self, method: Method, path: &str, send: Option<(&str, Value)>) -> Option<(StatusCode, Value)> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.api_key);
        let counts = send.is_some();
        if let Some((key, body)) = send {
            request = request.header("idempotency-key", key).json(&body);
        }
        let answer = match request.send().await {
            Ok(answer) => {
                let status = answer.status();
                answer.json().await.ok().map(|body| (status, body))
            }
            Err(_) => None,
        };
        if counts {
            let how = answer.as_ref().map_or_else(|| "no answer".to_owned(), |(status, _)| format!("answered {}", status.as_u16()));
            *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry(how).or_default() += 1;
        }
        answer
    }

    fn is_wrong(&self, what: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }
}
