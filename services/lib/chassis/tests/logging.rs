//! What a process writes to stderr. One process has one subscriber, so this binary runs itself again as that process.

use std::process::Command;

use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use chassis::{Clock, Health, Ids, Metrics, Problem, Secret, Site, TelemetryArgs, telemetry, traceparent};
use clap::Parser;
use serde_json::Value;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;

const CHILD: &str = "CHASSIS_TEST_CHILD";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

async fn fails() -> Problem {
    let carried = traceparent::current().unwrap_or_default();
    Problem::internal(format!("carried {carried}"))
}

async fn panics() {
    panic!("hello from +49 170 1234567")
}

async fn refuses() -> Problem {
    Problem::not_found("no such contact")
}

/// Not a test of its own: the process that logs.
#[test]
fn child() {
    if std::env::var(CHILD).is_err() {
        return;
    }
    let _telemetry = telemetry::start(&Cli::parse_from(["test"]).telemetry, "test").expect("started");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let routes = OpenApiRouter::new().route("/fails", get(fails)).route("/panics", get(panics)).route("/refuses", get(refuses));
        let metrics = Metrics::install().expect("the one recorder");
        let site = Site::new("Test", Secret::new("the-secret-key"), Health::new(), metrics, Ids::new(Clock::System));
        let router = site.finish(routes).expect("every route says what it needs");
        for path in ["/fails", "/panics", "/refuses", "/v1/any?phone=491701234567"] {
            let request = Request::get(path)
                .header("traceparent", PARENT)
                .header("x-request-id", "id-1")
                .header("authorization", "Bearer guessed-key");
            router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible");
        }
    });
}

fn logged(format: &str) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "child", "--nocapture"]).env_clear().env(CHILD, "1").env("PAIGE_LOG_FORMAT", format);
    String::from_utf8(command.output().expect("ran").stderr).expect("utf-8")
}

#[test]
fn failures_are_logged_once_with_their_cause_request_and_trace() {
    let text = logged("json");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap_or_default()).collect();
    assert_eq!(messages, ["request failed", "panic", "request failed"], "refusals are not logged: {text}");
    let failed = &lines[0];
    assert_eq!((&failed["level"], &failed["code"]), (&"ERROR".into(), &"internal".into()));
    assert_eq!((&failed["span"]["request.id"], &failed["span"]["http.route"]), (&"id-1".into(), &"/fails".into()));
    assert_eq!(failed["trace"].as_str().map(|trace| &trace[3..35]), Some(&PARENT[3..35]), "{failed}");
    let carried = failed["cause"].as_str().unwrap_or_default();
    assert!(carried.starts_with(&format!("carried {}", &PARENT[..36])) && carried.ends_with("-00"), "without an endpoint too: {carried}");
    assert!(lines[1]["place"].as_str().is_some_and(|place| place.contains("logging.rs")), "{text}");
    for private in ["1234567", "guessed-key", "the-secret-key"] {
        assert!(!text.contains(private), "{text}");
    }
}

#[test]
fn pretty_lines_are_for_people() {
    let text = logged("pretty");
    assert!(text.contains("request failed"), "{text}");
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_err()), "{text}");
}
