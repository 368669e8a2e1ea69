//! The far end: the simulated Meta in a process of its own, and someone who takes its webhooks and does nothing with them.

use axum::Router;
use axum::http::StatusCode;
use e2e::apart::free_port;
use e2e::bed::APP_SECRET;
use e2e::binaries::built;
use e2e::process::{Process, Program};
use e2e::sim::Sim;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, sleep};

const READY_MAX: Duration = Duration::from_secs(60);
/// Statuses that come later than any measurement: their webhooks would be another's load.
const LATER_MS: u32 = 86_400_000;

pub(crate) struct FarEnd {
    pub(crate) sim: Sim,
    pub(crate) process: Process,
    /// Of the Graph API, with its version.
    pub(crate) graph: String,
    taker: JoinHandle<()>,
    _logs: tempfile::TempDir,
}

impl FarEnd {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let target = format!("http://{}/webhooks/meta", listener.local_addr().expect("an address"));
        let taker = tokio::spawn(async move {
            let taken = Router::new().fallback(async || StatusCode::OK);
            axum::serve(listener, taken).await.expect("webhooks are taken");
        });
        let (port, logs) = (free_port(), tempfile::tempdir().expect("a folder"));
        let env = [
            ("PAIGE_LISTEN", format!("127.0.0.1:{port}")),
            ("PAIGE_SIMULATOR_TARGET", target),
            ("PAIGE_META_APP_SECRET", APP_SECRET.to_owned()),
            ("PAIGE_LOG", "warn".to_owned()),
        ];
        let program = Program {
            name: "simulator".to_owned(),
            path: built("simulator"),
            args: vec!["serve".to_owned()],
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            log: logs.path().join("simulator.log"),
            user: None,
        };
        let base = format!("http://127.0.0.1:{port}");
        let mut far = Self { sim: Sim::new(&base), process: program.start(), graph: format!("{base}/sim/graph/v26.0"), taker, _logs: logs };
        far.ready(&base).await;
        far
    }

    async fn ready(&mut self, base: &str) {
        let (client, start) = (reqwest::Client::builder().build().expect("a client"), Instant::now());
        while !client.get(format!("{base}/readyz")).send().await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(self.process.exited().is_none(), "the simulator ended while it started: {}", self.process.said());
            assert!(start.elapsed() < READY_MAX, "the simulator is not ready after {READY_MAX:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Phones receive at once, and say so.
    pub(crate) async fn phones_receive(&self) {
        self.sim.allow_everything().await;
    }

    /// Messages are taken, so many a second of each number (0: however many), and nothing is heard of them.
    pub(crate) async fn phones_are_silent(&self, throughput: u32) {
        let rules = json!({ "throughput": throughput, "pair_burst": 0, "everybody": true, "always_open": true, "sent_ms": LATER_MS });
        self.sim.rules(rules).await;
    }

    /// How long an answer takes.
    pub(crate) async fn answers_after(&self, hold_ms: u32) {
        let held = json!({ "call": "send_message", "hold_ms": hold_ms, "percent": 100 });
        self.sim.faults(if hold_ms == 0 { json!([]) } else { json!([held]) }).await;
    }

    pub(crate) async fn stop(mut self) {
        self.process.stop(READY_MAX).await;
        self.taker.abort();
    }
}
