//! Real signals to a real process: this test binary runs itself again as that process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chassis::{DRAIN_LIMIT, Shutdown};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const CHILD: &str = "CHASSIS_TEST_CHILD";

/// Not a test of its own: the process that the tests below signal. It says what it does on stdout, a word a line.
#[test]
fn child() {
    let Ok(obeys) = std::env::var(CHILD) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let ended = runtime.block_on(async {
        let shutdown = Shutdown::new();
        shutdown.on_signals().expect("handlers");
        let (soft, hard) = (shutdown.soft(), shutdown.hard());
        println!("\nready");
        let work = async {
            soft.cancelled().await;
            println!("soft");
            if obeys == "soft" {
                return;
            }
            hard.cancelled().await;
            println!("hard");
        };
        shutdown.guard(work).await
    });
    println!("{}", if ended.is_ok() { "ended" } else { "forced" });
}

struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Process {
    fn start(obeys: &str) -> Process {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, obeys)
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut process = Process { child, lines };
        process.expect("ready");
        process
    }

    fn expect(&mut self, word: &str) {
        let found = self.lines.by_ref().map(|line| line.expect("utf-8")).any(|line| line == word);
        assert!(found, "the process ended without saying {word:?}");
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("signalled");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn one_signal_stops_softly() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut process = Process::start("soft");
        process.signal(signal);
        process.expect("soft");
        process.expect("ended");
        assert!(process.child.wait().expect("an exit").success());
    }
}

#[test]
fn a_second_signal_stops_hard_without_waiting() {
    let mut process = Process::start("hard");
    let began = Instant::now();
    process.signal(Signal::SIGTERM);
    process.expect("soft");
    process.signal(Signal::SIGINT);
    process.expect("hard");
    process.expect("ended");
    assert!(began.elapsed() < DRAIN_LIMIT - Duration::from_secs(1), "{:?}", began.elapsed());
}
