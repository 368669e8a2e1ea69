//! Meta: signs, posts, and posts again until it is told 200. And the people who write, each one message after another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chassis::Clock;
use contract::ProjectId;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::Tally;
use crate::apart::Apart;
use crate::bodies;
use crate::dice::Dice;

/// The pause before the second attempt; it doubles up to the longest. Meta's own pauses are longer; the order of things is the same.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(50);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1);
/// How long Meta waits for an answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// What was acknowledged, of one project.
pub(super) struct Ledger {
    pub(super) project: ProjectId,
    pub(super) number: String,
    pub(super) entries: Mutex<Entries>,
}

#[derive(Default)]
pub(super) struct Entries {
    /// By phone: wamids in the order in which they were acknowledged.
    pub(super) messages: BTreeMap<String, Vec<String>>,
    /// Wamid and status.
    pub(super) statuses: BTreeSet<(String, String)>,
    /// Messages of errors that name nobody.
    pub(super) unassigned: BTreeSet<String>,
}

impl Ledger {
    pub(super) fn new(project: ProjectId, number: String) -> Self {
        Self { project, number, entries: Mutex::default() }
    }

    fn note(&self, note: impl FnOnce(&mut Entries)) {
        note(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The sender of webhooks.
pub(super) struct Meta {
    url: String,
    secret: String,
    http: reqwest::Client,
    acknowledged: AtomicU64,
    attempts: AtomicU64,
    refused: Mutex<BTreeMap<String, u64>>,
    last_trouble: Mutex<String>,
}

impl Meta {
    pub(super) fn new(base: &str, apart: &Apart) -> Self {
        Self {
            url: format!("{base}/webhooks/meta"),
            secret: apart.keys.meta_app_secret.expose().to_owned(),
            http: reqwest::Client::builder().timeout(ANSWER_TIME_MAX).build().expect("a client"),
            acknowledged: AtomicU64::new(0),
            attempts: AtomicU64::new(0),
            refused: Mutex::default(),
            last_trouble: Mutex::default(),
        }
    }

    /// Posts until it is acknowledged.
    async fn deliver(&self, body: &[u8]) {
        let signature = whatsapp::sign(&self.secret, body);
        let mut pause = RETRY_PAUSE_MIN;
        loop {
            self.attempts.fetch_add(1, Ordering::Relaxed);
            let request = self.http.post(&self.url).header(whatsapp::SIGNATURE_HEADER, &signature).body(body.to_vec());
            let trouble = match request.send().await {
                Ok(answer) if answer.status() == 200 => break,
                Ok(answer) => format!("answered {}", answer.status().as_u16()),
                Err(error) if error.is_connect() => "no connection".to_owned(),
                Err(error) if error.is_timeout() => "no answer in time".to_owned(),
                Err(_) => "connection lost".to_owned(),
            };
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(trouble.clone()).or_default() += 1;
            *self.last_trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
            sleep(pause).await;
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
        }
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn last_trouble(&self) -> String {
        self.last_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn tell(&self, tally: &mut Tally) {
        tally.count("webhooks acknowledged", self.acknowledged.load(Ordering::Relaxed));
        tally.count("attempts", self.attempts.load(Ordering::Relaxed));
        for (trouble, times) in &*self.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            tally.count(&format!("  of which: {trouble}"), *times);
            // Meta would give up on these, or tell us that they are our fault.
            if trouble.starts_with("answered") && !trouble.ends_with("503") {
                tally.violation(format!("a webhook was {trouble}"));
            }
        }
    }
}

/// Someone who writes, and to whom the business writes. Sends nothing before the last thing was acknowledged.
pub(super) struct Person {
    phone: String,
    meta: Arc<Meta>,
    ledger: Arc<Ledger>,
    dice: Dice,
    /// Meta's time stamp of the first message: it is young enough to be answered.
    first_second: i64,
    said: u64,
}

impl Person {
    pub(super) fn new(phone: String, meta: Arc<Meta>, ledger: Arc<Ledger>, dice: Dice) -> Self {
        Self { phone, meta, ledger, dice, first_second: Clock::System.now().timestamp(), said: 0 }
    }

    /// Writes until it is calm.
    pub(super) async fn write(mut self, pause: Duration, calm: CancellationToken) {
        let mut pace = interval(pause);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !calm.is_cancelled() {
            pace.tick().await;
            match self.dice.below(100) {
                0..55 => self.say(1, 1).await,
                55..65 => self.say(1, 3).await,
                65..80 => self.say(3, 1).await,
                80..95 => self.hear().await,
                _ => self.fail().await,
            }
        }
    }

    fn next(&mut self) -> (String, i64) {
        self.said += 1;
        (format!("wamid.{}.{}.{:06}", self.ledger.number, self.phone, self.said), self.first_second + (self.said / 3) as i64)
    }

    /// So many messages in one body, which is posted so many times at once.
    async fn say(&mut self, messages: usize, times: usize) {
        let said: Vec<(String, i64)> = (0..messages).map(|_| self.next()).collect();
        let bodies: Vec<Vec<u8>> =
            said.iter().map(|(wamid, second)| bodies::text(&self.ledger.number, &self.phone, wamid, *second, wamid)).collect();
        let body = bodies::together(&bodies);
        futures::future::join_all((0..times).map(|_| self.meta.deliver(&body))).await;
        let wamids = said.into_iter().map(|(wamid, _)| wamid);
        self.ledger.note(|entries| entries.messages.entry(self.phone.clone()).or_default().extend(wamids));
    }

    /// The business writes, and statuses come in any order, the message anywhere among them.
    async fn hear(&mut self) {
        let (wamid, second) = self.next();
        let mut order = ["echo", "sent", "delivered", "read"];
        self.dice.shuffle(&mut order);
        for what in order {
            let body = match what {
                "echo" => bodies::echo(&self.ledger.number, &self.phone, &wamid, second, &wamid),
                status => bodies::status(&self.ledger.number, &self.phone, &wamid, status, second),
            };
            self.meta.deliver(&body).await;
            self.ledger.note(|entries| match what {
                "echo" => entries.messages.entry(self.phone.clone()).or_default().push(wamid.clone()),
                status => {
                    entries.statuses.insert((wamid.clone(), status.to_owned()));
                }
            });
        }
    }

    /// An error that names nobody.
    async fn fail(&mut self) {
        let (wamid, _) = self.next();
        let error = json!({ "code": 131_000, "title": "Something went wrong", "message": wamid });
        self.meta.deliver(&bodies::change(&self.ledger.number, json!({ "errors": [error] }))).await;
        self.ledger.note(|entries| {
            entries.unassigned.insert(wamid);
        });
    }
}
