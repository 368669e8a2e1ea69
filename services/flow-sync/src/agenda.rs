//! The comparison of each project with Meta, when it is its turn: at once after a number was connected or an upload was interrupted, and
//! otherwise after a fixed interval.
//!
//! Projects that have no turn yet are looked up in the table every half minute.

use std::collections::HashSet;
use std::time::Duration;

use contract::ProjectId;
use futures::StreamExt;
use projects::{Ended, TokenError, Turns};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::Class;

use crate::command::Origin;
use crate::error::Error;
use crate::{FlowSync, store};

/// How often the table is asked for projects that have no turn yet.
const LOOK_PAUSE: Duration = Duration::from_secs(30);
/// Projects compared at the same time.
const PARALLEL: usize = 4;
/// The first pause after Meta, the log or the database did not answer; it doubles.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// After Meta wanted fewer calls. Its limits are by the hour.
const RATE_PAUSE: Duration = Duration::from_secs(600);

/// Runs until `stop`.
pub(crate) async fn run(flow_sync: FlowSync, stop: CancellationToken) {
    let mut turns = Turns::new(flow_sync.interval, Duration::ZERO);
    let mut look = Instant::now();
    loop {
        if look <= Instant::now() {
            enter(&flow_sync, &mut turns).await;
            look = Instant::now() + LOOK_PAUSE;
        }
        let due = tokio::select! {
            () = stop.cancelled() => return,
            due = turns.due(&flow_sync.asked, look) => due,
        };
        let ended = futures::stream::iter(due).map(|project| one(&flow_sync, project)).buffer_unordered(PARALLEL).collect::<Vec<_>>();
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = ended => ended,
        };
        for (project, ended) in ended {
            turns.note(project, ended);
        }
    }
}

/// Projects that are new, and those whose upload waits.
async fn enter(flow_sync: &FlowSync, turns: &mut Turns) {
    let found = match store::projects(&flow_sync.pool).await {
        Ok(found) => found,
        Err(error) => return tracing::warn!(error = %chassis::error_chain(&error), "projects with Flows cannot be read"),
    };
    turns.retain(&found.iter().map(|(project, _)| *project).collect::<HashSet<_>>());
    for (project, pending) in found {
        turns.enter(project, pending);
    }
}

async fn one(flow_sync: &FlowSync, project: ProjectId) -> (ProjectId, Ended) {
    let ended = match flow_sync.reconcile(project, Origin::Work).await {
        Ok(report) => report.stopped.map_or(Ended::Well, |error| later(project, &error)),
        // Whoever connects a number asks for it again.
        Err(Error::NoLine(_) | Error::Token(TokenError::None)) => Ended::Well,
        Err(error) => later(project, &error),
    };
    (project, ended)
}

fn later(project: ProjectId, error: &Error) -> Ended {
    tracing::warn!(project.id = %project, error = %chassis::error_chain(error), "Flows are compared with Meta later");
    match error {
        Error::Meta { source, .. } if source.class() == Class::RateLimited => Ended::Later { wait: RATE_PAUSE },
        _ => Ended::Later { wait: RETRY_PAUSE },
    }
}
