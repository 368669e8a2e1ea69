//! What followers noted about keys of the project that they held back: its id, its numbers, causes that may quote it.

use contract::{ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, Journal, Range};

use super::numbers::{Numbers, OneNumber};
use super::webhooks::names;
use crate::error::Error;

/// How many notes were erased. There are few: one for each time that a key was held.
pub(super) async fn erase(journal: &Journal, project: ProjectId, numbers: &Numbers) -> Result<u64, Error> {
    let project = project.to_string();
    let ours = |event: &Recorded| {
        let text = String::from_utf8_lossy(&event.data);
        let of_number = |(id, number): (&String, &OneNumber)| number.only_ours && names(&text, &format!("webhook.{id}"));
        // Of numbers only up to when it was looked whose they are: the next owner's notes stay.
        text.contains(&project) || (event.sequence <= numbers.through.parked && numbers.by_id.iter().any(of_number))
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
