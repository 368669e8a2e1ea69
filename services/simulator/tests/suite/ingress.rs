//! An ingress for tests: as strict as the real one about signatures, and it answers what it is told to.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chassis::{Clock, Ids, Secret};
use chrono::{DateTime, TimeDelta, Utc};
use simulator::{Message, Settings, Simulator};
use whatsapp::payload::Value;
use whatsapp::{AppSecrets, PhoneNumberId, SIGNATURE_HEADER, WaId, split};

pub(crate) const SECRET: &str = "app-secret";
pub(crate) const PERSON: &str = "16505550142";
pub(crate) const BUSINESS: &str = "207358419203847";

#[derive(Clone, Default)]
pub(crate) struct Ingress {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    bodies: Vec<Bytes>,
    refused: usize,
    answers: Vec<u16>,
}

pub(crate) struct Stage {
    pub(crate) ingress: Ingress,
    pub(crate) clock: Clock,
    pub(crate) simulator: Simulator,
}

impl Stage {
    pub(crate) async fn new() -> Stage {
        let ingress = Ingress::default();
        let target = ingress.clone().listen().await;
        let clock = Clock::manual(DateTime::from_timestamp(1_794_992_403, 0).expect("valid"));
        let settings = Settings { target, app_secret: Secret::new(SECRET), app_id: simulator::APP_ID.to_owned() };
        let simulator = Simulator::new(settings, clock.clone(), &Ids::seeded(clock.clone(), 7)).expect("loopback");
        Stage { ingress, clock, simulator }
    }

    pub(crate) fn say(&self, from: &str, message: serde_json::Value) -> simulator::Said {
        let mut message = message;
        message["to"] = BUSINESS.into();
        let message: Message = serde_json::from_value(message).expect("a message");
        self.simulator.say(&person(from), &message).expect("said")
    }

    /// Moves the clock and makes what is due then.
    pub(crate) async fn after(&self, time: TimeDelta) -> usize {
        self.clock.advance(time);
        self.simulator.deliver_due().await
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

pub(crate) fn person(wa_id: &str) -> WaId {
    WaId::parse(wa_id).expect("digits")
}

pub(crate) fn business() -> PhoneNumberId {
    PhoneNumberId::parse(BUSINESS).expect("digits")
}

impl Ingress {
    async fn listen(self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/webhooks/meta", post(take)).with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/webhooks/meta")
    }

    /// What the next requests are answered with; 200 after that.
    pub(crate) fn answer(&self, answers: &[u16]) {
        self.seen.lock().expect("lock").answers = answers.iter().rev().copied().collect();
    }

    /// Everything that was signed rightly, answered 200 or not.
    pub(crate) fn bodies(&self) -> Vec<Bytes> {
        self.seen.lock().expect("lock").bodies.clone()
    }

    pub(crate) fn refused(&self) -> usize {
        self.seen.lock().expect("lock").refused
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        let parse = |body: Bytes| split(&body).expect("readable").iter().map(|change| Value::parse(change.raw)).collect::<Vec<_>>();
        self.bodies().into_iter().flat_map(parse).collect()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |value: Value| value.messages.into_iter().map(|message| message.kind.text().unwrap_or_default().to_owned());
        self.values().into_iter().flat_map(text).collect()
    }

    pub(crate) fn clear(&self) {
        self.seen.lock().expect("lock").bodies.clear();
    }
}

async fn take(State(ingress): State<Ingress>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    let signed = AppSecrets::new(SECRET, None).expect("not empty").verify(&body, signature).is_ok();
    let mut seen = ingress.seen.lock().expect("lock");
    if !signed {
        seen.refused += 1;
        return StatusCode::UNAUTHORIZED;
    }
    seen.bodies.push(body);
    StatusCode::from_u16(seen.answers.pop().unwrap_or(200)).expect("a status")
}
