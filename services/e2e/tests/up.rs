//! `paige up`, as a newcomer meets it: what it prints works when it is copied, nothing outlives it, and everything is there again.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use e2e::binaries::binary;
use e2e::process::{Process, Program};
use nix::sys::signal::Signal;
use nix::unistd::User;
use serde_json::Value;

/// The first start makes a cluster; what must be fetched is in the cache already.
const FIRST_START_MAX: Duration = Duration::from_secs(60);
/// A later one: five seconds on a machine that does nothing else, and this is one that runs tests.
const LATER_START_MAX: Duration = Duration::from_secs(15);
const STOP_MAX: Duration = Duration::from_secs(30);
const WAIT_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// Where it listens if the port is free.
const DEFAULT_PORT: u16 = 8080;

/// An installation in a folder of its own.
struct Installation {
    folder: tempfile::TempDir,
    program: Program,
    http: reqwest::Client,
}

/// What a start printed.
struct Up {
    process: Process,
    text: String,
    base: String,
    key: String,
    took: Duration,
}

impl Installation {
    fn new(user: Option<&User>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut path = binary("paige");
        if let Some(user) = user {
            path = folder.path().join("paige");
            std::fs::copy(binary("paige"), &path).unwrap();
            chown(folder.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let env = [
            ("PAIGE_DATA", text(folder.path().join("data"))),
            ("PAIGE_CACHE", text(embedded::cache_folder())),
            ("HOME", text(folder.path().to_owned())),
            ("PAIGE_LOG", "warn".to_owned()),
        ];
        let program = Program {
            name: "paige up".into(),
            path,
            args: vec!["up".into()],
            env: env.map(|(name, value)| (name.to_owned(), value)).into(),
            log: folder.path().join("said.log"),
            user: user.map(|user| (user.uid.as_raw(), user.gid.as_raw())),
        };
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        Self { folder, program, http }
    }

    async fn start(&self, limit: Duration) -> Up {
        let started = Instant::now();
        let mut process = self.program.start();
        loop {
            let text = process.said();
            if text.contains("Ctrl-C stops everything") {
                let word = |after: &str| text.split(after).nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
                let base = word("API             ").trim_end_matches("/v1").to_owned();
                let key = word("API key         ");
                return Up { process, base, key, text, took: started.elapsed() };
            }
            assert!(process.exited().is_none() && started.elapsed() < limit, "not up after {:?}: {text}", started.elapsed());
            tokio::time::sleep(POLL).await;
        }
    }

    async fn get(&self, up: &Up, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", up.base)).bearer_auth(&up.key).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{path} answered {status}");
        answer.json().await.unwrap()
    }

    /// Everything that runs because of it: whatever names its folder, and the process itself.
    fn processes(&self, pid: u32) -> Vec<String> {
        let listed = Command::new("ps").args(["-A", "-o", "pid=,stat=,args="]).output().unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let folder = self.folder.path().to_str().unwrap();
        let is_ours = |line: &&str| {
            let mut fields = line.split_whitespace();
            let (number, state) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            !state.starts_with('Z') && (number == pid.to_string() || line.contains(folder))
        };
        listed.lines().filter(is_ours).map(|line| line.chars().take(100).collect()).collect()
    }

    async fn all_gone(&self, pid: u32) {
        let started = Instant::now();
        loop {
            let left = self.processes(pid);
            if left.is_empty() {
                return;
            }
            assert!(started.elapsed() < WAIT_MAX, "still there: {left:#?}");
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Runs a printed line as it is.
fn copied(line: &str) -> Value {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{line} gave {error}: {}", String::from_utf8_lossy(&output.stdout)))
}

/// One life of an installation: first start, what was printed copied, Ctrl-C, a later start, kill -9, a later start, SIGTERM.
#[expect(clippy::print_stdout, reason = "how long a start takes is a figure that people look at")]
async fn lives(user: Option<&User>) {
    // Whoever has the default port already may let it go at any time.
    let busy = TcpListener::bind(("127.0.0.1", DEFAULT_PORT)).ok();
    let paige = Installation::new(user);
    let mut up = paige.start(FIRST_START_MAX).await;
    println!("first start: {:.1} s", up.took.as_secs_f64());
    assert!(busy.is_none() || !up.base.ends_with(&format!(":{DEFAULT_PORT}")), "a busy port: {}", up.base);
    for expected in ["/docs", "/sim", "/webhooks/meta", "nats://127.0.0.1:", "postgres://"] {
        assert!(up.text.contains(expected), "{expected} is not printed: {}", up.text);
    }

    let lines: Vec<&str> = up.text.lines().map(str::trim).filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 3, "{}", up.text);
    let project = copied(lines[0])["project"]["id"].as_str().unwrap().to_owned();
    copied(&lines[1].replace("PROJECT", &project));
    copied(lines[2]);
    let people = format!("/v1/projects/{project}/contacts");
    let started = Instant::now();
    let contact = loop {
        let answer = paige.http.get(format!("{}{people}", up.base)).bearer_auth(&up.key).send().await.unwrap();
        let found: Value = answer.json().await.unwrap();
        if let Some(contact) = found["data"][0]["id"].as_str() {
            break contact.to_owned();
        }
        assert!(started.elapsed() < WAIT_MAX, "the copied lines made no contact: {found}");
        tokio::time::sleep(POLL).await;
    };
    for path in ["/docs", "/sim", "/openapi.json", "/healthz", "/readyz", "/metrics"] {
        let status = paige.http.get(format!("{}{path}", up.base)).send().await.unwrap().status();
        assert!(status.is_success(), "{path} answered {status}");
    }
    let keys = std::fs::metadata(paige.folder.path().join("data/keys.json")).unwrap();
    assert_eq!(keys.permissions().mode() & 0o077, 0, "others may read the keys");

    let messages = format!("/v1/projects/{project}/contacts/{contact}/messages");
    let before = paige.get(&up, &messages).await;
    for (signal, limit) in [(Signal::SIGINT, LATER_START_MAX), (Signal::SIGKILL, LATER_START_MAX), (Signal::SIGTERM, LATER_START_MAX)] {
        let (pid, key) = (up.process.pid(), up.key.clone());
        assert!(paige.processes(pid).len() >= 3, "itself and two servers at least: {:?}", paige.processes(pid));
        up.process.signal(signal);
        let status = up.process.ended_within(STOP_MAX).await;
        assert!(status.success() || signal == Signal::SIGKILL, "{signal}: {status}: {}", up.process.said());
        paige.all_gone(pid).await;
        up = paige.start(limit).await;
        println!("start after {signal}: {:.1} s", up.took.as_secs_f64());
        assert_eq!(up.key, key, "the key stays");
        assert_eq!(paige.get(&up, &messages).await, before, "after {signal}");
    }
    let pid = up.process.pid();
    up.process.stop(STOP_MAX).await;
    paige.all_gone(pid).await;
    drop(busy);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_prints_works_nothing_outlives_it_and_everything_is_there_again() {
    lives(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_as_an_ordinary_user() {
    if nix::unistd::geteuid().is_root() {
        let nobody = User::from_name("nobody").unwrap().expect("every system has a user nobody");
        lives(Some(&nobody)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_on_the_same_folder_is_refused_and_harms_nothing() {
    let paige = Installation::new(None);
    let mut up = paige.start(FIRST_START_MAX).await;
    let mut second = Program { log: paige.folder.path().join("second.log"), ..paige.program.clone() }.start();
    let status = second.ended_within(STOP_MAX).await;
    assert!(!status.success() && second.said().contains("in use"), "{status}: {}", second.said());
    assert_eq!(paige.get(&up, "/v1/projects").await["data"].as_array().map(Vec::len), Some(0));
    let pid = up.process.pid();
    up.process.stop(STOP_MAX).await;
    paige.all_gone(pid).await;
}
