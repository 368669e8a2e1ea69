//! A signed body that is about more numbers than the log lets appends wait, on a real broker: all of it is kept, each change once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use chassis::{Clock, Health, Ids, Metrics, Secret, Site};
use contract::{BODY_UNREADABLE, Stream, Subject};
use embedded::Nats;
use ingress::{Ingress, STREAMS};
use journal::{ConnectOptions, Journal};
use tower::ServiceExt;
use whatsapp::{AppSecrets, CHANGES_MAX, SIGNATURE_HEADER};

const SECRET: &str = "app-secret";
/// How often a body is sent again that was not kept in time.
const DELIVERIES_MAX: usize = 20;
/// Less than the log is waited for.
const TOO_MUCH_IS_TOLD_WITHIN: Duration = Duration::from_secs(4);

/// So many changes, each about a number of its own.
fn crowd(changes: usize) -> String {
    let change = |number| format!(r#"{{"field":"messages","value":{{"metadata":{{"phone_number_id":"{number}"}}}}}}"#);
    let changes: Vec<String> = (0..changes).map(change).collect();
    format!(r#"{{"object":"whatsapp_business_account","entry":[{{"id":"104857392016384","changes":[{}]}}]}}"#, changes.join(","))
}

async fn post(router: &Router, body: &str) -> u16 {
    let request = Request::post("/webhooks/meta").header(SIGNATURE_HEADER, whatsapp::sign(SECRET, body.as_bytes()));
    router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_about_ten_thousand_numbers_is_not_too_much_and_one_of_more_is_kept_whole() {
    let nats = Nats::scratch().await.unwrap();
    let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.unwrap();
    journal.open(STREAMS).await.unwrap();
    let ingress = Ingress::new(journal.clone(), Clock::System, AppSecrets::new(SECRET, None).unwrap(), Secret::new("token"));
    let site = Site::new("Test", Secret::new("key"), Health::new(), Metrics::install().unwrap(), Ids::new(Clock::System));
    let router = site.finish(ingress::routes(ingress)).unwrap();

    let body = crowd(CHANGES_MAX);
    let mut deliveries = 1;
    let mut started = Instant::now();
    while post(&router, &body).await != 200 {
        // A busy machine may need longer than Meta waits, and then what was kept is not kept again. Too much is refused at once.
        assert!(started.elapsed() > TOO_MUCH_IS_TOLD_WITHIN, "refused after {:?}, delivery {deliveries}", started.elapsed());
        assert!(deliveries < DELIVERIES_MAX, "it is never kept");
        deliveries += 1;
        started = Instant::now();
    }
    let kept = journal.state(Stream::Webhook).await.unwrap().messages;
    assert_eq!(kept, CHANGES_MAX as u64, "each change once, after {deliveries} deliveries");

    let body = crowd(CHANGES_MAX + 1);
    assert_eq!(post(&router, &body).await, 200);
    assert_eq!(journal.state(Stream::Webhook).await.unwrap().messages, kept + 1);
    let whole = journal.last(&Subject::webhook_unreadable()).await.unwrap().unwrap();
    assert_eq!((whole.event_type.as_str(), &whole.data[..]), (BODY_UNREADABLE, body.as_bytes()));
}
