//! How far a project's tables have come. The checkpoint is a row beside the tables, and every transaction that writes to them replaces it.
//!
//! So a writer that finds the same version of the row as when it read the tables knows that nobody has written in between. The projector
//! checks this in the same statement that moves the row. A repair takes longer, so it locks the row while it reads and writes.

use chrono::{DateTime, Utc};
use contract::{EventId, Recorded, Stream};
use sqlx::PgConnection;

use crate::Error;

/// Where the tables stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last sequence of the `conversation` stream that the tables hold; 0 for none.
    pub sequence: u64,
    /// The event with that sequence, where it is known.
    pub event: Option<EventId>,
}

/// A checkpoint as it was read, which somebody else may have replaced since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) checkpoint: Checkpoint,
    /// Of its row: Postgres's `xmin`, as long as nobody replaces it.
    pub(crate) version: i64,
}

/// How a checkpoint is moved with the rows that belong to it.
#[derive(Clone, Copy)]
pub(crate) struct Moving<'e> {
    /// From here, and only from here.
    pub(crate) seen: Seen,
    /// To this event.
    pub(crate) to: &'e Recorded,
    /// Whether the commit waits for the disk.
    pub(crate) flushed: bool,
}

/// Makes it, if nobody has.
pub(crate) async fn create(connection: &mut PgConnection, log_created: DateTime<Utc>) -> Result<(), Error> {
    const INSERT: &str = "INSERT INTO paige.checkpoint (stream, stream_created, sequence) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    sqlx::query(INSERT).bind(Stream::Conversation.name()).bind(log_created).execute(connection).await?;
    Ok(())
}

/// Locks the checkpoint until the transaction ends, and replaces its row. Once this is committed, whoever read the row before can no longer
/// write under it, even if the sequence has not changed.
///
/// `log_created` is the identity of the stream; tables of another one are refused.
pub async fn lock(transaction: &mut PgConnection, log_created: DateTime<Utc>) -> Result<Checkpoint, Error> {
    const UPDATE: &str = "UPDATE paige.checkpoint SET sequence = sequence WHERE stream = $1 RETURNING stream_created, sequence, event_id";
    create(transaction, log_created).await?;
    let (created, sequence, event): (DateTime<Utc>, i64, Option<String>) =
        sqlx::query_as(UPDATE).bind(Stream::Conversation.name()).fetch_one(transaction).await?;
    of_log(created, sequence, event.as_deref(), log_created)
}

/// A checkpoint from its columns; refused when it is of another log.
pub(crate) fn of_log(created: DateTime<Utc>, sequence: i64, event: Option<&str>, log_created: DateTime<Utc>) -> Result<Checkpoint, Error> {
    if created.timestamp_micros() != log_created.timestamp_micros() {
        return Err(Error::OtherLog { tables: created, log: log_created });
    }
    of_columns(sequence, event)
}

fn of_columns(sequence: i64, event: Option<&str>) -> Result<Checkpoint, Error> {
    let event = event.map(|id| id.parse().map_err(|_| Error::Corrupt("event_id"))).transpose()?;
    Ok(Checkpoint { sequence: u64::try_from(sequence).map_err(|_| Error::Corrupt("sequence"))?, event })
}

/// Reads it without locking, with when the stream was created that it is of.
pub async fn read(connection: &mut PgConnection) -> Result<Option<(DateTime<Utc>, Checkpoint)>, Error> {
    const SELECT: &str = "SELECT stream_created, sequence, event_id FROM paige.checkpoint WHERE stream = $1";
    let found: Option<(DateTime<Utc>, i64, Option<String>)> =
        sqlx::query_as(SELECT).bind(Stream::Conversation.name()).fetch_optional(connection).await?;
    found.map(|(created, sequence, event)| Ok((created, of_columns(sequence, event.as_deref())?))).transpose()
}

pub(crate) async fn write(transaction: &mut PgConnection, sequence: u64, event: Option<EventId>) -> Result<(), Error> {
    sqlx::query("UPDATE paige.checkpoint SET sequence = $2, event_id = $3 WHERE stream = $1")
        .bind(Stream::Conversation.name())
        .bind(tables::signed(sequence))
        .bind(event.map(|id| id.to_string()))
        .execute(transaction)
        .await?;
    Ok(())
}
