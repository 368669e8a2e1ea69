//! Raw webhooks of the project's numbers: what Meta sent while a number was the project's, and what it says of their business account.
//!
//! A number that no other project ever had goes whole, with what came before it was connected. Of one that changed hands only what came
//! in this project's time goes. Of an account, which several projects may share, only what names one of the project's numbers.

use contract::{ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Erasure, Filter, Journal, Range};

use super::numbers::Numbers;
use crate::error::Error;

/// How many events were erased.
pub(super) async fn erase(journal: &Journal, project: ProjectId, numbers: &Numbers, overwrite: bool) -> Result<u64, Error> {
    let mut erased = 0;
    for (id, number) in &numbers.by_id {
        let pattern = format!("webhook.{id}.>");
        if number.only_ours {
            erased += journal.erase(&Erasure { stream: Stream::Webhook, pattern, overwrite }).await?;
        } else {
            erased += erase_some(journal, &pattern, |event| number.was_ours(event.time)).await?;
        }
    }
    for account in &numbers.accounts {
        let names_ours = |event: &Recorded| {
            let text = String::from_utf8_lossy(&event.data);
            numbers.by_id.keys().chain(&numbers.dialled).any(|ours| text.contains(ours.as_str()))
        };
        erased += erase_some(journal, &format!("webhook.{account}.>"), names_ours).await?;
    }
    // Bodies that could not be split, and payments: whose they are is only in their text.
    let names_project = |event: &Recorded| String::from_utf8_lossy(&event.data).contains(&project.to_string());
    for pattern in ["webhook.unreadable.>", "webhook.paystack.>"] {
        erased += erase_some(journal, pattern, names_project).await?;
    }
    Ok(erased)
}

/// One by one, so each is overwritten too.
async fn erase_some(journal: &Journal, pattern: &str, ours: impl Fn(&Recorded) -> bool) -> Result<u64, Error> {
    let mut sequences = Vec::new();
    let mut events = std::pin::pin!(journal.replay(Stream::Webhook, Range::ALL, Filter::subjects([pattern])));
    while let Some(event) = events.next().await {
        let event = event?;
        if ours(&event) {
            sequences.push(event.sequence);
        }
    }
    for sequence in &sequences {
        journal.overwrite(Stream::Webhook, *sequence).await?;
    }
    Ok(sequences.len() as u64)
}
