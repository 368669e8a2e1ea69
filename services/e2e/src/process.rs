//! A program of ours as a process: started, killed, told to stop, looked at. It ends with us, also when we are killed.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// Becomes the program; what it leaves behind kills it when our end of the pipe closes without a word.
const WATCHED: &str = r#"
exec 3<&0
( trap '' HUP INT QUIT TERM; exec </dev/null >/dev/null 2>&1; read -r ended <&3 || kill -s KILL $$ ) &
exec 3<&- </dev/null
exec "$@"
"#;
const POLL: Duration = Duration::from_millis(5);
/// How much of what it said an error carries.
const SAID_BYTES_MAX: usize = 3_000;

/// How a program is started, each time.
#[derive(Debug, Clone)]
pub struct Program {
    /// For people.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its variables, beside those that every process has; ours are not handed on.
    pub env: Vec<(String, String)>,
    /// Where what it says goes.
    pub log: PathBuf,
    /// User and group that it runs as, if not ours.
    pub user: Option<(u32, u32)>,
}

/// One that runs.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lifeline: Option<ChildStdin>,
    name: String,
    log: PathBuf,
    log_from: u64,
}

impl Program {
    /// Starts it.
    ///
    /// # Panics
    /// It cannot be run at all.
    pub fn start(&self) -> Process {
        let log = open(&self.log);
        let log_from = log.metadata().map_or(0, |meta| meta.len());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WATCHED, "sh"]).arg(&self.path).args(&self.args);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.envs(self.env.iter().cloned());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group).current_dir("/");
        }
        // A group of its own, as a shell gives to each command.
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(log.try_clone().expect("a log")).stderr(log);
        let mut child = command.spawn().expect("a program that can be run");
        let lifeline = child.stdin.take();
        Process { child, lifeline, name: self.name.clone(), log: self.log.clone(), log_from }
    }
}

/// Variables that would change what a program of ours does.
pub fn is_ours(variable: &str) -> bool {
    variable.starts_with("PAIGE_") && variable != "PAIGE_CACHE" || variable.starts_with("OTEL_")
}

fn open(path: &Path) -> File {
    OpenOptions::new().append(true).create(true).open(path).expect("a log that can be written")
}

impl Process {
    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().expect("a child can be asked");
        if status.is_some() {
            self.let_go();
        }
        status
    }

    /// A signal, unless it has ended.
    pub fn signal(&mut self, signal: Signal) {
        if self.exited().is_none() {
            // It cannot be gone: nobody else waits for our child.
            let _ = kill(Pid::from_raw(self.child.id().cast_signed()), signal);
        }
    }

    /// A signal to its whole group, as a terminal sends one: to whatever it has started too, unless that left the group.
    pub fn signal_group(&mut self, signal: Signal) {
        if self.exited().is_none() {
            let _ = killpg(Pid::from_raw(self.child.id().cast_signed()), signal);
        }
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait();
        self.let_go();
    }

    /// The most memory that it ever had resident, in bytes; none where the system does not say.
    pub fn memory_peak(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1_024)
    }

    /// SIGTERM, and waits until it ends by itself.
    ///
    /// # Panics
    /// It does not within the limit.
    pub async fn stop(&mut self, limit: Duration) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.ended_within(limit).await
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// It does not within the limit.
    pub async fn ended_within(&mut self, limit: Duration) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.exited() {
                return status;
            }
            assert!(started.elapsed() < limit, "{} did not end within {limit:?}: {}", self.name, self.said());
            tokio::time::sleep(POLL).await;
        }
    }

    /// What it said since its start, the end of it.
    pub fn said(&self) -> String {
        let all = std::fs::read(&self.log).unwrap_or_default();
        let since = &all[usize::try_from(self.log_from).unwrap_or(0).min(all.len())..];
        String::from_utf8_lossy(&since[since.len().saturating_sub(SAID_BYTES_MAX)..]).into_owned()
    }

    /// Sends the watcher home.
    fn let_go(&mut self) {
        if let Some(mut lifeline) = self.lifeline.take() {
            // It may be gone already.
            let _ = lifeline.write_all(b"ended\n");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
