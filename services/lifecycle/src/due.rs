//! Waits for deadlines: an operation that has taken too long is given up, and an offer that nobody answered expires. The deadlines are rows
//! that are folded from events. A wake-up that comes late or twice is harmless, because the rules look at the time themselves.

use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::ProjectId;
use tokio_util::sync::CancellationToken;

use crate::origin::Origin;
use crate::{Lifecycle, store};

/// Deadlines looked at in one go.
const DUE_MAX: u16 = 100;
/// Between attempts while the log or the database does not answer, and while a row is behind its log.
const PAUSE: Duration = Duration::from_secs(1);

/// Fires deadlines, in their order, until `shutdown`.
pub(crate) async fn run(lifecycle: &Lifecycle, shutdown: &CancellationToken) {
    let agenda = lifecycle.clock.agenda();
    loop {
        let mut changed = lifecycle.wake.subscribe();
        let pause = match store::next_due(&lifecycle.pool, DUE_MAX).await {
            Ok(due) => {
                let next = due.first().map(|(_, at)| *at);
                if next.is_some_and(|at| at <= lifecycle.clock.now()) {
                    Some(fire(lifecycle, &due).await)
                } else {
                    agenda.announce(next);
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = reach(lifecycle, next) => {}
                        _ = changed.changed() => {}
                    }
                    None
                }
            }
            Err(error) => {
                tracing::warn!(error = %chassis::error_chain(&error), "deadlines cannot be read, trying again");
                Some(false)
            }
        };
        if pause == Some(false) {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        if shutdown.is_cancelled() {
            return;
        }
    }
}

/// Whether all that is due has happened.
async fn fire(lifecycle: &Lifecycle, due: &[(ProjectId, DateTime<Utc>)]) -> bool {
    let now = lifecycle.clock.now();
    let mut all = true;
    for (id, at) in due.iter().take_while(|(_, at)| *at <= now) {
        match lifecycle.carry_out(*id, &lifecycle.due(*id), None, &Origin::Clock).await {
            // Still due: the row is behind its log, and the follower will bring it there.
            Ok(Some(project)) => {
                if !project.operation.running() {
                    lifecycle.heard.forget(*id);
                }
                all &= project.due_at().is_none_or(|next| next > *at);
            }
            // Gone, and the follower has not taken its row away yet.
            Ok(None) => all = false,
            Err(error) => {
                tracing::warn!(project.id = %id, error = %chassis::error_chain(&error), "a deadline could not be met, trying again");
                all = false;
            }
        }
    }
    all
}

/// Waits until it is `at`, or for ever.
pub(crate) async fn reach(lifecycle: &Lifecycle, at: Option<DateTime<Utc>>) {
    match at {
        Some(at) => lifecycle.clock.reach(at).await,
        None => std::future::pending().await,
    }
}
