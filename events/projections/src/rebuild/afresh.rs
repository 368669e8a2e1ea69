//! Makes the tables what the log says, whatever they hold.

use contract::{ProjectId, Stream};
use sqlx::Connection;

use super::pass::{Folding, read};
use super::report::Report;
use super::scope::Scope;
use super::skipped::skipped;
use super::{Rebuild, ahead};
use crate::{Error, checkpoint};

impl Rebuild {
    /// Folds the whole log, makes the tables equal to it in one transaction, also when they are empty or full of something else,
    /// and reads every row back before it commits. Moves the checkpoint to the project's last event. Returns what was written.
    ///
    /// Most of the log is read before the checkpoint is locked; from then on the project's projector waits, readers never do.
    ///
    /// # Errors
    /// As [`Self::verify`], and `StillDiffers`. Nothing is changed then.
    pub async fn rebuild(&self, project: ProjectId) -> Result<Report, Error> {
        match self.fill(project).await? {
            Some(report) => Ok(report),
            None => self.replace(project).await,
        }
    }

    /// Changes the rows that differ from a fold of the whole log.
    async fn replace(&self, project: ProjectId) -> Result<Report, Error> {
        let state = self.journal.state(Stream::Conversation).await?;
        let skipped = skipped(&self.journal).await?.remove(&project).unwrap_or_default();
        let mut connection = self.connect(project).await?;
        let mut foldings = vec![Folding::new(project, Scope::ALL, state.last, skipped)];
        read(&self.journal, 1, &mut foldings, &self.options, &self.watch).await?;

        let mut transaction = connection.begin().await?;
        let checkpoint = checkpoint::lock(&mut transaction, state.created).await?;
        let last = self.journal.state(Stream::Conversation).await?.last;
        ahead(checkpoint.sequence, last)?;
        foldings.iter_mut().for_each(|folding| folding.through = last);
        read(&self.journal, state.last + 1, &mut foldings, &self.options, &self.watch).await?;
        let mut report = Report::new(project, last);
        for folding in foldings {
            let (sequence, event) = folding.last.map_or((0, None), |(sequence, event)| (sequence, Some(event)));
            self.write_parts(&mut transaction, folding, &mut report).await?;
            if (checkpoint.sequence, checkpoint.event) != (sequence, event) {
                checkpoint::write(&mut transaction, sequence, event).await?;
            }
        }
        transaction.commit().await?;
        report.analyze(&mut connection).await?;
        Ok(report)
    }
}

/// After so many rows were written the planner looks at the tables anew.
const ROWS_TO_ANALYZE_MIN: u64 = 1_000;

impl Report {
    /// The planner's picture of the tables is of before. Stale, it costs readers time; missing, nothing else.
    pub(super) async fn analyze(&self, connection: &mut sqlx::PgConnection) -> Result<(), Error> {
        if self.differing_rows() > ROWS_TO_ANALYZE_MIN {
            let tables = self.tables.iter().map(|table| table.table).collect::<Vec<_>>().join(", ");
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("ANALYZE {tables}"))).execute(connection).await?;
        }
        Ok(())
    }
}
