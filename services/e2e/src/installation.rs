//! `paige up` as a newcomer has it: in a folder of its own, started, read, looked for afterwards.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::unistd::User;
use serde_json::Value;

use crate::binaries::binary;
use crate::process::{Process, Program};

/// What must be fetched is in the cache already. The first start makes a cluster, and a machine that runs tests is slow.
pub const START_MAX: Duration = Duration::from_secs(60);
const GONE_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// An installation.
pub struct Installation {
    folder: tempfile::TempDir,
    /// How it is started.
    pub program: Program,
    /// For requests that no test should wait long for.
    pub http: reqwest::Client,
}

/// What a start printed.
pub struct Up {
    /// The process.
    pub process: Process,
    /// All of it.
    pub text: String,
    /// Where everything is, without a path.
    pub base: String,
    /// The platform key.
    pub key: String,
    /// How long it took.
    pub took: Duration,
}

impl Installation {
    /// Nothing of it is there yet. It is run by us, or by another user, who owns its folder then.
    ///
    /// # Panics
    /// The folder cannot be made, or the program not be built.
    pub fn new(user: Option<&User>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("a folder of ours");
        let mut path = binary("paige");
        if let Some(user) = user {
            path = folder.path().join("paige");
            std::fs::copy(binary("paige"), &path).expect("a copy");
            chown(folder.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("we may give files away");
        }
        let text = |path: PathBuf| path.to_str().expect("a path that is text").to_owned();
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
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().expect("a client");
        Self { folder, program, http }
    }

    /// Where it keeps everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it and waits until it says that it is up.
    ///
    /// # Panics
    /// It does not within the limit.
    pub async fn start(&self, limit: Duration) -> Up {
        let started = Instant::now();
        let mut process = self.program.start();
        loop {
            let text = process.said();
            if text.contains("Ctrl-C stops everything") {
                let (base, key) = (printed(&text, "API             "), printed(&text, "API key         "));
                let base = base.trim_end_matches("/v1").to_owned();
                return Up { process, base, key, text, took: started.elapsed() };
            }
            assert!(process.exited().is_none() && started.elapsed() < limit, "not up after {:?}: {text}", started.elapsed());
            tokio::time::sleep(POLL).await;
        }
    }

    /// What is there.
    ///
    /// # Panics
    /// It is not.
    pub async fn get(&self, up: &Up, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", up.base)).bearer_auth(&up.key).send().await.expect("an answer");
        let status = answer.status();
        assert!(status.is_success(), "{path} answered {status}");
        answer.json().await.expect("JSON")
    }

    /// Everything that runs because of it: whatever names its folder, and the process itself.
    ///
    /// # Panics
    /// `ps` cannot be run.
    pub fn processes(&self, pid: u32) -> Vec<String> {
        let listed = Command::new("ps").args(["-A", "-o", "pid=,stat=,args="]).output().expect("ps runs");
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let folder = self.folder.path().to_str().expect("a path that is text");
        let is_ours = |line: &&str| {
            let mut fields = line.split_whitespace();
            let (number, state) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            !state.starts_with('Z') && (number == pid.to_string() || line.contains(folder))
        };
        listed.lines().filter(is_ours).map(|line| line.chars().take(100).collect()).collect()
    }

    /// Waits until none of them is left.
    ///
    /// # Panics
    /// Some stay.
    pub async fn all_gone(&self, pid: u32) {
        let started = Instant::now();
        loop {
            let left = self.processes(pid);
            if left.is_empty() {
                return;
            }
            assert!(started.elapsed() < GONE_MAX, "still there: {left:#?}");
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Up {
    /// What was printed after a word in the list of what is where.
    pub fn printed(&self, after: &str) -> String {
        printed(&self.text, after)
    }
}

fn printed(text: &str, after: &str) -> String {
    let word = text.split(after).nth(1).and_then(|rest| rest.split_whitespace().next());
    word.unwrap_or_else(|| panic!("nothing is printed after {after:?}: {text}")).to_owned()
}
