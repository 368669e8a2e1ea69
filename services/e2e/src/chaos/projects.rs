//! Somebody who creates projects all the while: one for each key, however often the request is sent again.

use std::time::Duration;

use contract::ProjectId;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::apart::{Apart, Service};
use crate::dice::Dice;
use crate::sim::Sim;

/// Between two projects.
const PAUSE_MS: std::ops::Range<u64> = 500..4_000;
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// See the module.
pub(super) struct Builder {
    base: String,
    key: String,
    http: reqwest::Client,
}

impl Builder {
    pub(super) fn new(apart: &Apart, services: &[Service]) -> Self {
        let lifecycle = services.iter().find(|service| service.name == "lifecycle").expect("lifecycle runs");
        Self { base: lifecycle.base.clone(), key: apart.keys.api_key.expose().to_owned(), http: apart.http.clone() }
    }

    /// A project that is ready and has this number, by Meta's signup: it can send.
    pub(super) async fn signed_up(&self, sim: &Sim, number: &str, waba: &str) -> ProjectId {
        let project = self.create(&format!("bot {number}")).await;
        self.ready(project).await;
        let body = sim.signup(number, waba).await;
        self.insist(Method::POST, &format!("/v1/projects/{project}/number/signup"), "", Some(body)).await;
        let shown = async || self.insist(Method::GET, &format!("/v1/projects/{project}"), "", None).await;
        while shown().await["number"]["phone_number_id"] != number {
            sleep(RETRY_PAUSE).await;
        }
        project
    }

    /// Creates projects until it is calm, and waits until all are ready.
    pub(super) async fn keep_building(self, mut dice: Dice, calm: CancellationToken) -> Vec<ProjectId> {
        let mut built = Vec::new();
        while !calm.is_cancelled() {
            built.push(self.create(&format!("project {}", built.len())).await);
            tokio::select! {
                () = calm.cancelled() => {}
                () = sleep(Duration::from_millis(dice.between(PAUSE_MS))) => {}
            }
        }
        for project in &built {
            self.ready(*project).await;
        }
        built
    }

    async fn create(&self, name: &str) -> ProjectId {
        let key = name.replace(' ', "-");
        let created = self.insist(Method::POST, "/v1/projects", &key, Some(json!({ "name": name }))).await;
        created["project"]["id"].as_str().and_then(|id| id.parse().ok()).expect("a project id")
    }

    async fn ready(&self, project: ProjectId) {
        while self.insist(Method::GET, &format!("/v1/projects/{project}"), "", None).await["status"] != "ready" {
            sleep(RETRY_PAUSE).await;
        }
    }

    /// Until it is answered with success.
    async fn insist(&self, method: Method, path: &str, key: &str, body: Option<Value>) -> Value {
        loop {
            let mut request = self.http.request(method.clone(), format!("{}{path}", self.base)).bearer_auth(&self.key);
            if !key.is_empty() {
                request = request.header("Idempotency-Key", key);
            }
            if let Some(body) = &body {
                request = request.json(body);
            }
            if let Ok(answer) = request.send().await
                && answer.status().is_success()
                && let Ok(answer) = answer.json().await
            {
                return answer;
            }
            sleep(RETRY_PAUSE).await;
        }
    }
}
