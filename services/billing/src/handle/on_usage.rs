//! Credits were used: they are charged, each use once, in whatever order and however often it is reported.

use std::time::Duration;

use contract::{Event, ProjectId, Recorded, UsageEvent};
use journal::{Handled, Handler, Stop, project_of};

use super::stop;
use crate::command::Origin;
use crate::decide::{Command, Refusal};
use crate::error::Error;
use crate::usage::Use;
use crate::{Billing, store};

/// Between attempts while nothing is known of a project: its creation is read beside this, and may be later.
const UNKNOWN_PAUSE: Duration = Duration::from_millis(200);

/// Follows `usage`.
pub(crate) struct OnUsage(pub(crate) Billing);

impl Handler for OnUsage {
    async fn handle(&self, key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.on(project_of(key)?, recorded).await })).await
    }
}

impl OnUsage {
    /// What nobody can have used is not charged by guess: it is parked, and what comes after it in the project waits.
    async fn on(&self, project: ProjectId, recorded: &Recorded) -> Result<(), Stop> {
        let park = |cause: String| Stop::Park { cause };
        let event = UsageEvent::decode(recorded).map_err(|error| park(error.to_string()))?;
        let used = Use::of(event).map_err(|unusable| park(unusable.to_string()))?;
        match self.0.command(project, &Command::ChargeUse { used }, Origin::Event(recorded)).await {
            Ok(_) => Ok(()),
            Err(Error::Refused(Refusal::UseReused)) => {
                tracing::warn!(project.id = %project, stream.seq = recorded.sequence, "a use was reported again with another number of credits: the first counts");
                Ok(())
            }
            // It is being deleted, or gone: nothing is charged any more.
            Err(Error::Refused(Refusal::Closed)) => Ok(()),
            Err(Error::Refused(Refusal::NoSubscription)) => match store::closed(&self.0.pool, project).await {
                Ok((_, true)) => Ok(()),
                Ok((_, false)) => Err(Stop::Retry { after: UNKNOWN_PAUSE, cause: Refusal::NoSubscription.to_string() }),
                Err(error) => Err(stop(&error)),
            },
            Err(error) => Err(stop(&error)),
        }
    }
}
