//! How far a project's tables have come: a row beside them, moved in the transaction that moves them.

use chrono::{DateTime, Utc};
use contract::{EventId, Stream};
use sqlx::PgConnection;

use crate::Error;

/// A checkpoint that this transaction has locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last sequence of the `conversation` stream that the tables hold; 0 for none.
    pub sequence: u64,
    /// The event with that sequence, where it is known.
    pub event: Option<EventId>,
}

/// Begins a transaction and locks the checkpoint in it, if there is one yet. What is read afterwards is as new as the lock: a statement that
/// waited for a lock itself would still show what was there before.
pub(crate) const BEGIN_LOCKED: &str = "BEGIN; SELECT FROM paige.checkpoint WHERE stream = 'conversation' FOR UPDATE";
/// The same, and its commit does not wait for the disk.
pub(crate) const BEGIN_LOCKED_UNFLUSHED: &str =
    "BEGIN; SET LOCAL synchronous_commit = off; SELECT FROM paige.checkpoint WHERE stream = 'conversation' FOR UPDATE";

/// Locks the checkpoint until the transaction ends: projector and repair go one after the other.
///
/// `log_created` is the identity of the stream; tables of another one are refused.
pub async fn lock(transaction: &mut PgConnection, log_created: DateTime<Utc>) -> Result<Checkpoint, Error> {
    const INSERT: &str = "INSERT INTO paige.checkpoint (stream, stream_created, sequence) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    const SELECT: &str = "SELECT stream_created, sequence, event_id FROM paige.checkpoint WHERE stream = $1 FOR UPDATE";
    let stream = Stream::Conversation.name();
    let found: Option<(DateTime<Utc>, i64, Option<String>)> = sqlx::query_as(SELECT).bind(stream).fetch_optional(&mut *transaction).await?;
    let (created, sequence, event) = match found {
        Some(found) => found,
        None => {
            sqlx::query(INSERT).bind(stream).bind(log_created).execute(&mut *transaction).await?;
            sqlx::query_as(SELECT).bind(stream).fetch_one(transaction).await?
        }
    };
    of_log(created, sequence, event.as_deref(), log_created)
}

/// A checkpoint from its columns; refused when it is of another log.
pub(crate) fn of_log(created: DateTime<Utc>, sequence: i64, event: Option<&str>, log_created: DateTime<Utc>) -> Result<Checkpoint, Error> {
    if created.timestamp_micros() != log_created.timestamp_micros() {
        return Err(Error::OtherLog { tables: created, log: log_created });
    }
    let event = event.map(|id| id.parse().map_err(|_| Error::Corrupt("event_id"))).transpose()?;
    Ok(Checkpoint { sequence: u64::try_from(sequence).map_err(|_| Error::Corrupt("sequence"))?, event })
}

/// Reads it without locking.
pub async fn read(connection: &mut PgConnection) -> Result<Option<(DateTime<Utc>, u64)>, Error> {
    const SELECT: &str = "SELECT stream_created, sequence FROM paige.checkpoint WHERE stream = $1";
    let found: Option<(DateTime<Utc>, i64)> = sqlx::query_as(SELECT).bind(Stream::Conversation.name()).fetch_optional(connection).await?;
    found.map(|(created, sequence)| Ok((created, u64::try_from(sequence).map_err(|_| Error::Corrupt("sequence"))?))).transpose()
}

/// The event that the tables stand at, where it is known.
pub async fn read_event(connection: &mut PgConnection) -> Result<Option<EventId>, Error> {
    const SELECT: &str = "SELECT event_id FROM paige.checkpoint WHERE stream = $1";
    let found: Option<Option<String>> = sqlx::query_scalar(SELECT).bind(Stream::Conversation.name()).fetch_optional(connection).await?;
    found.flatten().map(|id| id.parse().map_err(|_| Error::Corrupt("event_id"))).transpose()
}

/// Moves a locked checkpoint to a sequence whose event is not at hand.
pub async fn advance(transaction: &mut PgConnection, sequence: u64) -> Result<(), Error> {
    write(transaction, sequence, None).await
}

pub(crate) async fn write(transaction: &mut PgConnection, sequence: u64, event: Option<EventId>) -> Result<(), Error> {
    sqlx::query("UPDATE paige.checkpoint SET sequence = $2, event_id = $3 WHERE stream = $1")
        .bind(Stream::Conversation.name())
        .bind(i64::try_from(sequence).unwrap_or(i64::MAX))
        .bind(event.map(|id| id.to_string()))
        .execute(transaction)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_names_the_stream() {
        for statement in [BEGIN_LOCKED, BEGIN_LOCKED_UNFLUSHED] {
            assert!(statement.contains(&format!("stream = '{}'", Stream::Conversation)));
        }
    }
}
