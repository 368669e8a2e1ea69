//! What followers noted about keys of the project that they held back: its id, its numbers, causes that may quote it.

use std::time::Duration;

use contract::{ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Filter, HeldKey, Journal, Range};

use super::numbers::{Numbers, OneNumber};
use super::webhooks::names;
use crate::error::Error;
use crate::held::retry;

/// Between looks whether those who hold back a number have tried again, in milliseconds, five seconds together. Ever longer: each look reads all
/// that was ever held.
const RELEASE_PAUSES_MS: [u64; 7] = [40, 80, 160, 320, 640, 1_280, 2_560];

/// How many notes were erased. There are few: one for each time that a key was held.
pub(super) async fn erase(journal: &Journal, project: ProjectId, numbers: &Numbers) -> Result<u64, Error> {
    let project = project.to_string();
    let ours = |event: &Recorded| {
        let text = String::from_utf8_lossy(&event.data);
        let of_number = |(id, number): (&String, &OneNumber)| number.only_ours && names(&text, &key(id));
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

/// Has whoever holds back one of the numbers look again, because what they held it for is erased: they let it go if nothing has come since. Who
/// does not run cannot, and is not waited for longer than a few seconds.
pub(super) async fn release(journal: &Journal, numbers: &Numbers) -> Result<(), Error> {
    if retry(journal, |held| is_ours(held, numbers)).await?.is_empty() {
        return Ok(());
    }
    for pause in RELEASE_PAUSES_MS.map(Duration::from_millis) {
        tokio::time::sleep(pause).await;
        if !held(journal, numbers).await?.iter().any(|held| held.retry_requested) {
            break;
        }
    }
    Ok(())
}

/// Those of the numbers that nobody else has that are held back.
pub(super) async fn held(journal: &Journal, numbers: &Numbers) -> Result<Vec<HeldKey>, Error> {
    let mut held = journal.parked().await?;
    held.retain(|held| is_ours(held, numbers));
    Ok(held)
}

fn is_ours(held: &HeldKey, numbers: &Numbers) -> bool {
    let is_its = |(id, number): (&String, &OneNumber)| number.only_ours && held.key == key(id);
    held.stream == Stream::Webhook && numbers.by_id.iter().any(is_its)
}

/// By what followers of webhooks hold back a number.
pub(super) fn key(id: &str) -> String {
    format!("{}.{id}", Stream::Webhook)
}
