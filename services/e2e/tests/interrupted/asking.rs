//! Somebody with the key of the platform, who asks until there is an answer: of a process that is killed there is none.

use std::collections::BTreeMap;
use std::time::Instant;

use e2e::apart::{Apart, Service};
use reqwest::Method;
use serde_json::Value;

use crate::world::{PAUSE, WAIT_MAX};

/// What is asked.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) service: &'a str,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    /// The idempotency key; empty: none.
    pub(crate) key: &'a str,
    pub(crate) body: Option<&'a Value>,
}

pub(crate) struct Asking {
    bases: BTreeMap<&'static str, String>,
    key: String,
    http: reqwest::Client,
}

impl Asking {
    pub(crate) fn new(apart: &Apart, services: &[Service]) -> Self {
        let bases = services.iter().map(|service| (service.name, service.base.clone())).collect();
        Self { bases, key: apart.keys.api_key.expose().to_owned(), http: apart.http.clone() }
    }

    /// Status and answer, if there is one and not that it is tried in vain now.
    pub(crate) async fn once(&self, asked: Request<'_>) -> Option<(u16, Value)> {
        let mut request = self.http.request(asked.method.clone(), format!("{}{}", self.bases[asked.service], asked.path));
        request = request.bearer_auth(&self.key);
        if !asked.key.is_empty() {
            request = request.header("idempotency-key", asked.key);
        }
        if let Some(body) = asked.body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let answer = answer.json().await.ok()?;
        (status < 500).then_some((status, answer))
    }

    /// The first answer that is one.
    pub(crate) async fn settled(&self, asked: Request<'_>) -> (u16, Value) {
        let began = Instant::now();
        loop {
            if let Some(answer) = self.once(asked).await {
                return answer;
            }
            assert!(began.elapsed() < WAIT_MAX, "no answer to {} {}", asked.method, asked.path);
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(crate) async fn get(&self, service: &str, path: &str) -> Value {
        let (status, answer) = self.settled(Request { service, method: &Method::GET, path, key: "", body: None }).await;
        assert!((200..300).contains(&status), "{path} answered {status}: {answer}");
        answer
    }

    pub(crate) async fn post(&self, service: &str, path: &str, key: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.settled(Request { service, method: &Method::POST, path, key, body }).await;
        assert!((200..300).contains(&status), "{path} answered {status}: {answer}");
        answer
    }

    /// The customer pays at the provider's page.
    pub(crate) async fn pay(&self, page: &str) {
        let paid = self.http.post(format!("{page}/payment")).send().await.unwrap();
        assert!(paid.status().is_success(), "{}", paid.text().await.unwrap());
    }
}
