//! What lifecycle does with the events that it follows: `project` into its tables, and what other services report into the project's
//! own life. All of it can be delivered again, in part or from the beginning.

mod database;
mod late;
mod parked;
mod project;
mod reports;
mod webhook;
mod workspace;

use std::time::Duration;

use contract::{Recorded, Stream};
use journal::{Follow, Handled, Stop};
use tokio_util::sync::CancellationToken;

use crate::Lifecycle;
use crate::error::Error;

/// The service's name in positions and parked keys.
pub(crate) const SERVICE: &str = "lifecycle";
/// Projects handled at the same time, of each stream.
const PARALLEL: usize = 4;
/// Events of one project handed over at once.
const BATCH_MAX: usize = 256;
/// Between attempts while the log or the platform database does not answer.
const OUTAGE_PAUSE: Duration = Duration::from_secs(1);
/// Between attempts when others write the same project.
const CONTENDED_PAUSE: Duration = Duration::from_millis(50);

/// Follows every stream that has something to say to lifecycle, until `shutdown`.
///
/// # Errors
/// The log cannot be followed any more.
pub(crate) async fn run(lifecycle: &Lifecycle, shutdown: &CancellationToken) -> Result<(), journal::Error> {
    let journal = &lifecycle.journal;
    let projects = journal.follow(settings(Stream::Project, "project.*"), project::OnProject(lifecycle.clone()), shutdown.clone());
    let databases = journal.follow(settings(Stream::Database, "database.*"), database::OnDatabase(lifecycle.clone()), shutdown.clone());
    let reports = |stream, filter| journal.follow(settings(stream, filter), reports::OnReport(lifecycle.clone()), shutdown.clone());
    tokio::try_join!(
        projects,
        databases,
        journal.follow(settings(Stream::Workspace, "workspace.*"), workspace::OnWorkspace(lifecycle.clone()), shutdown.clone()),
        journal.follow(webhooks(), webhook::OnWebhook(lifecycle.clone()), shutdown.clone()),
        reports(Stream::Bot, "bot.*"),
        reports(Stream::Flow, "flow.*.space"),
        reports(Stream::Template, "template.*.space"),
        reports(Stream::Media, "media.*.space"),
        reports(Stream::Billing, "billing.*")
    )?;
    Ok(())
}

/// `filter` has one token for the project: the claims of numbers and the keys, project.number.<id>, are not for the tables.
fn settings(stream: Stream, filter: &str) -> Follow {
    Follow {
        service: SERVICE,
        stream,
        filters: vec![filter.to_owned()],
        key_tokens: 2,
        parallel: PARALLEL,
        batch_max: BATCH_MAX,
        version: 1,
    }
}

/// What Meta says about numbers, by account.
fn webhooks() -> Follow {
    let filters = [webhook::NAME, webhook::QUALITY].map(|field| format!("webhook.*.{field}")).to_vec();
    Follow { filters, ..settings(Stream::Webhook, "") }
}

/// All of a delivery is done, or none of it: every part can be repeated.
fn settle(events: &[Recorded], result: Result<(), Error>) -> Handled {
    result.map_or_else(|error| Handled::stopped(0, stop(error)), |()| Handled::all(events))
}

fn stop(error: Error) -> Stop {
    let cause = chassis::error_chain(&error);
    match error {
        error if error.is_outage() => Stop::SetAside { after: OUTAGE_PAUSE, cause },
        Error::Contended(_) | Error::StillWritten(_) => Stop::Retry { after: CONTENDED_PAUSE, cause },
        Error::Append(_)
        | Error::Log(_)
        | Error::Database(_)
        | Error::Refused(_)
        | Error::Changed { .. }
        | Error::Decode { .. }
        | Error::Migrate(_)
        | Error::OtherLog { .. }
        | Error::Sealed(_)
        | Error::Row { .. } => Stop::Park { cause },
    }
}

#[cfg(test)]
mod tests;
