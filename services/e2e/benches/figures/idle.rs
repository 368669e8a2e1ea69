//! What everything costs while nothing happens: `paige up` as a user runs it, its memory and its processor time over twenty seconds.
//! The servers beside it are shown and not counted: they are other people's programs.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use e2e::binaries::built;
use e2e::cpu;
use e2e::report::{self, Figure, Goal, Unit};
use tokio::time::Instant;

const READY_MAX: Duration = Duration::from_secs(60);
/// What the start left to do is done by then.
const SETTLE: Duration = Duration::from_secs(5);
const WATCH: Duration = Duration::from_secs(20);

pub(crate) async fn run() {
    report::title("All services idle in one process");
    let (nats, journal) = e2e::bed::log().await;
    let postgres = embedded::Postgres::scratch().await.expect("postgres starts");
    let folder = tempfile::tempdir().expect("a folder");
    let database = postgres.create_database("paige").await.expect("a database");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let mut paige = Running(
        Command::new(built("paige"))
            .arg("up")
            .env("PAIGE_DATA", folder.path())
            .env("PAIGE_LISTEN", format!("127.0.0.1:{port}"))
            .env("PAIGE_NATS_URL", nats.url())
            .env("PAIGE_DATABASE_URL", database)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("paige starts"),
    );
    ready(&mut paige.0, port).await;
    tokio::time::sleep(SETTLE).await;
    let others = cpu::Meter::start([("broker", nats.pid()), ("Postgres", postgres.pid())]);
    let (start, before) = (Instant::now(), cpu::seconds(paige.0.id()));
    tokio::time::sleep(WATCH).await;
    let used = cpu::seconds(paige.0.id()).zip(before).map(|(after, before)| (after - before) / start.elapsed().as_secs_f64() * 100.0);
    let Some((resident, used)) = cpu::resident_mib(paige.0.id()).zip(used) else {
        return report::note("memory and processor time are not known on this system");
    };
    Figure::new("resident memory of paige up", resident, Unit::MiB).goal(Goal::AtMost(60.0)).print();
    Figure::new("processor time of paige up, of one core", used, Unit::Percent).goal(Goal::AtMost(1.0)).print();
    report::note(format!("beside it, {}", others.line(None)));
    drop((paige, journal));
    nats.stop().await;
    postgres.stop().await;
}

async fn ready(paige: &mut Child, port: u16) {
    let (client, start) = (reqwest::Client::builder().build().expect("a client"), Instant::now());
    loop {
        if let Ok(answer) = client.get(format!("http://127.0.0.1:{port}/readyz")).send().await
            && answer.status().is_success()
        {
            return;
        }
        assert!(paige.try_wait().expect("a child").is_none(), "paige ended while it started");
        assert!(start.elapsed() < READY_MAX, "paige is not ready after {READY_MAX:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Ends with the bench, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
