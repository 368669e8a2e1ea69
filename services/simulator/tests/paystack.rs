//! The local Paystack: as strict as Paystack about what is asked, and its webhooks signed, repeated, late, lost as asked for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use chassis::{Clock, Health, Ids, Metrics, Secret, Site};
use chrono::{DateTime, TimeDelta};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use simulator::paystack::{self, Paystack, PaystackFaults, PaystackSettings};
use tower::ServiceExt;

const KEY: &str = "sk_test_0123456789";

/// What stands at the other end: takes webhooks that are signed rightly, and answers what it is told to.
#[derive(Clone, Default)]
struct Ingress(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    bodies: Vec<Bytes>,
    refused: usize,
    /// What the next ones are answered with, the last first; 200 after that.
    answers: Vec<u16>,
}

async fn take(State(ingress): State<Ingress>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut seen = ingress.0.lock().unwrap();
    if headers["x-paystack-signature"] != paystack::sign(KEY, &body) {
        seen.refused += 1;
        return StatusCode::UNAUTHORIZED;
    }
    seen.bodies.push(body);
    StatusCode::from_u16(seen.answers.pop().unwrap_or(200)).unwrap()
}

struct World {
    ingress: Ingress,
    clock: Clock,
    paystack: Paystack,
    router: Router,
}

impl World {
    async fn new() -> Self {
        let ingress = Ingress::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = format!("http://{}/webhooks/paystack", listener.local_addr().unwrap());
        let router = Router::new().route("/webhooks/paystack", post(take)).with_state(ingress.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let clock = Clock::manual(DateTime::from_timestamp(1_794_992_403, 0).unwrap());
        let ids = Ids::seeded(clock.clone(), 7);
        let settings = PaystackSettings { paystack_target: target, paystack_secret_key: Secret::new(KEY) };
        let paystack = Paystack::new(settings, clock.clone(), &ids).unwrap();
        let site = Site::new("Test", Secret::new("key"), Health::new(), Metrics::install().unwrap(), ids);
        let router = site.finish(paystack::routes(paystack.clone())).unwrap();
        Self { ingress, clock, paystack, router }
    }

    async fn send(&self, method: &str, path: &str, key: Option<&str>, host: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/sim/paystack{path}")).header("host", host);
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        request = request.header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into()))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, Some(KEY), "127.0.0.1:8080", None).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send("POST", path, Some(KEY), "127.0.0.1:8080", Some(body)).await
    }

    fn faults(&self, faults: PaystackFaults) {
        self.paystack.set_faults(faults).unwrap();
    }

    /// Opens a page for `reference`; gives its path.
    async fn open(&self, reference: &str) -> String {
        let (status, answer) = self.post("/transaction/initialize", sum(reference)).await;
        assert_eq!(status, 200, "{answer}");
        let url = answer["data"]["authorization_url"].as_str().unwrap();
        url.strip_prefix("http://127.0.0.1:8080/sim/paystack").unwrap().to_owned()
    }

    async fn pay(&self, page: &str, card: &str) -> (u16, Value) {
        self.post(&format!("{page}/payment"), json!({ "card": card })).await
    }

    /// Somebody pays with a card; the authorization that it leaves.
    async fn paid(&self, reference: &str, card: &str) -> String {
        let page = self.open(reference).await;
        assert_eq!(self.pay(&page, card).await.1["status"], "success");
        let (_, verified) = self.get(&format!("/transaction/verify/{reference}")).await;
        verified["data"]["authorization"]["authorization_code"].as_str().unwrap().to_owned()
    }

    async fn charge(&self, reference: &str, code: &str) -> (u16, Value) {
        let mut body = sum(reference);
        body["authorization_code"] = code.into();
        self.post("/transaction/charge_authorization", body).await
    }

    async fn after(&self, time: TimeDelta) -> usize {
        self.clock.advance(time);
        self.paystack.deliver_due().await
    }

    fn bodies(&self) -> Vec<Bytes> {
        self.ingress.0.lock().unwrap().bodies.clone()
    }

    /// Event and reference of every webhook that arrived.
    fn heard(&self) -> Vec<(String, String)> {
        let read = |body: &Bytes| {
            let body: Value = serde_json::from_slice(body).unwrap();
            (body["event"].as_str().unwrap().to_owned(), body["data"]["reference"].as_str().unwrap().to_owned())
        };
        self.bodies().iter().map(read).collect()
    }
}

fn sum(reference: &str) -> Value {
    json!({"email": "ada@example.com", "amount": 57_000, "currency": "ZAR", "reference": reference, "callback_url": "http://localhost/done"})
}

fn heard(event: &str, reference: &str) -> (String, String) {
    (event.to_owned(), reference.to_owned())
}

#[tokio::test]
async fn a_customer_pays_at_the_page_and_the_card_pays_again() {
    let world = World::new().await;
    let page = world.open("pay-1").await;
    let (_, open) = world.get("/transaction/verify/pay-1").await;
    assert_eq!((&open["data"]["status"], &open["data"]["paid_at"]), (&json!("abandoned"), &Value::Null));
    let (status, html) = world.get(&page).await;
    assert!(status == 200 && html.as_str().unwrap().contains("Simulated Paystack"));
    let (_, shown) = world.get(&format!("{page}/payment")).await;
    assert_eq!((&shown["amount"], &shown["currency"], &shown["email"]), (&json!(57_000), &json!("ZAR"), &json!("ada@example.com")));
    let (_, paid) = world.pay(&page, "good").await;
    assert_eq!(paid["redirect_to"], "http://localhost/done?trxref=pay-1&reference=pay-1");
    assert_eq!(world.pay(&page, "good").await.0, 409, "paid already");
    let (_, verified) = world.get("/transaction/verify/pay-1").await;
    let (data, authorization) = (&verified["data"], &verified["data"]["authorization"]);
    assert_eq!((&data["status"], &data["paid_at"]), (&json!("success"), &json!("2026-11-18T09:00:03.000Z")));
    assert_eq!((&authorization["reusable"], &data["customer"]["email"]), (&json!(true), &json!("ada@example.com")));
    let (status, charged) = world.charge("pay-2", authorization["authorization_code"].as_str().unwrap()).await;
    assert_eq!((status, &charged["data"]["status"], &charged["data"]["reference"]), (200, &json!("success"), &json!("pay-2")));
    world.paystack.deliver_due().await;
    let mut all = world.heard();
    all.sort();
    assert_eq!(all, [heard("charge.success", "pay-1"), heard("charge.success", "pay-2")]);
    let body: Value = serde_json::from_slice(&world.bodies()[0]).unwrap();
    assert!(body["data"]["amount"] == 57_000 && body["data"]["currency"] == "ZAR");
}

#[tokio::test]
async fn a_reference_is_taken_once_whatever_became_of_it() {
    let world = World::new().await;
    let code = world.paid("pay-1", "good").await;
    for (status, answer) in [world.post("/transaction/initialize", sum("pay-1")).await, world.charge("pay-1", &code).await] {
        assert_eq!((status, &answer["message"], &answer["status"]), (400, &json!("Duplicate Transaction Reference"), &json!(false)));
    }
    world.faults(PaystackFaults { insufficient_funds: true, ..PaystackFaults::default() });
    let (status, declined) = world.charge("pay-2", &code).await;
    assert_eq!((status, &declined["status"], &declined["data"]["status"]), (200, &json!(true), &json!("failed")));
    assert_eq!(declined["data"]["gateway_response"], "Insufficient Funds");
    world.faults(PaystackFaults::default());
    assert_eq!(world.charge("pay-2", &code).await.0, 400, "a failed charge has used its reference");
    assert_eq!(world.charge("pay-3", &code).await.1["data"]["status"], "success");
    let (_, made_up) = world.post("/transaction/initialize", json!({"email": "a@b.co", "amount": "57000"})).await;
    assert!(!made_up["data"]["reference"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn without_the_secret_key_nothing_is_told_or_done() {
    let world = World::new().await;
    for key in [None, Some(""), Some("sk_test_other"), Some("sk_test_0123456789 ")] {
        for (method, path) in [
            ("POST", "/transaction/initialize"),
            ("POST", "/transaction/charge_authorization"),
            ("GET", "/transaction/verify/pay-1"),
            ("GET", "/transaction"),
        ] {
            let (status, answer) = world.send(method, path, key, "localhost", Some(sum("pay-1"))).await;
            assert_eq!((status, &answer["status"]), (401, &json!(false)), "{key:?} {method} {path}");
        }
    }
    let (status, _) = world.send("GET", "/transaction", Some(KEY), "evil.example", None).await;
    assert_eq!(status, 403, "this machine alone");
    assert_eq!(world.get("/transaction/verify/pay-1").await.0, 404);
    assert_eq!(world.get("/pay/nothing").await.0, 404);
}

#[tokio::test]
async fn an_authorization_belongs_to_its_customer_and_not_every_card_pays_twice() {
    let world = World::new().await;
    let (once, later) = (world.paid("pay-1", "single_use").await, world.paid("pay-2", "declined_later").await);
    assert_eq!(world.charge("pay-3", &once).await.0, 400);
    assert_eq!(world.charge("pay-4", "AUTH_nothing").await.0, 400);
    assert_eq!(world.charge("pay-5", &later).await.1["data"]["status"], "failed");
    let mut other = sum("pay-6");
    (other["email"], other["authorization_code"]) = (json!("eve@example.com"), json!(later));
    let (status, answer) = world.post("/transaction/charge_authorization", other).await;
    assert!(status == 400 && answer["message"].as_str().unwrap().starts_with("Email does not match"));
    let page = world.open("pay-7").await;
    assert_eq!(world.pay(&page, "insufficient_funds").await.1["status"], "failed");
    assert_eq!(world.pay(&page, "good").await.1["status"], "success", "another card at the same page");
    world.paystack.deliver_due().await;
    let about: Vec<_> = world.heard().into_iter().filter(|(_, reference)| reference == "pay-7").map(|(event, _)| event).collect();
    assert_eq!(about.len(), 2);
    assert!(about.contains(&"charge.failed".to_owned()) && about.contains(&"charge.success".to_owned()));
}

#[tokio::test]
async fn transactions_are_listed_by_time_page_by_page() {
    let world = World::new().await;
    for n in 0..5 {
        world.open(&format!("pay-{n}")).await;
        world.clock.advance(TimeDelta::hours(1));
    }
    let references = |answer: &Value| -> Vec<String> {
        answer["data"].as_array().unwrap().iter().map(|one| one["reference"].as_str().unwrap().to_owned()).collect()
    };
    let (_, first) = world.get("/transaction?perPage=2&page=1").await;
    assert_eq!(references(&first), ["pay-4", "pay-3"]);
    assert_eq!((&first["meta"]["total"], &first["meta"]["pageCount"]), (&json!(5), &json!(3)));
    assert_eq!(references(&world.get("/transaction?perPage=2&page=3").await.1), ["pay-0"]);
    let (_, part) = world.get("/transaction?from=2026-11-18T10:00:03.000Z&to=2026-11-18T11:00:03.000Z").await;
    assert_eq!(references(&part), ["pay-2", "pay-1"]);
    assert_eq!(references(&world.get("/transaction?status=success").await.1), [""; 0]);
    for bad in ["perPage=0", "perPage=101", "page=0", "page=x", "from=yesterday"] {
        assert_eq!(world.get(&format!("/transaction?{bad}")).await.0, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_webhook_that_is_refused_comes_again_with_the_same_bytes_until_the_third_day() {
    let world = World::new().await;
    world.ingress.0.lock().unwrap().answers = vec![204, 500, 503];
    world.paid("pay-1", "good").await;
    assert_eq!(world.paystack.deliver_due().await, 1);
    for _ in 0..3 {
        assert_eq!(world.after(TimeDelta::minutes(3) - TimeDelta::milliseconds(1)).await, 0);
        assert_eq!(world.after(TimeDelta::milliseconds(1)).await, 1);
    }
    assert_eq!((world.bodies().len(), world.paystack.undelivered()), (4, 0), "204 is no 200");
    assert!(world.bodies().iter().all(|body| *body == world.bodies()[0]));
    world.ingress.0.lock().unwrap().answers = vec![500; 1_000];
    world.paid("pay-2", "good").await;
    let start = world.clock.now();
    while world.paystack.undelivered() > 0 {
        world.after(TimeDelta::minutes(1)).await;
        assert!(world.clock.now() - start < TimeDelta::days(4), "still trying");
    }
    assert!(world.clock.now() - start > TimeDelta::hours(70), "gave up early");
}

#[tokio::test]
async fn webhooks_go_wrong_as_asked_for() {
    let world = World::new().await;
    world.faults(PaystackFaults { duplicate: 3, delay_ms: 5_000, ..PaystackFaults::default() });
    world.paid("pay-1", "good").await;
    assert_eq!(world.after(TimeDelta::milliseconds(4_999)).await, 0);
    assert_eq!(world.after(TimeDelta::milliseconds(1)).await, 4);
    assert!(world.bodies().len() == 4 && world.bodies().iter().all(|body| *body == world.bodies()[0]));
    world.faults(PaystackFaults { lose: 1.0, ..PaystackFaults::default() });
    world.paid("pay-2", "good").await;
    assert_eq!(world.after(TimeDelta::days(5)).await, 0, "it was never sent");
    assert_eq!(world.get("/transaction/verify/pay-2").await.1["data"]["status"], "success");
    world.faults(PaystackFaults { wrong_signature: 1.0, ..PaystackFaults::default() });
    world.paid("pay-3", "good").await;
    world.paystack.deliver_due().await;
    let refused = world.ingress.0.lock().unwrap().refused;
    assert_eq!((refused, world.bodies().len()), (1, 4));
    world.faults(PaystackFaults { drop: 1.0, ..PaystackFaults::default() });
    world.after(TimeDelta::minutes(3)).await;
    assert_eq!((world.bodies().len(), world.paystack.undelivered()), (4, 1));
    world.faults(PaystackFaults::default());
    world.after(TimeDelta::minutes(3)).await;
    assert_eq!((world.bodies().len(), world.paystack.undelivered()), (5, 0));
}

#[tokio::test]
async fn a_call_that_timed_out_was_carried_out_and_one_that_failed_was_not() {
    let world = World::new().await;
    let code = world.paid("pay-1", "good").await;
    world.faults(PaystackFaults { time_out_after_accepting: 1.0, ..PaystackFaults::default() });
    let (status, answer) = world.charge("pay-2", &code).await;
    assert!(status == 504 && answer.is_string(), "{answer}");
    world.faults(PaystackFaults { unavailable: 1.0, ..PaystackFaults::default() });
    assert_eq!(world.charge("pay-3", &code).await.0, 500);
    world.faults(PaystackFaults::default());
    assert_eq!(world.get("/transaction/verify/pay-2").await.1["data"]["status"], "success");
    assert_eq!(world.get("/transaction/verify/pay-3").await.0, 404);
    let (status, _) = world.send("PUT", "/faults", None, "localhost", Some(json!({"lose": 1.5}))).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn money_that_went_back_is_reversed_and_reported_once() {
    let world = World::new().await;
    world.paid("pay-1", "good").await;
    world.paystack.deliver_due().await;
    let page = world.open("pay-2").await;
    assert_eq!(world.post("/refund", json!({ "transaction": "pay-2" })).await.0, 400, "nobody has paid it");
    assert_eq!(world.post("/refund", json!({ "transaction": "pay-3" })).await.0, 404);
    assert_eq!(world.post("/refund", json!({ "transaction": "pay-1" })).await.0, 200);
    assert_eq!(world.post("/refund", json!({ "transaction": "pay-1" })).await.0, 400, "once");
    assert_eq!(world.paystack.deliver_due().await, 1);
    let report: Value = serde_json::from_slice(world.bodies().last().unwrap()).unwrap();
    assert_eq!((&report["event"], &report["data"]["transaction_reference"]), (&json!("refund.processed"), &json!("pay-1")));
    assert_eq!(world.get("/transaction/verify/pay-1").await.1["data"]["status"], "reversed");
    assert_eq!(world.pay(&page, "good").await.0, 200);
}
