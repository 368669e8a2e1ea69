//! A server as a child process that cannot outlive us. The child is started through `watched.sh`, which leaves a watcher behind that
//! waits on a pipe from us; the pipe closes when we end, by whatever cause, and the watcher ends the server. Works the same on
//! Linux and macOS, needs no privilege and no code between fork and exec.
//!
//! Plain `std` children, polled: a child belongs to no runtime, so a server started in one test can be used and stopped from
//! another test's runtime.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::run::end_of;

/// How often a server's end is looked for while we wait for it.
const POLL_EVERY: Duration = Duration::from_millis(2);
/// How long dropping a server waits before it kills what did not go by itself.
const DROP_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a process that got SIGKILL may take to go.
const KILL_WAIT_MAX: Duration = Duration::from_secs(10);
/// A log larger than this is put aside when the server starts; the one put aside before is forgotten.
const LOG_BYTES_MAX: u64 = 16 << 20;
/// How much of the log an error carries, from its end.
const LOG_TAIL_MAX: usize = 1_500;

/// What to start, and how it ends.
pub(crate) struct Spec<'a> {
    pub(crate) server: &'static str,
    pub(crate) program: &'a Path,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: Vec<(&'static str, OsString)>,
    pub(crate) account: Option<&'a Account>,
    /// Where its output goes, appended.
    pub(crate) log: &'a Path,
    /// Makes it give up at once; sent when it is dropped, and by the watcher when we are gone.
    pub(crate) give_up: Signal,
    /// A folder of folders, of which the watcher deletes after the server what is empty when we are gone.
    pub(crate) in_memory: Option<&'a Path>,
}

/// A running, or meanwhile ended, server process.
#[derive(Debug)]
pub(crate) struct Process {
    server: &'static str,
    child: Child,
    lifeline: ChildStdin,
    give_up: Signal,
    log: PathBuf,
    log_from: u64,
}

impl Process {
    /// Starts it. `lock` goes to the server and is free again when all its processes are gone.
    pub(crate) fn start(spec: Spec<'_>, lock: File) -> Result<Process> {
        let (log, log_from) = open_log(spec.log)?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", include_str!("watched.sh"), "sh", name_of(spec.give_up)]);
        command.arg(spec.in_memory.unwrap_or(Path::new("")));
        command.arg(spec.program).args(&spec.args);
        command.stdin(Stdio::piped()).stdout(log).stderr(lock);
        command.env("LC_ALL", "C").env_remove("PGDATA").env_remove("PGPORT").env_remove("PGOPTIONS");
        command.envs(spec.env);
        // A group of its own: Ctrl-C in the terminal is for us, and we stop the servers last.
        command.process_group(0);
        if let Some(account) = spec.account {
            command.uid(account.uid).gid(account.gid).current_dir("/");
        }
        let mut child = command.spawn().map_err(Error::file("run", spec.program))?;
        let Some(lifeline) = child.stdin.take() else {
            return Err(Error::Unfit { server: spec.server, what: "it has no standard input".to_owned() });
        };
        let (server, give_up, log) = (spec.server, spec.give_up, spec.log.to_path_buf());
        Ok(Process { server, child, lifeline, give_up, log, log_from })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        // An error means that there is no such child, which can only be because it was waited for.
        self.child.try_wait().unwrap_or_default()
    }

    /// Sends a signal, unless it has ended.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if self.exited().is_none() {
            // It cannot be gone: nobody else waits for our child, so its number is kept for it.
            let _ = kill(pid_of(&self.child), signal);
        }
    }

    /// Waits for its end. False when the time is over first.
    pub(crate) async fn ended_within(&mut self, limit: Duration) -> bool {
        let give_up = tokio::time::Instant::now() + limit;
        while self.exited().is_none() {
            if tokio::time::Instant::now() >= give_up {
                return false;
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
        true
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) async fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        if !self.ended_within(KILL_WAIT_MAX).await {
            tracing::warn!(server = self.server, "did not end after SIGKILL");
        }
    }

    /// Asks it to end; SIGKILL when it has not after `limit`.
    pub(crate) async fn stop(&mut self, ask: Signal, limit: Duration) {
        self.signal(ask);
        if !self.ended_within(limit).await {
            tracing::warn!(server = self.server, "did not stop in time, killing it");
            self.kill().await;
        }
    }

    /// The end of what it said since this start.
    pub(crate) fn log_tail(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        let since = usize::try_from(self.log_from).unwrap_or(0).min(bytes.len());
        end_of(&String::from_utf8_lossy(&bytes[since..]), LOG_TAIL_MAX)
    }

    pub(crate) fn died(&self, status: ExitStatus) -> Error {
        Error::Died { server: self.server, status: status.to_string(), log: self.log_tail() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(self.give_up);
        let give_up = Instant::now() + DROP_WAIT_MAX;
        while self.exited().is_none() && Instant::now() < give_up {
            std::thread::sleep(POLL_EVERY);
        }
        self.signal(Signal::SIGKILL);
        // Nothing is left to do when it cannot be waited for.
        let _ = self.child.wait();
        // Sends the watcher home. It may be gone already, killed together with the server's process group.
        let _ = self.lifeline.write_all(b"ended\n");
    }
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// The name as the shell's `kill -s` knows it: without `SIG`.
fn name_of(signal: Signal) -> &'static str {
    signal.as_str().trim_start_matches("SIG")
}

/// The log, opened for appending, and how long it is now.
fn open_log(path: &Path) -> Result<(File, u64)> {
    if std::fs::metadata(path).is_ok_and(|meta| meta.len() > LOG_BYTES_MAX) {
        std::fs::rename(path, path.with_extension("log.old")).map_err(Error::file("put aside", path))?;
    }
    let file = OpenOptions::new().append(true).create(true).open(path).map_err(Error::file("open", path))?;
    let length = file.metadata().map_err(Error::file("open", path))?.len();
    Ok((file, length))
}
