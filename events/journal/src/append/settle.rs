//! What became of a contested append. With one replica the broker checks the expected sequence before the message id, so a
//! retry of an append whose acknowledgement was lost looks like a conflict, and an atomic batch that is an honest retry is
//! refused as a duplicate (measured on nats-server 2.15). So before anything is called a conflict, the log is asked who was faster.

use contract::{EventId, Stream};

use super::AppendError;
use super::pending::{Part, Pending};
use crate::Error;
use crate::link::Link;
use crate::streams::DUPLICATE_WINDOW;

/// How many events of a subject are looked through for an id. Only an unguarded append of several events comes here.
const SCAN_EVENTS_MAX: usize = 4_096;

pub(super) enum Verdict {
    /// It is in the log; its last event has this sequence.
    Stored(u64),
    /// It is not, and this is why.
    Failed(AppendError),
    /// It is not, and its subjects are as expected: send it again.
    Again,
}

/// Asks the stream's leader. `Err` when it does not answer.
pub(super) async fn settle(link: &Link, append: &Pending, duplicate: bool) -> Result<Verdict, Error> {
    let mut guarded = false;
    let mut before = 0;
    for part in &append.parts {
        if let Some(expected) = part.expect.sequence() {
            guarded = true;
            match contender(link, append.stream, part, expected).await? {
                Contender::None => {}
                Contender::Ourselves(first) => {
                    let last = first + (append.events - before) as u64 - 1;
                    if is_whole(link, append, last).await? {
                        return Ok(Verdict::Stored(last));
                    }
                    let actual = link.last_of(append.stream, part.subject.as_str()).await?.map_or(first, |last| last.sequence);
                    return Ok(conflict(part, expected, actual));
                }
                Contender::Other(actual) => return Ok(conflict(part, expected, actual)),
            }
        }
        before += part.messages.len();
    }
    if guarded && !duplicate {
        return Ok(Verdict::Again);
    }
    Ok(match scan(link, append).await? {
        Some(last) if begins_before(link, append, last).await? => Verdict::Stored(last),
        Some(_) | None => {
            Verdict::Failed(AppendError::Refused("an event id of this append is in the log already, in another append".to_owned()))
        }
    })
}

fn conflict(part: &Part, expected: u64, actual: u64) -> Verdict {
    Verdict::Failed(AppendError::Conflict { subject: part.subject.as_str().to_owned(), expected, actual })
}

/// Whether the append's last event is in the log at the place where the whole append would end. An earlier append may have begun with the
/// same event and held fewer; if only that one is there, this append was never stored.
async fn is_whole(link: &Link, append: &Pending, last: u64) -> Result<bool, Error> {
    let (Some(part), Some(id)) = (append.parts.last(), append.id()) else { return Ok(false) };
    is_at(link, append.stream, part, id, last).await
}

/// Whether the append's first event is where it would be if the append ended at `last`. Its last event may be in the log as part of another
/// append.
async fn begins_before(link: &Link, append: &Pending, last: u64) -> Result<bool, Error> {
    let Some((part, message)) = append.parts.first().and_then(|part| Some((part, part.messages.first()?))) else { return Ok(false) };
    let Some(first) = (last + 1).checked_sub(append.events as u64) else { return Ok(false) };
    is_at(link, append.stream, part, message.id(), first).await
}

/// Whether the event of this id is at this sequence, on the part's subject.
async fn is_at(link: &Link, stream: Stream, part: &Part, id: EventId, sequence: u64) -> Result<bool, Error> {
    let found = link.first_from(stream, part.subject.as_str(), sequence).await?;
    Ok(found.is_some_and(|found| found.sequence == sequence && found.is(&id.to_string())))
}

enum Contender {
    /// The subject is as expected.
    None,
    /// The append itself; its first event of this part has this sequence.
    Ourselves(u64),
    /// Somebody else; the subject's last sequence now.
    Other(u64),
}

/// Who wrote the first event after the expected one.
async fn contender(link: &Link, stream: Stream, part: &Part, expected: u64) -> Result<Contender, Error> {
    let subject = part.subject.as_str();
    if let Some(next) = link.first_from(stream, subject, expected + 1).await?
        && part.messages.first().is_some_and(|message| next.is(&message.id().to_string()))
    {
        return Ok(Contender::Ourselves(next.sequence));
    }
    let actual = link.last_of(stream, subject).await?.map_or(0, |last| last.sequence);
    Ok(if actual == expected { Contender::None } else { Contender::Other(actual) })
}

/// Looks for the append's last event among those of its subject that the broker's duplicate window covers.
async fn scan(link: &Link, append: &Pending) -> Result<Option<u64>, Error> {
    let (Some(part), Some(id)) = (append.parts.last(), append.id()) else { return Ok(None) };
    let subject = part.subject.as_str();
    let Some(last) = link.last_of(append.stream, subject).await? else { return Ok(None) };
    if last.is(&id.to_string()) {
        return Ok(Some(last.sequence));
    }
    let from = last.time - chrono::Duration::from_std(DUPLICATE_WINDOW).unwrap_or_default();
    let mut next = link.first_since(append.stream, subject, from).await?;
    for _ in 0..SCAN_EVENTS_MAX {
        match next {
            Some(found) if found.is(&id.to_string()) => return Ok(Some(found.sequence)),
            Some(found) if found.sequence < last.sequence => next = link.first_from(append.stream, subject, found.sequence + 1).await?,
            _ => return Ok(None),
        }
    }
    Ok(None)
}
