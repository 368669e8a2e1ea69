//! What followers noted about keys of the project that they held back: its id, its numbers, causes that may quote it.

use contract::{ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Journal, Range};

use super::numbers::Numbers;
use crate::error::Error;

/// How many notes were erased. There are few: one for each time that a key was held.
pub(super) async fn erase(journal: &Journal, project: ProjectId, numbers: &Numbers) -> Result<u64, Error> {
    let project = project.to_string();
    let ours = |event: &Recorded| {
        let text = String::from_utf8_lossy(&event.data);
        text.contains(&project) || numbers.by_id.iter().any(|(id, number)| number.only_ours && text.contains(&format!("webhook.{id}")))
    };
    let mut sequences = Vec::new();
    let mut events = std::pin::pin!(journal.replay(Stream::Parked, Range::ALL, Filter::all()));
    while let Some(event) = events.next().await {
        let event = event?;
        if ours(&event) {
            sequences.push(event.sequence);
        }
    }
    for sequence in &sequences {
        journal.overwrite(Stream::Parked, *sequence).await?;
    }
    Ok(sequences.len() as u64)
}
