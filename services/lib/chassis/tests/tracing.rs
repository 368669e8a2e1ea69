//! Spans end to end: from an incoming header through an event to the collector. One test, because a process has one subscriber.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use chassis::telemetry::{self, Error};
use chassis::{Clock, Health, Ids, Metrics, Secret, Site, TelemetryArgs, traceparent};
use clap::Parser;
use http_body_util::BodyExt;
use tower::ServiceExt;
use tracing::Instrument;
use utoipa_axum::router::OpenApiRouter;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

fn args(more: &[&str]) -> TelemetryArgs {
    Cli::parse_from([&["test"], more].concat()).telemetry
}

/// A collector that answers 200 and hands over what it was sent.
fn collector() -> (String, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (send, received) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
            while !is_whole(&bytes) {
                let count = stream.read(&mut chunk).expect("a request");
                bytes.extend_from_slice(&chunk[..count]);
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").expect("answered");
            send.send(bytes).expect("the test waits");
        }
    });
    (endpoint, received)
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    bytes.len() >= end + 4 + length.trim().parse::<usize>().expect("a number")
}

async fn ask(parent: &str) -> String {
    let router = OpenApiRouter::new().route("/trace", axum::routing::get(async || traceparent::current().unwrap_or_default()));
    let metrics = Metrics::install().expect("the one recorder");
    let site = Site::new("Test", Secret::new("key"), Health::new(), metrics, Ids::new(Clock::System))
        .finish(router)
        .expect("every route says what it needs");
    let request = Request::get("/trace").header("traceparent", parent).body(Body::empty()).expect("a request");
    let answer = site.oneshot(request).await.expect("infallible").into_body().collect().await.expect("a body");
    String::from_utf8(answer.to_bytes().to_vec()).expect("utf-8")
}

#[test]
fn a_trace_goes_from_the_header_through_an_event_to_the_collector() {
    let no_filter = TelemetryArgs { log: "a=b=c".to_owned(), ..args(&[]) };
    assert!(matches!(telemetry::start(&no_filter, "test"), Err(Error::Filter { .. })));
    let no_endpoint = TelemetryArgs { otlp_endpoint: Some("https://x".to_owned()), ..args(&[]) };
    assert!(matches!(telemetry::start(&no_endpoint, "test"), Err(Error::Endpoint)));
    assert_eq!(traceparent::current(), None, "without telemetry there is no trace");

    let (endpoint, received) = collector();
    let telemetry = telemetry::start(&args(&["--otlp-endpoint", &endpoint]), "test").expect("started");
    assert!(matches!(telemetry::start(&args(&[]), "test"), Err(Error::Installed(_))), "once per process");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        // A request brings its trace and gets a span of its own in it.
        let answered = ask(&format!("00-{TRACE}-00f067aa0ba902b7-01")).await;
        assert!(answered.starts_with(&format!("00-{TRACE}-")) && answered.ends_with("-01"), "{answered}");
        assert!(!answered.contains("00f067aa0ba902b7"), "{answered}");

        // The same value in an event makes its handling part of the trace.
        let span = tracing::info_span!("handle_event");
        assert!(traceparent::set_parent(&span, &answered));
        let carried = async { traceparent::current() }.instrument(span).await.expect("a trace");
        assert!(carried.starts_with(&format!("00-{TRACE}-")) && carried != answered, "{carried}");

        // What is said because of an event stays in the event's trace, whatever it is handled in.
        let span = tracing::info_span!("handle_event");
        assert!(traceparent::set_parent(&span, &answered));
        let other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        span.in_scope(|| {
            let current = traceparent::current();
            assert!(current.as_ref().is_some_and(|current| current.contains(TRACE) && *current != answered), "{current:?}");
            assert_eq!(traceparent::after(Some(&answered)), current, "a child of the span");
            assert_eq!(traceparent::after(Some(other)).as_deref(), Some(other), "another trace");
            assert_eq!((traceparent::after(None), traceparent::after(Some("nonsense"))), (current.clone(), current));
        });
        assert_eq!(traceparent::after(Some(other)).as_deref(), Some(other), "no span");

        // What is not a traceparent starts a trace of its own.
        let long = format!("01-{TRACE}-00f067aa0ba902b7-01-{}", "x".repeat(10_000));
        for bad in ["", "x", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "ff-4bf92f-00f0-01", &long] {
            let answered = ask(bad).await;
            assert_eq!(answered.len(), 55, "{bad}: {answered}");
            assert!(!answered.contains(TRACE), "{bad}: {answered}");
            assert!(!traceparent::set_parent(&tracing::info_span!("handle_event"), bad), "{bad}");
        }
    });
    drop(runtime);
    drop(telemetry);
    let export = received.recv_timeout(Duration::from_secs(10)).expect("spans were exported when telemetry stopped");
    assert!(export.starts_with(b"POST /v1/traces "));
    let holds = |part: &[u8]| export.windows(part.len()).any(|window| window == part);
    assert!(holds(b"handle_event") && holds(b"request") && holds(b"service.name"));
    assert!(holds(&u128::from_str_radix(TRACE, 16).expect("hex").to_be_bytes()), "the trace of the caller");
}
