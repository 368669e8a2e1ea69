//! What is said of a project after its end: by a process that stood still all the time and ends what it was at, or by one that was killed in
//! its part of the deletion and does it again. Nobody can keep them from that: what they may not write is in another stream than what they
//! write. So it is erased once more.
//!
//! Where lifecycle follows what is said, that is at once. It does not follow all: conversations are most of the log. So in every stream it is
//! looked some times after the end, the first time for whoever is late by seconds, the last for whoever was stopped overnight; and in that of
//! webhooks for what Meta still sends for its numbers. When that is next is in the table; looks that a stop has missed are made up for by one.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{ProjectId, Stream};
use journal::{Erasure, Journal};
use tokio_util::sync::CancellationToken;

use super::{freed, parked, pattern};
use crate::due::reach;
use crate::error::Error;
use crate::{Lifecycle, store};

/// So long after its end it is looked again.
const LOOKS: [TimeDelta; 4] = [TimeDelta::minutes(1), TimeDelta::minutes(10), TimeDelta::hours(1), TimeDelta::days(1)];
/// Between attempts while the log or the database does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// When it is looked next, at `now`, for late words of what ended at `end`; none: never again.
pub(crate) fn look_after(end: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    LOOKS.into_iter().map(|after| end + after).find(|look| *look > now)
}

/// Looks at whatever is gone, when it is time, until `shutdown`.
pub(crate) async fn run(lifecycle: &Lifecycle, shutdown: &CancellationToken) {
    let agenda = lifecycle.clock.agenda();
    loop {
        let mut changed = lifecycle.wake.subscribe();
        let looked = tokio::select! {
            () = shutdown.cancelled() => return,
            looked = lifecycle.look_for_late_words() => looked,
        };
        let wait = async {
            match looked {
                Ok(next) => {
                    agenda.announce(next);
                    tokio::select! {
                        () = reach(lifecycle, next) => {}
                        _ = changed.changed() => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %chassis::error_chain(&error), "late words cannot be looked for, trying again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = wait => {}
        }
    }
}

impl Lifecycle {
    /// Looks wherever it is time to; when it is next.
    async fn look_for_late_words(&self) -> Result<Option<DateTime<Utc>>, Error> {
        loop {
            let Some((project, end, look)) = store::next_look(&self.pool).await? else { return Ok(None) };
            let now = self.clock.now();
            if look > now {
                return Ok(Some(look));
            }
            for stream in Stream::ALL {
                erase(&self.journal, project, stream).await?;
            }
            // Somebody may have held back what came late: its note names the project, or a number.
            let numbers = freed::erase(self, project).await?;
            parked::erase(&self.journal, project, &numbers).await?;
            store::looked(&self.pool, project, look_after(end, now)).await?;
        }
    }
}

/// Erases what `stream` has of a project that is gone. Each event is overwritten: they are few, and whoever deleted the project may have
/// asked for that.
///
/// # Errors
/// The log does not answer. It can be repeated.
pub(crate) async fn erase(journal: &Journal, project: ProjectId, stream: Stream) -> Result<(), Error> {
    let Some(pattern) = pattern(project, stream) else { return Ok(()) };
    let events = journal.erase(&Erasure { stream, pattern, overwrite: true }).await?;
    if events > 0 {
        tracing::info!(project.id = %project, stream = stream.name(), events, "what was said of a deleted project is erased too");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_is_made_once_and_those_that_were_missed_by_one() {
        let end = DateTime::from_timestamp(0, 0).unwrap();
        let after = |seconds: i64| look_after(end, end + TimeDelta::seconds(seconds)).map(|look| (look - end).num_seconds());
        for (now, next) in [(0, Some(60)), (60, Some(600)), (599, Some(600)), (600, Some(3_600)), (3_600, Some(86_400)), (86_400, None)] {
            assert_eq!(after(now), next, "{now}");
        }
    }
}
