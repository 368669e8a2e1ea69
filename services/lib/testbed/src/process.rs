//! The real program of a service, in a process that a test may kill at any moment.

use std::process::{Child, Command, ExitStatus, Stdio};

use embedded::Nats;

use crate::asking::API_KEY;

/// A service as it is shipped. It is killed when this is dropped, so that a test that fails leaves none behind.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts `program`, which is cargo's `CARGO_BIN_EXE_…`, on this log, with [`API_KEY`], and at some free port unless the settings name one.
    pub fn start<'s>(program: &str, nats: &Nats, settings: impl IntoIterator<Item = (&'s str, &'s str)>) -> Self {
        let mut command = Command::new(program);
        command.env("PAIGE_NATS_URL", nats.url()).env("PAIGE_API_KEY", API_KEY).env("PAIGE_LISTEN", "127.0.0.1:0").envs(settings);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("the program starts"))
    }

    /// SIGKILL, and waits until it has ended.
    pub fn kill(&mut self) {
        self.0.kill().expect("a process of ours");
        self.0.wait().expect("it ends");
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a process of ours")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody is left to tell: the test is over.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
