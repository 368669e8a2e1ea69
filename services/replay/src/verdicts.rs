//! Writes what `verify` found in each project into a file, so that a run that was killed can go on with the projects that are not in it
//! yet.
//!
//! A verdict is about the moment at which the tables were read, and names that moment. So it stays true after a kill; it says nothing about
//! what happened to the tables later. A project that could not be verified has no verdict and is tried again.

use std::collections::HashSet;
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use contract::ProjectId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::unfinished::Unfinished;
use crate::{Error, Exit, Out};

pub(crate) struct Verdicts {
    file: Unfinished,
    log: DateTime<Utc>,
    earlier: Vec<(Verdict, Value)>,
}

/// A line of the file.
#[derive(Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
enum Line {
    Equal(Verdict),
    Differ(Verdict),
    Failed,
}

#[derive(Deserialize)]
struct Verdict {
    project: ProjectId,
    /// When the log was created that the tables were compared with.
    log: DateTime<Utc>,
    at: DateTime<Utc>,
    checkpoint: u64,
    events: u64,
    rows: u64,
    differing_rows: u64,
}

impl Verdicts {
    /// Begins the file, or reads what is there of it. `log` is when the log was created.
    ///
    /// # Errors
    /// As [`Unfinished::open`]; the verdicts that are there are about another log.
    pub(crate) fn open(name: &Path, resume: bool, log: DateTime<Utc>) -> Result<Self, Error> {
        let mut earlier = Vec::new();
        let file = Unfinished::open(name, resume, |line| {
            let told: Value = serde_json::from_slice(line).map_err(|_| "no verdict".to_owned())?;
            match Line::deserialize(&told).map_err(|_| "no verdict".to_owned())? {
                Line::Equal(verdict) | Line::Differ(verdict) if verdict.log == log => earlier.push((verdict, told)),
                Line::Equal(_) | Line::Differ(_) => return Err("compared with another log".to_owned()),
                Line::Failed => {}
            }
            Ok(())
        })?;
        Ok(Self { file, log, earlier })
    }

    /// Tells what an earlier run said, and leaves the projects of which it said nothing.
    pub(crate) fn tell(&self, projects: &mut Vec<ProjectId>, out: &mut Out) -> Result<Exit, Error> {
        let mut exit = Exit::Fine;
        for (verdict, told) in &self.earlier {
            exit = exit.and(if verdict.differing_rows == 0 { Exit::Fine } else { Exit::Found });
            let mut told = told.clone();
            told["earlier"] = true.into();
            out.line(verdict.words(), &told)?;
        }
        let (all, known) = (projects.len(), self.earlier.iter().map(|(verdict, _)| verdict.project).collect::<HashSet<_>>());
        projects.retain(|project| !known.contains(project));
        if !known.is_empty() {
            out.text(format!("an earlier run compared {} of {all} projects", all - projects.len()))?;
        }
        Ok(exit)
    }

    /// Keeps what is said of a project. From now on a kill does not take it.
    pub(crate) fn keep(&mut self, mut told: Value) -> Result<(), Error> {
        told["log"] = json!(self.log);
        self.file.write(&told)?;
        Ok(self.file.flush()?)
    }

    /// Something is said of every project.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.file.finish()
    }
}

impl Verdict {
    fn words(&self) -> String {
        let Self { project, checkpoint, events, rows, differing_rows, .. } = self;
        let at = self.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self.differing_rows {
            0 => format!("{project}  {rows} rows equalled the log up to {checkpoint}, {events} events, at {at} in an earlier run"),
            _ => format!(
                "{project}  {differing_rows} rows differed from the log up to {checkpoint}, {events} events, at {at} in an earlier run"
            ),
        }
    }
}
