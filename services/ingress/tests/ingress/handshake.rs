//! Meta asks whether the callback is ours: the challenge comes back byte for byte, and to nobody else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chassis::{Clock, Health, Ids, Metrics, Secret, Site};
use http_body_util::BodyExt;
use ingress::Ingress;
use tower::ServiceExt;
use whatsapp::AppSecrets;

/// Ingress as it answers before anything is stored.
fn site() -> Router {
    let secrets = AppSecrets::new("app-secret", None).unwrap();
    let ingress = Ingress::discarding(Clock::System, secrets, Secret::new("our token"));
    let site = Site::new("Test", Secret::new("key"), Health::new(), Metrics::install().unwrap(), Ids::new(Clock::System));
    site.finish(ingress::routes(ingress)).unwrap()
}

async fn ask(site: &Router, query: &str) -> (StatusCode, String, String) {
    let request = Request::get(format!("/webhooks/meta{query}")).body(Body::empty()).unwrap();
    let answer = site.clone().oneshot(request).await.unwrap();
    let content_type = answer.headers().get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, content_type, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn who_knows_the_token_gets_the_challenge_back_without_a_key() {
    let site = site();
    let longest = "7".repeat(1_024);
    for (challenge, told) in [("1158201444", "1158201444"), ("%3Cb%3E%20%26%C3%A4", "<b> &\u{e4}"), ("", ""), (&*longest, &*longest)] {
        let (status, content_type, body) =
            ask(&site, &format!("?hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token=our%20token")).await;
        assert_eq!((status, &*body), (StatusCode::OK, told));
        assert!(content_type.starts_with("text/plain"), "{content_type}: a browser must not take it for a page");
    }
}

#[tokio::test]
async fn everybody_else_is_refused() {
    let site = site();
    let too_long = format!("?hub.mode=subscribe&hub.challenge={}&hub.verify_token=our%20token", "7".repeat(1_025));
    for query in [
        "",
        "?hub.mode=subscribe&hub.challenge=1",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=our",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=our%20token%20",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=OUR%20TOKEN",
        "?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=our%20token",
        "?hub.challenge=1&hub.verify_token=our%20token",
        "?hub.mode=subscribe&hub.verify_token=our%20token",
        &too_long,
    ] {
        let (status, content_type, body) = ask(&site, query).await;
        assert_eq!((status, &*content_type), (StatusCode::FORBIDDEN, "application/problem+json"), "{query}");
        assert!(body.contains("verification_refused") && !body.contains("our token"), "{body}");
    }
}
