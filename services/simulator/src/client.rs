//! The one place that speaks HTTP: webhooks to ingress, and commands to a running simulator. Both on this machine.

use std::time::Duration;

use bytes::Bytes;
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::Value;

/// After so long without an answer Meta takes a webhook as undelivered (not documented; 5, 10 and 20 s are reported).
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Bytes of an answer to a command.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The client, built once. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(Client);

/// A command did not work out.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("no simulator at {0}; start one with `paige up` or `simulator serve`")]
    Unreachable(String),
    #[error("{status}: {text}")]
    Refused { status: u16, text: String },
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

impl HttpClient {
    /// # Errors
    /// The client cannot be built, in words.
    pub(crate) fn new() -> Result<Self, String> {
        let client = Client::builder()
            .timeout(ANSWER_LIMIT)
            .connect_timeout(CONNECT_LIMIT)
            .redirect(Policy::none())
            .no_proxy()
            .user_agent("facebookexternalua")
            .build();
        client.map(Self).map_err(|error| error.to_string())
    }

    /// Posts a webhook; the answer's status, or why there is none.
    pub(crate) async fn webhook(&self, url: &str, body: Bytes, signature: &str) -> Result<u16, String> {
        let request = self.0.post(url).header("content-type", "application/json").header("x-hub-signature-256", signature).body(body);
        match request.send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) if error.is_timeout() => Err(format!("no answer in {} s", ANSWER_LIMIT.as_secs())),
            Err(error) if error.is_connect() => Err("no connection".to_owned()),
            Err(error) => Err(error.without_url().to_string()),
        }
    }

    /// Posts a webhook as Paystack does; the answer's status, or why there is none.
    pub(crate) async fn payment_webhook(&self, url: &str, body: Bytes, signature: &str, answer_limit: Duration) -> Result<u16, String> {
        let request = self.0.post(url).header("content-type", "application/json").header("x-paystack-signature", signature).body(body);
        match request.timeout(answer_limit).send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(error) if error.is_timeout() => Err(format!("no answer in {} s", answer_limit.as_secs())),
            Err(error) if error.is_connect() => Err("no connection".to_owned()),
            Err(error) => Err(error.without_url().to_string()),
        }
    }

    /// Calls a running simulator.
    pub(crate) async fn call(&self, method: Method, url: &str, body: Option<&Value>) -> Result<Value, CallError> {
        let mut request = self.0.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|_| CallError::Unreachable(url.to_owned()))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| CallError::Unreadable(error.without_url().to_string()))?;
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(CallError::Unreadable("too long".to_owned()));
        }
        if !status.is_success() {
            return Err(CallError::Refused { status: status.as_u16(), text: String::from_utf8_lossy(&bytes).into_owned() });
        }
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| CallError::Unreadable(error.to_string()))
    }
}
