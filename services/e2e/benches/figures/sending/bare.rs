//! The measure: a bare client that posts what the sender would post, and keeps no word about it.

use std::time::Duration;

use contract::{Address, MessageId, MessageRequested, RawJson};
use e2e::history::History;
use futures::StreamExt;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};
use whatsapp::{Outbound, Recipient, WaId};

use super::TOKEN;
use super::house::{PEOPLE_EACH, PROJECTS};

pub(super) struct Bare {
    http: reqwest::Client,
    graph: String,
}

impl Bare {
    pub(super) fn new(graph: &str) -> Self {
        Self { http: reqwest::Client::builder().tcp_nodelay(true).build().expect("a client"), graph: graph.to_owned() }
    }

    /// Ready to be sent: numbers in turn, and the people of each.
    pub(super) fn request(&self, numbers: &[String], index: usize, callback: &str) -> reqwest::RequestBuilder {
        let (number, person) = (&numbers[index % PROJECTS], index / PROJECTS % PEOPLE_EACH);
        let message = json!({ "type": "text", "text": { "body": super::text(index) } });
        let outbound = Outbound::parse(&message).expect("a message");
        let to = Recipient::Phone(WaId::parse(&History::wa_id(person)).expect("digits"));
        self.http.post(format!("{}/{number}/messages", self.graph)).bearer_auth(TOKEN).json(&outbound.body(&to, callback))
    }

    /// Sends it and reads the whole answer.
    pub(super) async fn answered(request: reqwest::RequestBuilder) {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
        answer.bytes().await.expect("the whole answer");
    }

    /// Messages a second, so many on their way at once.
    pub(super) async fn throughput(&self, numbers: &[String], name: &str, count: usize, at_once: usize) -> f64 {
        let calls = (0..count).map(|index| Self::answered(self.request(numbers, index, &format!("{name}-{index}"))));
        per_second(calls, at_once).await
    }

    /// Messages a second, each number at its steady rate: whoever sends more is refused.
    pub(super) async fn paced(&self, numbers: &[String], name: &str, count: usize, rate: u32) -> f64 {
        let (start, mut calls) = (Instant::now(), JoinSet::new());
        let mut pace = interval(Duration::from_secs(1) / rate);
        for index in 0..count {
            if index % PROJECTS == 0 {
                pace.tick().await;
            }
            calls.spawn(Self::answered(self.request(numbers, index, &format!("{name}-{index}"))));
        }
        calls.join_all().await;
        count as f64 / start.elapsed().as_secs_f64()
    }
}

/// How many are done a second, so many at once.
pub(super) async fn per_second<F: Future<Output = ()>>(calls: impl ExactSizeIterator<Item = F>, at_once: usize) -> f64 {
    let (count, start) = (calls.len(), Instant::now());
    futures::stream::iter(calls).buffer_unordered(at_once).for_each(|()| std::future::ready(())).await;
    count as f64 / start.elapsed().as_secs_f64()
}

/// What conversations would have written down for the same message.
pub(super) fn requested(history: History, person: usize, index: usize, name: &str) -> MessageRequested {
    let now = chassis::Clock::System.now();
    let content = json!({ "type": "text", "text": { "body": super::text(index) } });
    MessageRequested {
        message: MessageId::of_request(history.project, history.contact(person), &format!("{name}-{index}")),
        conversation: history.conversation(person),
        kind: "text".to_owned(),
        text: Some(super::text(index)),
        reply_to: None,
        target: None,
        to: Address::WaId(History::wa_id(person)),
        template: None,
        flow: None,
        files: Vec::new(),
        digest: "0".repeat(64),
        content: RawJson::parse(&content.to_string()).expect("JSON"),
        at: now,
        expires_at: now + chrono::TimeDelta::hours(1),
    }
}
