//! Deadlines: what is due happens, in order of its time across all projects. Late and double wake-ups are harmless, because a command
//! finds nothing due any more.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::ProjectId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::command::Origin;
use crate::decide::Command;
use crate::{Billing, store};

/// Between attempts while the platform database or the log does not answer, and for a project whose events cannot be read.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub(crate) async fn run(billing: Billing, stop: CancellationToken) {
    // Projects whose last attempt went wrong, until when, and since when they are due: one of them must not hold up the others.
    let mut resting: HashMap<ProjectId, (Instant, DateTime<Utc>)> = HashMap::new();
    let agenda = billing.clock.agenda();
    loop {
        resting.retain(|_, (until, _)| *until > Instant::now());
        let without: Vec<String> = resting.keys().map(ToString::to_string).collect();
        let next = store::next_due(&billing.pool, &without).await;
        let rest = match next {
            Ok(Some((project, at))) if at <= billing.clock.now() => {
                billing.behind.store(true, Ordering::SeqCst);
                if !fire(&billing, project, at).await {
                    resting.insert(project, (Instant::now() + PAUSE, at));
                }
                if stop.is_cancelled() {
                    return;
                }
                continue;
            }
            Ok(next) => {
                if billing.behind.swap(false, Ordering::SeqCst) {
                    billing.charges.notify_one();
                }
                let next = next.map(|(_, at)| at);
                // What rests is due still: a clock that is moved waits for it.
                agenda.announce(resting.values().map(|(_, at)| *at).chain(next).min());
                wait(&billing, next, resting.values().map(|(until, _)| *until).min(), &stop).await
            }
            Err(error) => {
                tracing::warn!(error = %chassis::error_chain(&error), "deadlines cannot be read");
                pause(Instant::now() + PAUSE, &stop).await
            }
        };
        if rest.is_break() {
            return;
        }
    }
}

/// False: it did not happen, or the tables do not show it yet.
async fn fire(billing: &Billing, project: ProjectId, at: DateTime<Utc>) -> bool {
    // Only what is due by that instant: what is due later may come after something of another project.
    match billing.command(project, &Command::Wake { until: at }, Origin::Clock).await {
        Ok(_) => {
            metrics::counter!("billing_deadlines_total").increment(1);
            !matches!(store::next_due(&billing.pool, &[]).await, Ok(Some(again)) if again == (project, at))
        }
        // A project without events has nothing due: a row that says so is behind.
        Err(error) => {
            tracing::warn!(project.id = %project, error = %chassis::error_chain(&error), "a deadline is late");
            false
        }
    }
}

async fn wait(
    billing: &Billing,
    next: Option<DateTime<Utc>>,
    resting: Option<Instant>,
    stop: &CancellationToken,
) -> std::ops::ControlFlow<()> {
    let due = async {
        match next {
            Some(at) => billing.clock.reach(at).await,
            None => std::future::pending().await,
        }
    };
    let rested = async {
        match resting {
            Some(until) => tokio::time::sleep_until(until).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stop.cancelled() => return std::ops::ControlFlow::Break(()),
        () = due => {}
        () = rested => {}
        () = billing.deadlines.notified() => {}
    }
    std::ops::ControlFlow::Continue(())
}

async fn pause(until: Instant, stop: &CancellationToken) -> std::ops::ControlFlow<()> {
    tokio::select! {
        () = stop.cancelled() => std::ops::ControlFlow::Break(()),
        () = tokio::time::sleep_until(until) => std::ops::ControlFlow::Continue(()),
    }
}
