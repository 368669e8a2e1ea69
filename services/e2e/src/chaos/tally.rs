//! What happened, counted, and what should not have happened.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::apart::Service;
use crate::process::Process;

/// A run of this length gets to everybody, also on a machine that is busy; a shorter one need not.
const EVERYBODY_FROM: Duration = Duration::from_secs(60);

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
    /// Of a run in which these are to be killed.
    pub(super) fn new(seed: u64, victims: impl IntoIterator<Item = &'static str>) -> Self {
        let killed = victims.into_iter().map(|victim| (victim, 0)).collect();
        Self { seed, killed, ended: BTreeMap::new(), counts: Vec::new(), violations: Vec::new(), logs: Vec::new() }
    }

    pub(super) fn killed(&mut self, name: &'static str) {
        *self.killed.entry(name).or_default() += 1;
    }

    /// Whoever was never killed proves nothing: in a run that is long enough it must not happen.
    pub(super) fn look_for_spared(&mut self, length: Duration) {
        let spared: Vec<&str> = self.killed.iter().filter(|(_, times)| **times == 0).map(|(name, _)| *name).collect();
        if length >= EVERYBODY_FROM && !spared.is_empty() {
            self.violation(format!("never killed in {length:?}: {}", spared.join(", ")));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_spared_in_a_long_run_is_named() {
        let spared = |seconds, killed: &[&'static str]| {
            let mut tally = Tally::new(1, ["ingress", "recorder", "postgres"]);
            killed.iter().for_each(|name| tally.killed(name));
            tally.look_for_spared(Duration::from_secs(seconds));
            tally.violations().to_vec()
        };
        assert_eq!(spared(60, &["recorder", "recorder"]), ["never killed in 60s: ingress, postgres"]);
        assert_eq!(spared(60, &["postgres", "recorder", "ingress"]), [""; 0]);
        assert_eq!(spared(59, &[]), [""; 0], "a short run does not get to everybody");
    }
}
