//! The rows: read once at start, written in batches beside the work. Rows and position change together or not at all.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::{EventId, MessageId, Stream};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use tables::{signed, unsigned};

use crate::backlog::{Key, Message, Read, State};
use crate::error::Error;
use crate::origin::Origin;
use crate::preferences::Preference;

/// Rows in one statement.
const ROWS_MAX: usize = 2_000;

/// What the rows held.
pub(crate) struct Restored {
    pub(crate) sequence: u64,
    pub(crate) messages: Vec<(MessageId, Message)>,
    pub(crate) reads: Vec<(EventId, Read)>,
    pub(crate) preferences: Vec<(Key, Preference)>,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) sequence: u64,
    pub(crate) messages: Vec<(MessageId, Message)>,
    pub(crate) settled: Vec<MessageId>,
    pub(crate) reads: Vec<(EventId, Read)>,
    pub(crate) read: Vec<EventId>,
    /// None: its row goes.
    pub(crate) preferences: Vec<(Key, Option<Preference>)>,
}

/// Refuses another log.
pub(crate) async fn check_identity(pool: &PgPool, created: DateTime<Utc>) -> Result<(), Error> {
    let found = tables::stored(created);
    sqlx::query("INSERT INTO sender.position (one, created, sequence, writer) VALUES (true, $1, 0, '') ON CONFLICT DO NOTHING")
        .bind(found)
        .execute(pool)
        .await?;
    let known: DateTime<Utc> = sqlx::query_scalar("SELECT created FROM sender.position").fetch_one(pool).await?;
    Ok(tables::OtherLog::check("sender", Stream::Conversation.name(), known, found)?)
}

/// Reads everything. From now on `writer` alone may write.
pub(crate) async fn restore(pool: &PgPool, writer: &str) -> Result<Restored, Error> {
    let mut transaction = pool.begin().await?;
    let sequence: i64 =
        sqlx::query_scalar("UPDATE sender.position SET writer = $1 RETURNING sequence").bind(writer).fetch_one(&mut *transaction).await?;
    let messages = sqlx::query("SELECT * FROM sender.messages").fetch_all(&mut *transaction).await?;
    let reads = sqlx::query("SELECT * FROM sender.reads").fetch_all(&mut *transaction).await?;
    let preferences = sqlx::query("SELECT contact_id AS id, * FROM sender.preferences").fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    let messages = messages.iter().map(message).collect::<Result<_, _>>()?;
    let reads = reads.iter().map(read).collect::<Result<_, _>>()?;
    let preferences = preferences.iter().map(preference).collect::<Result<_, _>>()?;
    Ok(Restored { sequence: unsigned(sequence), messages, reads, preferences })
}

/// Writes a batch. False, and nothing was written: another sender started since.
pub(crate) async fn write(pool: &PgPool, writer: &str, batch: &Batch) -> Result<bool, Error> {
    let mut transaction = pool.begin().await?;
    let held = sqlx::query("UPDATE sender.position SET sequence = $1 WHERE writer = $2")
        .bind(signed(batch.sequence))
        .bind(writer)
        .execute(&mut *transaction)
        .await?;
    if held.rows_affected() == 0 {
        return Ok(false);
    }
    let texts = |ids: &[MessageId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    if !batch.settled.is_empty() {
        sqlx::query("DELETE FROM sender.messages WHERE id = ANY($1)").bind(texts(&batch.settled)).execute(&mut *transaction).await?;
    }
    if !batch.read.is_empty() {
        let ids: Vec<String> = batch.read.iter().map(ToString::to_string).collect();
        sqlx::query("DELETE FROM sender.reads WHERE id = ANY($1)").bind(ids).execute(&mut *transaction).await?;
    }
    for messages in batch.messages.chunks(ROWS_MAX) {
        write_messages(&mut transaction, messages).await?;
    }
    for reads in batch.reads.chunks(ROWS_MAX) {
        write_reads(&mut transaction, reads).await?;
    }
    for preferences in batch.preferences.chunks(ROWS_MAX) {
        write_preferences(&mut transaction, preferences).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

async fn write_messages(connection: &mut sqlx::PgConnection, rows: &[(MessageId, Message)]) -> Result<(), Error> {
    fn all<T>(rows: &[(MessageId, Message)], of: impl Fn(&Message) -> T) -> Vec<T> {
        rows.iter().map(|(_, message)| of(message)).collect()
    }
    sqlx::query(
        "INSERT INTO sender.messages (id, project_id, contact_id, requested, sequence, state, attempt, due_at, expires_at, doubtful, wamid,
                                      asked, traceparent, correlation, unclear)
         SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::integer[],
                              $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::text[], $12::text[], $13::text[], $14::text[],
                              $15::integer[])
         ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, state = excluded.state, attempt = excluded.attempt,
             due_at = excluded.due_at, expires_at = excluded.expires_at, doubtful = excluded.doubtful, wamid = excluded.wamid,
             unclear = excluded.unclear",
    )
    .bind(rows.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>())
    .bind(all(rows, |message| message.key.0.to_string()))
    .bind(all(rows, |message| message.key.1.to_string()))
    .bind(all(rows, |message| signed(message.requested)))
    .bind(all(rows, |message| signed(message.sequence)))
    .bind(all(rows, |message| message.state.as_str()))
    .bind(all(rows, |message| i32::try_from(message.attempt).unwrap_or(i32::MAX)))
    .bind(all(rows, |message| message.due_at))
    .bind(all(rows, |message| message.expires_at))
    .bind(all(rows, |message| message.doubtful))
    .bind(all(rows, |message| message.told.clone()))
    .bind(all(rows, |message| message.origin.asked.map(|asked| asked.to_string())))
    .bind(all(rows, |message| message.origin.traceparent.clone()))
    .bind(all(rows, |message| message.origin.correlation.clone()))
    .bind(all(rows, |message| i32::try_from(message.unclear).unwrap_or(i32::MAX)))
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_reads(connection: &mut sqlx::PgConnection, rows: &[(EventId, Read)]) -> Result<(), Error> {
    fn all<T>(rows: &[(EventId, Read)], of: impl Fn(&Read) -> T) -> Vec<T> {
        rows.iter().map(|(_, read)| of(read)).collect()
    }
    sqlx::query(
        "INSERT INTO sender.reads (id, project_id, contact_id, message_id, sequence, wamid, typing, at, traceparent, correlation)
         SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::boolean[], $8::timestamptz[],
                              $9::text[], $10::text[])
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(rows.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>())
    .bind(all(rows, |read| read.key.0.to_string()))
    .bind(all(rows, |read| read.key.1.to_string()))
    .bind(all(rows, |read| read.message.to_string()))
    .bind(all(rows, |read| signed(read.sequence)))
    .bind(all(rows, |read| read.wamid.clone()))
    .bind(all(rows, |read| read.typing))
    .bind(all(rows, |read| read.at))
    .bind(all(rows, |read| read.origin.traceparent.clone()))
    .bind(all(rows, |read| read.origin.correlation.clone()))
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_preferences(connection: &mut sqlx::PgConnection, changed: &[(Key, Option<Preference>)]) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM sender.preferences AS known USING UNNEST($1::text[], $2::text[]) AS changed (project_id, contact_id)
          WHERE known.project_id = changed.project_id AND known.contact_id = changed.contact_id",
    )
    .bind(changed.iter().map(|((project, _), _)| project.to_string()).collect::<Vec<_>>())
    .bind(changed.iter().map(|((_, contact), _)| contact.to_string()).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    let kept: Vec<(Key, Preference)> = changed.iter().filter_map(|(key, preference)| Some((*key, (*preference)?))).collect();
    let merged_into = |preference: &Preference| match preference {
        Preference::Stopped => None,
        Preference::Of(contact) => Some(contact.to_string()),
    };
    sqlx::query(
        "INSERT INTO sender.preferences (project_id, contact_id, merged_into)
         SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[])",
    )
    .bind(kept.iter().map(|((project, _), _)| project.to_string()).collect::<Vec<_>>())
    .bind(kept.iter().map(|((_, contact), _)| contact.to_string()).collect::<Vec<_>>())
    .bind(kept.iter().map(|(_, preference)| merged_into(preference)).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Started => "started",
            Self::Unknown => "unknown",
            Self::Abandoned => "abandoned",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Started, Self::Unknown, Self::Abandoned].into_iter().find(|state| state.as_str() == text)
    }
}

fn message(row: &PgRow) -> Result<(MessageId, Message), Error> {
    let state = State::parse(row.try_get("state")?).ok_or_else(|| Error::Row { id: row.get("id"), what: "state" })?;
    let key = (id(row, "project_id")?, id(row, "contact_id")?);
    let (requested, sequence) = (unsigned(row.try_get("requested")?), unsigned(row.try_get("sequence")?));
    let waiting = Message::new(key, requested, row.try_get("due_at")?, row.try_get("expires_at")?);
    let (attempt, unclear) = (count(row, "attempt")?, count(row, "unclear")?);
    let asked: Option<String> = row.try_get("asked")?;
    let asked = asked.map(|_| id(row, "asked")).transpose()?;
    let (doubtful, told, origin) = (row.try_get("doubtful")?, row.try_get("wamid")?, origin(row, asked)?);
    let message = Message { sequence, state, attempt, unclear, doubtful, told, origin, ..waiting };
    Ok((id(row, "id")?, message))
}

fn read(row: &PgRow) -> Result<(EventId, Read), Error> {
    let asked: EventId = id(row, "id")?;
    let read = Read {
        key: (id(row, "project_id")?, id(row, "contact_id")?),
        message: id(row, "message_id")?,
        sequence: unsigned(row.try_get("sequence")?),
        wamid: row.try_get("wamid")?,
        typing: row.try_get("typing")?,
        origin: origin(row, Some(asked))?,
        at: row.try_get("at")?,
        tries: 0,
    };
    Ok((asked, read))
}

fn preference(row: &PgRow) -> Result<(Key, Preference), Error> {
    let merged_into: Option<String> = row.try_get("merged_into")?;
    let preference = match merged_into {
        None => Preference::Stopped,
        Some(_) => Preference::Of(id(row, "merged_into")?),
    };
    Ok(((id(row, "project_id")?, id(row, "contact_id")?), preference))
}

fn origin(row: &PgRow, asked: Option<EventId>) -> Result<Arc<Origin>, Error> {
    Ok(Arc::new(Origin { asked, traceparent: row.try_get("traceparent")?, correlation: row.try_get("correlation")? }))
}

fn count(row: &PgRow, what: &'static str) -> Result<u32, Error> {
    let count: i32 = row.try_get(what)?;
    u32::try_from(count).map_err(|_| Error::Row { id: row.get("id"), what })
}

fn id<T: std::str::FromStr>(row: &PgRow, what: &'static str) -> Result<T, Error> {
    let text: String = row.try_get(what)?;
    text.parse().map_err(|_| Error::Row { id: row.get("id"), what })
}
