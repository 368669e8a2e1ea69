//! The simulated Meta as a process of its own, asked by a test: people write, calls go wrong, and phones tell what they received.
//!
//! It is never killed by those who use this: what its phones have is the record of what really happened.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};

/// Entries of one answer.
const PAGE: usize = 10_000;
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// Longer than this are answers held of which nobody may hear: whoever gives a call less time than this meets its end.
pub const HELD: Duration = Duration::from_secs(2);

/// For the number's sake, the person's, and Meta's own: the codes with which [`Sim::one_in_ten_unanswered_and_one_refused`] refuses.
pub const REFUSALS: [i64; 3] = [130_429, 131_056, 131_016];

/// See the module.
#[derive(Debug, Clone)]
pub struct Sim {
    base: String,
    http: reqwest::Client,
}

/// A message on a phone.
#[derive(Debug, Clone)]
pub struct OnPhone {
    /// What the business gave with it.
    pub callback: Option<String>,
    /// Meta's id of it.
    pub wamid: String,
    /// When it was received.
    pub at: DateTime<Utc>,
}

impl Sim {
    /// At `http://127.0.0.1:…`.
    ///
    /// # Panics
    /// No client can be made.
    pub fn new(base: impl Into<String>) -> Self {
        let http = reqwest::Client::builder().timeout(ANSWER_TIME_MAX).build().expect("a client");
        Self { base: base.into(), http }
    }

    /// Something happens there.
    ///
    /// # Panics
    /// It does not answer with success.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("{}/sim/api{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("the simulated Meta answers");
        let status = answer.status().as_u16();
        let answer = answer.json().await.unwrap_or(Value::Null);
        assert!((200..300).contains(&status), "{path} answered {status}: {answer}");
        answer
    }

    /// How it behaves.
    pub async fn rules(&self, rules: Value) {
        self.call(Method::PUT, "/rules", Some(rules)).await;
    }

    /// Nothing is limited, everybody can be written to at any time.
    pub async fn allow_everything(&self) {
        self.rules(json!({ "throughput": 0, "pair_burst": 0, "everybody": true, "always_open": true })).await;
    }

    /// What goes wrong with calls.
    pub async fn faults(&self, faults: Value) {
        self.call(Method::PUT, "/graph/faults", Some(faults)).await;
    }

    /// Of ten messages that are sent one goes without an answer, broken off or held for longer than [`HELD`], which most times was taken, and one
    /// is not taken: for the number's sake, the person's, or Meta's own. Of a hundred one is taken and two are not, and the answer does not say
    /// which.
    pub async fn one_in_ten_unanswered_and_one_refused(&self, seed: u64) {
        let [number, person, meta] = REFUSALS;
        let held_ms = 2 * HELD.as_millis() as u64;
        let unknown = |done: bool| json!({ "code": 131_000, "http_status": 500, "done": done });
        let shares = [
            (7, json!({ "lose_answer": true })),
            // A status tells of the first while the call is held, nothing of the second.
            (2, json!({ "lose_answer": true, "hold_ms": held_ms })),
            (2, json!({ "http_status": 502, "hold_ms": held_ms })),
            (3, json!({ "code": number })),
            (4, json!({ "code": person })),
            (2, json!({ "code": meta, "http_status": 503, "is_transient": true })),
            (1, json!({ "http_status": 502 })),
            (1, unknown(true)),
            (1, unknown(false)),
        ];
        let faults = shares.into_iter().zip(seed..).map(|((percent, mut fault), seed)| {
            (fault["call"], fault["percent"], fault["seed"]) = (json!("send_message"), json!(percent), json!(seed));
            fault
        });
        self.faults(faults.collect()).await;
    }

    /// Somebody signs a number up; what the browser would tell us.
    pub async fn signup(&self, phone_number_id: &str, waba_id: &str) -> Value {
        let wanted = json!({ "phone_number_id": phone_number_id, "waba_id": waba_id });
        let code = self.call(Method::POST, "/signups", Some(wanted)).await["code"].clone();
        json!({ "code": code, "event": "FINISH", "phone_number_id": phone_number_id, "waba_id": waba_id })
    }

    /// Somebody writes to a number.
    pub async fn writes(&self, phone: &str, number: &str, text: &str) {
        let message = json!({ "to": number, "type": "text", "text": text });
        self.call(Method::POST, &format!("/phones/{phone}/messages"), Some(message)).await;
    }

    /// Tries all webhooks again that were not acknowledged, without the pause that Meta would make.
    pub async fn hurry(&self) {
        self.call(Method::POST, "/deliveries/retry", None).await;
    }

    /// How many webhooks are not acknowledged yet.
    pub async fn undelivered(&self) -> u64 {
        self.call(Method::GET, "/deliveries", None).await["undelivered"].as_u64().unwrap_or(u64::MAX)
    }

    /// Everything that phones received, in order.
    pub async fn received(&self) -> Vec<OnPhone> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let page = self.call(Method::GET, &format!("/received?after={after}&limit={PAGE}"), None).await;
            let Some(last) = page["data"].as_array().and_then(|data| data.last()).and_then(|entry| entry["number"].as_u64()) else {
                return all;
            };
            all.extend(page["data"].as_array().into_iter().flatten().map(OnPhone::of));
            after = last;
        }
    }

    /// How often each message is on phones, by what came with it.
    pub async fn times_received(&self) -> BTreeMap<String, u64> {
        let mut times = BTreeMap::new();
        for message in self.received().await {
            *times.entry(message.callback.unwrap_or_else(|| format!("nothing, with {}", message.wamid))).or_default() += 1;
        }
        times
    }
}

impl OnPhone {
    fn of(entry: &Value) -> Self {
        let text = |name: &str| entry[name].as_str().map(str::to_owned);
        Self {
            callback: text("biz_opaque_callback_data"),
            wamid: text("wamid").expect("a wamid"),
            at: text("at").and_then(|at| at.parse().ok()).expect("an instant"),
        }
    }
}
