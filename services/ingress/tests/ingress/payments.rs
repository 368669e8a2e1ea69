//! Webhooks of the payment provider, on a real broker: kept before they are answered, once for each body, and only if signed; byte for byte,
//! unless card or person stand in them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chassis::{Clock, Health, Ids, Metrics, Secret, Site};
use contract::{PAYMENT_REPORTED, Recorded, Stream, Subject};
use embedded::Nats;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::BodyExt;
use ingress::{Ingress, PaymentSecrets, STREAMS};
use journal::{ConnectOptions, Journal};
use sha2::Sha512;
use tower::ServiceExt;
use whatsapp::AppSecrets;

const SECRET: &str = "sk_test_0123456789";
const OLD_SECRET: &str = "sk_test_old";
/// White space and numbers as no encoder would write them again.
const BODY: &str = "{\"event\": \"charge.success\",\n \"data\": {\"reference\":\"pay_1\", \"amount\": 57000.0}}";

struct World {
    nats: Nats,
    journal: Journal,
    router: Router,
}

impl World {
    async fn new(secrets: Option<PaymentSecrets>) -> Self {
        let nats = Nats::scratch().await.unwrap();
        let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.unwrap();
        journal.open(STREAMS).await.unwrap();
        let meta = AppSecrets::new("app-secret", None).unwrap();
        let ingress = Ingress::new(journal.clone(), Clock::System, meta, Secret::new("token")).with_payments(secrets);
        let site = Site::new("Test", Secret::new("key"), Health::new(), Metrics::install().unwrap(), Ids::new(Clock::System));
        Self { nats, journal, router: site.finish(ingress::routes(ingress)).unwrap() }
    }

    async fn configured() -> Self {
        Self::new(PaymentSecrets::new(Some(SECRET), Some(OLD_SECRET))).await
    }

    async fn post(&self, body: impl Into<Body>, signature: Option<&str>) -> (StatusCode, String) {
        let mut request = Request::post("/webhooks/paystack").header("content-type", "application/json");
        if let Some(signature) = signature {
            request = request.header("x-paystack-signature", signature);
        }
        let answer = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    }

    async fn kept(&self) -> Vec<Recorded> {
        self.journal.entity(&Subject::webhook("paystack", "event").unwrap()).await.unwrap()
    }

    async fn nothing_is_kept(&self) {
        assert_eq!(self.journal.state(Stream::Webhook).await.unwrap().messages, 0, "something was stored");
    }
}

fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn a_signed_body_with_nothing_private_is_kept_byte_for_byte_and_once() {
    let world = World::configured().await;
    for _ in 0..3 {
        assert_eq!(world.post(BODY, Some(&sign(SECRET, BODY.as_bytes()))).await.0, 200);
    }
    let other = BODY.replace("pay_1", "pay_2");
    assert_eq!(world.post(other.clone(), Some(&sign(OLD_SECRET, other.as_bytes()))).await.0, 200);
    let kept = world.kept().await;
    assert_eq!(kept.iter().map(|event| &event.data[..]).collect::<Vec<_>>(), [BODY.as_bytes(), other.as_bytes()]);
    assert!(kept.iter().all(|event| event.event_type.as_str() == PAYMENT_REPORTED));
    assert_eq!(kept[0].context.actor.as_deref(), Some("paystack"));
}

/// The signature is over what was sent, and so is the event's id; what is kept has neither card nor person in it.
#[tokio::test]
async fn what_charges_a_card_again_and_who_paid_never_reach_the_log() {
    let world = World::configured().await;
    let body = r#"{"event":"charge.success","data":{"reference":"pay-1","authorization":{"authorization_code":"AUTH_secret"},
        "customer":{"email":"ada@example.com","phone":"+27820000000"}}}"#;
    for _ in 0..2 {
        assert_eq!(world.post(body, Some(&sign(SECRET, body.as_bytes()))).await.0, 200);
    }
    let kept = world.kept().await;
    assert_eq!(kept.len(), 1, "the same bytes are the same event");
    let text = String::from_utf8_lossy(&kept[0].data);
    assert!(text.contains("pay-1"), "{text}");
    assert!(!["AUTH_secret", "ada@example.com", "+27820000000"].iter().any(|private| text.contains(private)), "{text}");
}

#[tokio::test]
async fn what_nobody_signed_leaves_no_trace() {
    let world = World::configured().await;
    let good = sign(SECRET, BODY.as_bytes());
    for (signature, code) in [
        (None, "signature_missing"),
        (Some(""), "signature_malformed"),
        (Some(&good[..126]), "signature_malformed"),
        (Some(&sign("another", BODY.as_bytes())), "signature_wrong"),
        (Some(&sign(SECRET, b"{}")), "signature_wrong"),
    ] {
        let (status, told) = world.post(BODY, signature).await;
        assert_eq!((status.as_u16(), told.as_str()), (401, code), "{signature:?}");
    }
    assert_eq!(world.post(BODY.replace("57000", "57001"), Some(&good)).await.0, 401);
    world.nothing_is_kept().await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_however_it_is_sent() {
    let world = World::configured().await;
    let body = vec![b' '; 1024 * 1024 + 1];
    let signature = sign(SECRET, &body);
    assert_eq!(world.post(body.clone(), Some(&signature)).await.0, 413);
    let parts: Vec<Result<Vec<u8>, std::io::Error>> = body.chunks(100_000).map(|part| Ok(part.to_vec())).collect();
    assert_eq!(world.post(Body::from_stream(futures::stream::iter(parts)), Some(&signature)).await.0, 413);
    world.nothing_is_kept().await;
    let largest = vec![b' '; 1024 * 1024];
    assert_eq!(world.post(largest.clone(), Some(&sign(SECRET, &largest))).await.0, 200);
}

#[tokio::test]
async fn without_a_secret_nothing_is_taken() {
    let world = World::new(PaymentSecrets::new(None, None)).await;
    let (status, code) = world.post(BODY, Some(&sign("", BODY.as_bytes()))).await;
    assert_eq!((status.as_u16(), code.as_str()), (503, "payments_unconfigured"));
    world.nothing_is_kept().await;
}

#[tokio::test]
async fn what_the_log_does_not_confirm_is_not_acknowledged() {
    let mut world = World::configured().await;
    world.nats.kill().await;
    let signature = sign(SECRET, BODY.as_bytes());
    assert_eq!(world.post(BODY, Some(&signature)).await.0, 503);
    world.nats.restart().await.unwrap();
    let began = std::time::Instant::now();
    while world.post(BODY, Some(&signature)).await.0 != 200 {
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "the log does not come back");
        tokio::task::yield_now().await;
    }
    assert_eq!(world.kept().await.len(), 1);
}
