//! The comparison of each project's templates with Meta, when it is its turn: at once after a number was connected, a step was interrupted or
//! a webhook left a doubt, and otherwise after a fixed interval.
//!
//! A process that starts first goes on with what is pending.

use std::collections::HashSet;
use std::time::Duration;

use contract::ProjectId;
use futures::StreamExt;
use projects::{Ended, Life, TokenError, Turns};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use whatsapp::graph::Class;

use crate::Templates;
use crate::command::Origin;
use crate::error::Error;

/// How often it is looked for projects that have no turn yet.
const LOOK_PAUSE: Duration = Duration::from_secs(30);
/// Projects compared at the same time.
const PARALLEL: usize = 4;
/// The first pause after Meta or the log did not answer, or while something is pending; it doubles.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// After Meta wanted fewer calls. Its limits are by the hour.
const RATE_PAUSE: Duration = Duration::from_secs(600);
/// Between two comparisons of a project, however many doubts there are.
const ASKED_PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub(crate) async fn run(templates: &Templates, stop: &CancellationToken) {
    if templates.graph.is_none() {
        return stop.cancelled().await;
    }
    // What is pending is known first.
    tokio::select! {
        () = stop.cancelled() => return,
        () = templates.library.caught_up() => {}
    }
    let mut turns = Turns::new(templates.interval, ASKED_PAUSE);
    let mut look = Instant::now();
    loop {
        if look <= Instant::now() {
            enter(templates, &mut turns);
            look = Instant::now() + LOOK_PAUSE;
        }
        let due = tokio::select! {
            () = stop.cancelled() => return,
            due = turns.due(&templates.asked, look) => due,
        };
        let ended = futures::stream::iter(due).map(|project| one(templates, project)).buffer_unordered(PARALLEL).collect::<Vec<_>>();
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = ended => ended,
        };
        for (project, ended) in ended {
            turns.note(project, ended);
        }
    }
}

/// Projects that are new: those that can ask Meta.
fn enter(templates: &Templates, turns: &mut Turns) {
    let able = templates
        .projects
        .all()
        .into_iter()
        .filter(|project| project.life != Life::Leaving && project.number.as_ref().is_some_and(|number| number.sealed_token.is_some()));
    let there: HashSet<ProjectId> = able.map(|project| project.id).collect();
    turns.retain(&there);
    for project in there {
        turns.enter(project, false);
        // One that failed has a time of its own.
        if templates.library.is_pending(project) && !turns.has_failed(project) {
            turns.advance(project);
        }
    }
}

async fn one(templates: &Templates, project: ProjectId) -> (ProjectId, Ended) {
    let ended = match templates.reconcile(project, &Origin::work()).await {
        Ok(report) if report.pending > 0 && report.stopped.is_none() => Ended::Later { wait: RETRY_PAUSE },
        Ok(report) => report.stopped.map_or(Ended::Well, |error| later(project, &error)),
        // Whoever connects a number asks for it again.
        Err(Error::NoLine(_) | Error::Token(TokenError::None)) => Ended::Well,
        Err(error) => later(project, &error),
    };
    (project, ended)
}

fn later(project: ProjectId, error: &Error) -> Ended {
    tracing::warn!(project.id = %project, error = %chassis::error_chain(error), "templates are compared with Meta later");
    match error {
        Error::Meta { source, .. } if source.class() == Class::RateLimited => Ended::Later { wait: RATE_PAUSE },
        Error::Meta { .. }
        | Error::Refused(_)
        | Error::NoLine(_)
        | Error::Token(_)
        | Error::Log(_)
        | Error::Append(_)
        | Error::Contended(_)
        | Error::Decode { .. } => Ended::Later { wait: RETRY_PAUSE },
    }
}
