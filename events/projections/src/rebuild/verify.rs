//! Compares without changing anything.

use chrono::{DateTime, Utc};
use contract::{EventId, ProjectId, Stream};
use sqlx::PgConnection;

use super::compare::{Differing, compare};
use super::layout::StoredRow;
use super::pass::{Folding, read};
use super::report::Report;
use super::scope::Scope;
use super::skipped::skipped;
use super::{Rebuild, Step, ahead};
use crate::Error;
use crate::checkpoint::{self, Checkpoint};
use crate::rows::{Contact, Conversation, IdentityLink, Message, StateChange, Status, Submission, Unassigned};

/// Projects whose snapshots are open at the same time, so that one reading of the log serves them all.
const PROJECTS_AT_ONCE: usize = 64;

/// A project's tables as they were at one moment, and what was found in them.
pub(super) struct Snapshot {
    pub(super) connection: PgConnection,
    pub(super) report: Report,
    /// The event that the tables stand at.
    event: Option<EventId>,
}

impl Snapshot {
    /// Whether the log has another event, or none, where the tables stand.
    pub(super) fn forked(&self, folding: &Folding) -> Option<Error> {
        let (sequence, event) = (self.report.checkpoint, self.event?);
        (folding.scope.is_first() && folding.last != Some((sequence, event))).then_some(Error::Forked { sequence })
    }
}

impl Rebuild {
    /// Compares the tables of one project with the log, up to the checkpoint that they stand at. Nothing stops meanwhile.
    ///
    /// # Errors
    /// `NoDatabase`, `Unavailable`; `OtherLog`, `AheadOfLog` and `Forked` when the tables were built from another log, or this one lost its end;
    /// `Event` when an event cannot be read; `TooLarge`.
    pub async fn verify(&self, project: ProjectId) -> Result<Report, Error> {
        self.compare_project(project, &mut Differing::default()).await
    }

    /// The same for several projects, with as few readings of the log as memory allows. `told` hears of each as soon as it is done, in no
    /// order, and ends all of it by an error. One whose database does not answer does not stop the others.
    ///
    /// # Errors
    /// The log cannot be read, or `told` said so. What concerns one project is in its own result.
    pub async fn verify_all<E: From<Error>>(
        &self,
        projects: &[ProjectId],
        mut told: impl FnMut(ProjectId, Result<Report, Error>) -> Result<(), E>,
    ) -> Result<(), E> {
        for some in projects.chunks(PROJECTS_AT_ONCE) {
            self.compare_projects(some, &mut Differing::default(), &mut told).await?;
        }
        Ok(())
    }

    /// Compares, and remembers which contacts differ.
    pub(super) async fn compare_project(&self, project: ProjectId, differing: &mut Differing) -> Result<Report, Error> {
        let mut found = Err(Error::NoDatabase(project.to_string()));
        let mut told = |_: ProjectId, report: Result<Report, Error>| {
            found = report;
            Ok::<(), Error>(())
        };
        self.compare_projects(&[project], differing, &mut told).await?;
        found
    }

    async fn compare_projects<E: From<Error>>(
        &self,
        projects: &[ProjectId],
        differing: &mut Differing,
        told: &mut impl FnMut(ProjectId, Result<Report, Error>) -> Result<(), E>,
    ) -> Result<(), E> {
        for project in self.compare_together(projects, differing, told).await? {
            self.compare_together(&[project], differing, told).await?;
        }
        Ok(())
    }

    /// With one reading of the log, if memory allows. Answers those that have to be read each by itself, because one of them cannot be.
    async fn compare_together<E: From<Error>>(
        &self,
        projects: &[ProjectId],
        differing: &mut Differing,
        told: &mut impl FnMut(ProjectId, Result<Report, Error>) -> Result<(), E>,
    ) -> Result<Vec<ProjectId>, E> {
        let created = self.journal.state(Stream::Conversation).await.map_err(Error::from)?.created;
        let (mut snapshots, mut waiting) = (Vec::new(), Vec::new());
        for project in projects {
            match self.snapshot(*project, created).await {
                Ok(snapshot) => snapshots.push(snapshot),
                Err(error) => told(*project, Err(error))?,
            }
        }
        let mut skipped = skipped(&self.journal).await?;
        // Asked after the snapshots: what a projector applied before them is in the log.
        let last = self.journal.state(Stream::Conversation).await.map_err(Error::from)?.last;
        for snapshot in std::mem::take(&mut snapshots) {
            let Report { project, checkpoint, .. } = snapshot.report;
            match ahead(checkpoint, last) {
                Ok(()) => {
                    waiting.push(Folding::new(project, Scope::ALL, checkpoint, skipped.remove(&project).unwrap_or_default()));
                    snapshots.push(snapshot);
                }
                Err(error) => told(project, Err(error))?,
            }
        }
        while !waiting.is_empty() {
            let mut foldings = std::mem::take(&mut waiting);
            waiting = match (read(&self.journal, 1, &mut foldings, &self.options, &self.watch).await, snapshots.as_slice()) {
                (Ok(postponed), _) => postponed,
                (Err(error @ (Error::Event { .. } | Error::TooLarge { .. })), [Snapshot { report, .. }]) => {
                    told(report.project, Err(error))?;
                    return Ok(Vec::new());
                }
                (Err(Error::Event { .. } | Error::TooLarge { .. }), several) => {
                    return Ok(several.iter().map(|snapshot| snapshot.report.project).collect());
                }
                (Err(error), _) => return Err(error.into()),
            };
            for mut folding in foldings {
                let Some(place) = snapshots.iter().position(|snapshot| snapshot.report.project == folding.project) else { continue };
                let compared = match snapshots[place].forked(&folding) {
                    Some(error) => Err(error),
                    None => {
                        let Snapshot { connection, report, .. } = &mut snapshots[place];
                        self.compare_tables(connection, &mut folding, report, differing).await
                    }
                };
                // What memory had no room for is still to be compared.
                let left = if compared.is_ok() { folding.next_part() } else { None };
                match left {
                    Some(part) => waiting.push(part),
                    None => {
                        let report = snapshots.swap_remove(place).report;
                        told(report.project, compared.map(|()| report))?;
                    }
                }
            }
        }
        Ok(Vec::new())
    }

    /// Begins to read the tables as they are now, if they are of the log that was created then.
    pub(super) async fn snapshot(&self, project: ProjectId, created: DateTime<Utc>) -> Result<Snapshot, Error> {
        let mut connection = self.connect(project).await?;
        sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut connection).await?;
        // The moment at which the transaction began: what was committed before it is in the snapshot.
        let at: DateTime<Utc> = sqlx::query_scalar("SELECT now()").fetch_one(&mut connection).await?;
        let found = checkpoint::read(&mut connection).await?;
        let (tables, Checkpoint { sequence, event }) = found.unwrap_or((created, Checkpoint::default()));
        if tables.timestamp_micros() != created.timestamp_micros() {
            return Err(Error::OtherLog { tables, log: created });
        }
        Ok(Snapshot { connection, report: Report { at: Some(at), ..Report::new(project, sequence) }, event })
    }

    /// Holds every table's rows of the folding's scope against it.
    pub(super) async fn compare_tables(
        &self,
        connection: &mut PgConnection,
        folding: &mut Folding,
        report: &mut Report,
        differing: &mut Differing,
    ) -> Result<(), Error> {
        report.events += folding.events;
        report.passes += 1;
        self.compare_table::<Contact>(connection, folding, report, differing).await?;
        self.compare_table::<Conversation>(connection, folding, report, differing).await?;
        self.compare_table::<Message>(connection, folding, report, differing).await?;
        self.compare_table::<Option<IdentityLink>>(connection, folding, report, differing).await?;
        self.compare_table::<Status>(connection, folding, report, differing).await?;
        self.compare_table::<StateChange>(connection, folding, report, differing).await?;
        self.compare_table::<Submission>(connection, folding, report, differing).await?;
        self.compare_table::<Unassigned>(connection, folding, report, differing).await
    }

    async fn compare_table<K: StoredRow>(
        &self,
        connection: &mut PgConnection,
        folding: &mut Folding,
        report: &mut Report,
        differing: &mut Differing,
    ) -> Result<(), Error> {
        (self.watch)(Step::Comparing { project: folding.project, table: K::LAYOUT.name });
        let found = compare::<K>(connection, &mut folding.rows, &folding.scope, self.options.differences_max, differing).await?;
        report.add(found.report, self.options.differences_max);
        Ok(())
    }
}
