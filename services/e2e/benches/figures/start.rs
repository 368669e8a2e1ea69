//! How long a person waits for `paige up`, which starts NATS, Postgres and all services: the first time, in an empty folder; again, after a stop;
//! and after kill -9. Until it is ready for requests, not until it says so.

use std::time::{Duration, Instant};

use e2e::installation::{Installation, Up};
use e2e::report::{self, Figure, Goal, Unit};
use nix::sys::signal::Signal;

const FIRST_GOAL_S: f64 = 60.0;
const LATER_GOAL_S: f64 = 5.0;
/// One that takes this long is broken, and not only slow.
const START_MAX: Duration = Duration::from_secs(180);
const STOP_MAX: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

pub(crate) async fn run() {
    report::title("Starting everything with paige up");
    // What a first start must fetch is the network's time, not ours: it is in the cache afterwards.
    let warm = embedded::Scratch::start().await.expect("servers start");
    tokio::join!(warm.nats.stop(), warm.postgres.stop());

    let paige = Installation::new(None);
    let mut up = start(&paige).await;
    figure("first start, empty folder, warm cache", &up, FIRST_GOAL_S);
    for (signal, name) in [(Signal::SIGTERM, "start after a stop"), (Signal::SIGKILL, "start after kill -9")] {
        end(&paige, up, signal).await;
        up = start(&paige).await;
        figure(name, &up, LATER_GOAL_S);
    }
    end(&paige, up, Signal::SIGTERM).await;
}

async fn start(paige: &Installation) -> Up {
    let started = Instant::now();
    let mut up = paige.start(START_MAX).await;
    let ready = format!("{}/readyz", up.base);
    while !paige.http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
        assert!(started.elapsed() < START_MAX, "not ready: {}", up.process.said());
        tokio::time::sleep(POLL).await;
    }
    up.took = started.elapsed();
    up
}

/// Nothing of it is left when the next one starts, its servers neither.
async fn end(paige: &Installation, mut up: Up, signal: Signal) {
    let pid = up.process.pid();
    up.process.signal(signal);
    up.process.ended_within(STOP_MAX).await;
    paige.all_gone(pid).await;
}

fn figure(name: &str, up: &Up, goal_s: f64) {
    Figure::new(name, up.took.as_secs_f64(), Unit::Seconds).goal(Goal::AtMost(goal_s)).print();
}
