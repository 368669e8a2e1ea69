//! The last work of a deletion: everything that the log says of the project goes, in every stream, and nothing of anybody else's.
//!
//! It comes after every service has reported that its part is gone, so that nobody writes any more; what was on its way meanwhile is
//! looked for a second time. Each part can be repeated, and finds less. The project's own subject is left for the one fact that stays,
//! which [`keep_only_the_end`] sees to when that fact is said.
//!
//! Not here: databases, code and Flows, which their services erase; and what the broker's disk may hold of purged events until it compacts
//! its blocks, unless they are overwritten.

mod at_meta;
mod claims;
mod freed;
pub(crate) mod late;
mod numbers;
mod parked;
mod webhooks;

use std::time::Duration;

use contract::{ProjectId, Stream, Subject};
use journal::{Erasure, Journal};

use crate::Lifecycle;
use crate::error::Error;
use numbers::Numbers;

/// How long an append that was begun before the deletion may take to land: the journal's limit for one, and a little.
pub(crate) const LATE_APPENDS: Duration = Duration::from_secs(7);
/// How often it is looked again. Whoever still writes then has not heard of the deletion, which a later attempt may find mended.
const PASSES_MAX: u32 = 20;

/// Erases all of `project` but its own subject. `overwrite`: each event is overwritten on the broker's disk first.
///
/// # Errors
/// [`Error::StillWritten`] if events keep appearing; otherwise the log does not answer. It can be repeated.
pub(crate) async fn erase_log(lifecycle: &Lifecycle, project: ProjectId, overwrite: bool) -> Result<(), Error> {
    let journal = &lifecycle.journal;
    let at_meta = at_meta::ids(journal, project).await?;
    for pass in 1..=PASSES_MAX {
        // In every pass anew: its numbers are free, and somebody may have taken one of them since the last.
        let numbers = Numbers::of(lifecycle, project).await?;
        // Before the project's own: which webhooks are about its templates and Flows is known from their events alone.
        let mut erased = webhooks::erase(journal, project, (&numbers, &at_meta), overwrite).await?;
        for stream in Stream::ALL {
            if let Some(pattern) = pattern(project, stream) {
                erased += journal.erase(&Erasure { stream, pattern, overwrite }).await?;
            }
        }
        erased += parked::erase(journal, project, &numbers).await?;
        tracing::info!(project.id = %project, pass, events = erased, "events of a deleted project are erased");
        if erased == 0 && pass > 1 {
            freed::keep(lifecycle, project, &numbers, overwrite).await?;
            claims::erase(journal, project, &numbers, overwrite).await?;
            return Ok(());
        }
        tokio::time::sleep(lifecycle.late_appends).await;
    }
    Err(Error::StillWritten(project))
}

/// Destroys the key of the project's secrets: whatever was sealed under it, wherever it still is, can be opened no more. The key is
/// overwritten on the broker's disk in any case.
///
/// # Errors
/// The log does not answer. It can be repeated.
pub(crate) async fn destroy_key(journal: &Journal, project: ProjectId) -> Result<(), Error> {
    let key = Subject::data_key(project);
    journal.erase(&Erasure { stream: key.stream(), pattern: key.to_string(), overwrite: true }).await?;
    Ok(())
}

/// Takes everything from the project's own subject but its last fact. `overwriting`: the event that asked for each to be overwritten first,
/// if one did. It is the last that goes: who is stopped before finds it again, and with it what is still to be overwritten.
///
/// # Errors
/// The log does not answer. It can be repeated.
pub(crate) async fn keep_only_the_end(journal: &Journal, project: ProjectId, overwriting: Option<u64>) -> Result<(), Error> {
    let subject = Subject::project(project);
    if let Some(asked) = overwriting {
        let events = journal.entity(&subject).await?;
        let before: Vec<u64> = events.iter().rev().skip(1).map(|event| event.sequence).filter(|sequence| *sequence != asked).collect();
        for sequence in before.into_iter().chain([asked]) {
            journal.overwrite(Stream::Project, sequence).await?;
        }
    }
    journal.keep_last(&subject).await?;
    Ok(())
}

/// Where a project has events of its own in a stream. Exhaustive, so that a new stream makes somebody decide.
fn pattern(project: ProjectId, stream: Stream) -> Option<String> {
    match stream {
        Stream::Conversation | Stream::Flow | Stream::Template | Stream::Media => Some(format!("{stream}.{project}.>")),
        Stream::Database | Stream::Billing | Stream::Usage | Stream::Bot => Some(format!("{stream}.{project}")),
        // By number, by content, by their owner, or not of projects.
        Stream::Webhook | Stream::Project | Stream::Workspace | Stream::Parked | Stream::Position => None,
    }
}

#[cfg(test)]
mod tests;
