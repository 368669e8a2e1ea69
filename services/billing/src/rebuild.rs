//! At start: the tables are brought to where the log is, by reading it whole. It makes up for a platform database that was lost, restored
//! or emptied, which the follower's position, kept in the log, knows nothing of.

use std::collections::HashMap;

use contract::{BillingEvent, Event, ProjectId, Stream};
use futures::StreamExt;
use journal::{Filter, Range};

use crate::account::Account;
use crate::error::Error;
use crate::{Billing, store};

impl Billing {
    /// Refuses another log, then brings every row forward. Rows that the log knows nothing of are of projects that are gone.
    pub(crate) async fn rebuild(&self) -> Result<(), Error> {
        for stream in [Stream::Project, Stream::Billing] {
            let created = self.journal.state(stream).await?.created;
            tables::refuse_other_log::<Error>(&self.pool, "billing", stream.name(), created).await?;
        }
        let mut accounts: HashMap<ProjectId, Account> = HashMap::new();
        let mut events = std::pin::pin!(self.journal.replay(Stream::Billing, Range::ALL, Filter::all()));
        while let Some(recorded) = events.next().await {
            let recorded = recorded?;
            let Some(project) = recorded.subject.project_id() else { continue };
            accounts.entry(project).or_default().apply(recorded.sequence, recorded.time, &BillingEvent::read(&recorded)?);
        }
        // Also rows that are not behind: what is due depends on the terms, which may have changed.
        for (project, account) in &accounts {
            tables::unless_refused(
                store::save(&self.pool, *project, account, &self.terms).await,
                Error::is_outage,
                |error| chassis::error_chain(error),
                project,
            )?;
        }
        for project in store::projects(&self.pool).await?.into_iter().filter(|project| !accounts.contains_key(project)) {
            // Asked once more: another process may have written both event and row since the log was read.
            if self.account(project).await?.sequence == 0 {
                store::erase(&self.pool, project).await?;
            }
        }
        tracing::info!(accounts = accounts.len(), "the tables agree with the log");
        Ok(())
    }
}
