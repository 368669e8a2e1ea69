//! Whoever shows something: calls the house over HTTP, as anybody would.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Failure;

/// How long a step may take.
const STEP_TIME_MAX: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

pub(super) struct Caller {
    base: String,
    key: String,
    http: reqwest::Client,
}

impl Caller {
    pub(super) fn new(base: String, key: String) -> Result<Self, Failure> {
        Ok(Self { base, key, http: reqwest::Client::builder().timeout(STEP_TIME_MAX).build()? })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(reqwest::Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.call(reqwest::Method::POST, path, Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.call(reqwest::Method::PUT, path, Some(body)).await
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        // What another of the house's answers names is an address of the house already.
        let url = if path.starts_with(&self.base) { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = self.http.request(method, url).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{path} answered {status}: {text}").into());
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(super) async fn until(&self, what: &str, condition: impl AsyncFn() -> Result<bool, Failure>) -> Result<(), Failure> {
        let started = Instant::now();
        while !condition().await? {
            if started.elapsed() > STEP_TIME_MAX {
                return Err(format!("waited in vain until {what}").into());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}
