//! What happened, counted, and what should not have happened.

use std::collections::BTreeMap;
use std::fmt;

use crate::apart::Service;
use crate::process::Process;

/// The outcome of a run.
#[derive(Debug)]
pub struct Tally {
    seed: u64,
    killed: BTreeMap<&'static str, u64>,
    ended: BTreeMap<&'static str, (u64, String)>,
    counts: Vec<(String, u64)>,
    violations: Vec<String>,
    logs: Vec<String>,
}

impl Tally {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, killed: BTreeMap::new(), ended: BTreeMap::new(), counts: Vec::new(), violations: Vec::new(), logs: Vec::new() }
    }

    pub(super) fn killed(&mut self, name: &'static str) {
        *self.killed.entry(name).or_default() += 1;
    }

    pub(super) fn ended_by_itself(&mut self, name: &'static str, how: &str) {
        let (times, last) = self.ended.entry(name).or_default();
        *times += 1;
        how.clone_into(last);
    }

    pub(super) fn count(&mut self, what: &str, times: u64) {
        self.counts.push((what.to_owned(), times));
    }

    pub(super) fn violation(&mut self, what: String) {
        self.violations.push(what);
    }

    pub(super) fn logs(&mut self, services: &[Service]) {
        let said = |service: &Service| service.process.as_ref().map(Process::said).map(|said| format!("{} said:\n{said}", service.name));
        self.logs = services.iter().filter_map(said).collect();
    }

    /// What should not have happened.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// How many processes were killed.
    pub fn kills(&self) -> u64 {
        self.killed.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for log in &self.logs {
            writeln!(f, "{log}")?;
        }
        writeln!(f, "seed {}", self.seed)?;
        for (name, times) in &self.killed {
            writeln!(f, "{times:>8}  {name} killed")?;
        }
        for (name, (times, how)) in &self.ended {
            writeln!(f, "{times:>8}  {name} ended by itself, last {how}")?;
        }
        for (what, times) in &self.counts {
            writeln!(f, "{times:>8}  {what}")?;
        }
        for violation in &self.violations {
            writeln!(f, "VIOLATED: {violation}")?;
        }
        if self.violations.is_empty() {
            writeln!(f, "every acknowledged message is one row, in order; every key is one message, sent once or ended with a reason")?;
            writeln!(f, "tables equal the log; nothing is left over")?;
        }
        Ok(())
    }
}
