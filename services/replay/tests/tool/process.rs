//! The binary itself, as a shell runs it.

use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::bench::{Bench, OURS};

/// Nothing here takes longer, not even giving up on a log that does not answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// How it ended, and what it said.
pub(crate) struct Ended {
    /// None: a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The command line, with these servers; what it says is kept.
pub(crate) fn command(line: &str, servers: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replay"));
    command.args(line.split_whitespace()).args(servers).env_remove("PAIGE_NATS_URL").env_remove("PAIGE_DATABASE_URL");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs it to its end.
pub(crate) async fn run(line: &str, servers: &[String]) -> Ended {
    ended(line, command(line, servers).spawn().unwrap()).await
}

/// Waits for its end.
pub(crate) async fn ended(line: &str, process: Child) -> Ended {
    let output = tokio::time::timeout(PATIENCE, process.wait_with_output()).await;
    let output = output.unwrap_or_else(|_| panic!("{line} takes longer than {PATIENCE:?}")).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

pub(crate) fn signal(process: &Child, signal: Signal) {
    kill(Pid::from_raw(process.id().expect("it runs").cast_signed()), signal).unwrap();
}

impl Bench {
    /// Runs the binary against this log and these tables.
    pub(crate) async fn process(&self, line: &str) -> Ended {
        run(line, &self.servers()).await
    }

    /// Begins it.
    pub(crate) fn begin(&self, line: &str) -> Child {
        command(line, &self.servers()).spawn().unwrap()
    }

    /// Ends the sessions that the projector keeps for a while: whatever comes now is the tool's.
    pub(crate) async fn alone(&self) {
        let query = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> '{OURS}'"
        );
        self.execute(&query).await;
        self.until_sessions(0, "true").await;
    }

    /// Waits until so many sessions of the tool are in the project's database; `condition` is about `pg_stat_activity`.
    pub(crate) async fn until_sessions(&self, count: i64, condition: &str) {
        let mut connection = self.connection().await;
        let query = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> '{OURS}'
                AND backend_type = 'client backend' AND ({condition})"
        );
        let wait = async {
            while sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(query.clone())).fetch_one(&mut connection).await.unwrap() != count {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never {count} sessions with {condition}"));
    }
}
