//! Events that operators told the projector to pass over: they are in the log and in no table.

use std::collections::{HashMap, HashSet};

use contract::{Event, ParkedEvent, ProjectId, Stream, Subject};
use futures::TryStreamExt;
use journal::{Filter, Journal, Range};

use crate::Error;

/// Under this name the live driver follows the `conversation` stream; its keys are `conversation.<prj>`.
pub const PROJECTOR: &str = "projector";

/// By project, the sequences to pass over.
pub(crate) async fn skipped(journal: &Journal) -> Result<HashMap<ProjectId, HashSet<u64>>, Error> {
    let mut skipped: HashMap<ProjectId, HashSet<u64>> = HashMap::new();
    let Ok(subject) = Subject::parked(PROJECTOR, Stream::Conversation) else { return Ok(skipped) };
    let mut events = std::pin::pin!(journal.replay(Stream::Parked, Range::ALL, Filter::subjects([subject.as_str()])));
    while let Some(event) = events.try_next().await? {
        match ParkedEvent::decode(&event).map_err(|source| Error::Event { sequence: event.sequence, source })? {
            ParkedEvent::EventSkipped(skip) => {
                if let Some(project) = skip.key.split('.').nth(1).and_then(|text| text.parse().ok()) {
                    skipped.entry(project).or_default().insert(skip.sequence);
                }
            }
            ParkedEvent::KeyHeld(_) | ParkedEvent::RetryRequested(_) | ParkedEvent::KeyReleased(_) => {}
        }
    }
    Ok(skipped)
}
