//! Raw webhooks of the project's numbers: what Meta sent while a number was the project's, and what it says of their business account.
//!
//! A number that no other project ever had goes whole, with what came before it was connected, up to when that was looked up: it is free
//! meanwhile, and what reaches it for its next owner stays. Of one that changed hands only what came in this project's time goes, and what has
//! come since, if the project was the last that had it. Of an account, which several projects may share, only what names one of the project's
//! numbers, in the same bounds, or a template or Flow that it made. What the payment provider reports after this has looked is erased by
//! billing, which reads it.

use contract::{ProjectId, Recorded, Stream};
use futures::StreamExt;
use journal::{Erasure, Filter, Journal, Range};

use super::numbers::{Numbers, OneNumber};
use crate::error::Error;

/// How many events were erased. `at_meta`: what Meta calls the templates and Flows that it made.
pub(super) async fn erase(
    journal: &Journal,
    project: ProjectId,
    (numbers, at_meta): (&Numbers, &[String]),
    overwrite: bool,
) -> Result<u64, Error> {
    let through = numbers.through.webhook;
    let mut erased = 0;
    for (id, number) in &numbers.by_id {
        let pattern = format!("webhook.{id}.>");
        if number.only_ours {
            erased += journal.erase_through(&Erasure { stream: Stream::Webhook, pattern, overwrite }, through).await?;
        } else {
            erased += erase_some(journal, &pattern, |event| number.is_ours(event, through)).await?;
        }
    }
    for account in &numbers.accounts {
        let names_ours = |event: &Recorded| {
            let text = String::from_utf8_lossy(&event.data);
            let of_number = |(id, number): (&String, &OneNumber)| {
                number.is_ours(event, through) && [id].into_iter().chain(&number.dialled).any(|ours| names(&text, ours))
            };
            numbers.by_id.iter().any(of_number) || at_meta.iter().any(|ours| names(&text, ours))
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

/// Whether a text has these digits, and not as a part of others.
pub(super) fn names(text: &str, digits: &str) -> bool {
    text.match_indices(digits).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + digits.len()..].chars().next());
        ![before, after].into_iter().flatten().any(|beside| beside.is_ascii_digit())
    })
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

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn digits_are_a_name_only_when_they_stand_alone() {
        for (text, found) in [
            ("{\"flow_id\":\"123\"}", true),
            ("{\"id\":123}", true),
            ("123", true),
            ("+123", true),
            ("1123", false),
            ("1234", false),
            ("0123 and 123.", true),
            ("", false),
        ] {
            assert_eq!(names(text, "123"), found, "{text}");
        }
    }
}
