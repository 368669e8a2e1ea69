//! The tables of media. A file's row begins when a message names it or when the log says what became of it, whichever is read first;
//! what became of it is never taken back.
//!
//! Whoever writes something of a project, here or in the storage, holds the project's lock shared; whoever erases it holds it alone.

mod pending;

use chrono::{DateTime, Utc};
use contract::{MediaFailed, MediaId, MediaStored, MessageId, ProjectId, Stream};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Postgres, Row, Transaction};
use tables::{signed, unsigned};

use crate::digest::Digest;
use crate::error::Error;
use crate::notice::{KEPT_BY_META, Noted};

pub(crate) use pending::{Pending, due, hasten, next_due, postpone, set_aside, waiting};

/// Files shown of one message; it names at most 100.
const MESSAGE_FILES_MAX: i64 = 200;

/// Something read from the log that belongs into the tables.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// A message names a file.
    Noted(Noted),
    /// The log says what became of one.
    Settled(Settled),
}

/// What became of a file that a contact sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settled {
    pub(crate) project: ProjectId,
    pub(crate) id: MediaId,
    pub(crate) at: DateTime<Utc>,
    pub(crate) end: End,
}

/// See [`Settled`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum End {
    Stored(MediaStored),
    Failed(MediaFailed),
}

/// A file of a message, as lists show it.
#[derive(Debug, Clone)]
pub(crate) struct FileRow {
    pub(crate) id: String,
    pub(crate) message: String,
    pub(crate) kind: String,
    pub(crate) mime_type: Option<String>,
    pub(crate) sha256: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) size_bytes: Option<i64>,
    pub(crate) status: String,
    pub(crate) first_at: DateTime<Utc>,
    pub(crate) code: Option<String>,
    pub(crate) reason: Option<String>,
}

/// A transaction in which nobody erases the project.
pub(crate) async fn hold(pool: &PgPool, project: ProjectId) -> Result<Transaction<'static, Postgres>, Error> {
    let mut transaction = pool.begin().await?;
    hold_all(&mut transaction, &[project.to_string()]).await?;
    Ok(transaction)
}

/// One at a time for each file, until the transaction ends.
pub(crate) async fn hold_file(connection: &mut PgConnection, media: MediaId) -> Result<(), Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('media/file:' || $1, 0))")
        .bind(media.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

async fn hold_all(connection: &mut PgConnection, projects: &[String]) -> Result<(), Error> {
    sqlx::query(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended('media:' || project, 0))
         FROM (SELECT DISTINCT project FROM unnest($1::text[]) AS project ORDER BY 1) AS each",
    )
    .bind(projects)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes what was read of `stream` up to `sequence`, and that it was read, together.
pub(crate) async fn take(pool: &PgPool, stream: Stream, sequence: u64, entries: &[Entry]) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    let project = |entry: &Entry| match entry {
        Entry::Noted(noted) => noted.project.to_string(),
        Entry::Settled(settled) => settled.project.to_string(),
    };
    let projects: Vec<String> = entries.iter().map(project).collect();
    if !projects.is_empty() {
        hold_all(&mut transaction, &projects).await?;
    }
    for entry in entries {
        match entry {
            Entry::Noted(noted) => note(&mut transaction, noted).await?,
            Entry::Settled(settled) => settle_in(&mut transaction, settled).await?,
        }
    }
    sqlx::query("UPDATE media.progress SET sequence = greatest(sequence, $2) WHERE stream = $1")
        .bind(stream.name())
        .bind(signed(sequence))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

async fn note(connection: &mut PgConnection, noted: &Noted) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO media.files (id, project_id, message_id, media_id, kind, mime_type, sha256, name, status, first_at, deadline, due_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10, $9
         WHERE NOT EXISTS (SELECT FROM media.erased WHERE project_id = $2)
         ON CONFLICT (id) DO UPDATE SET
             kind = excluded.kind, mime_type = coalesce(files.mime_type, excluded.mime_type), sha256 = coalesce(files.sha256, excluded.sha256),
             name = coalesce(files.name, excluded.name), first_at = excluded.first_at, deadline = excluded.deadline",
    )
    .bind(noted.id.to_string())
    .bind(noted.project.to_string())
    .bind(noted.message.to_string())
    .bind(&noted.media_id)
    .bind(&noted.kind)
    .bind(&noted.mime_type)
    .bind(noted.sha256.map(Digest::to_hex))
    .bind(&noted.name)
    .bind(noted.at)
    .bind(noted.deadline)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes what became of a file, as whoever said so.
pub(crate) async fn settle(pool: &PgPool, settled: &Settled) -> Result<(), Error> {
    let mut transaction = hold(pool, settled.project).await?;
    settle_in(&mut transaction, settled).await?;
    transaction.commit().await?;
    Ok(())
}

async fn settle_in(connection: &mut PgConnection, settled: &Settled) -> Result<(), Error> {
    let (message, media_id, status) = match &settled.end {
        End::Stored(stored) => (stored.message, &stored.media_id, "stored"),
        End::Failed(failed) => (failed.message, &failed.media_id, "failed"),
    };
    let (stored, failed) = match &settled.end {
        End::Stored(stored) => (Some(stored), None),
        End::Failed(failed) => (None, Some(failed)),
    };
    sqlx::query(
        "INSERT INTO media.files (id, project_id, message_id, media_id, kind, mime_type, sha256, name, size_bytes, status, first_at, deadline,
             code, reason)
         SELECT $1, $2, $3, $4, coalesce($5, ''), $6, $7, $8, $9, $10, $11, $12, $13, $14
         WHERE NOT EXISTS (SELECT FROM media.erased WHERE project_id = $2)
         ON CONFLICT (id) DO UPDATE SET
             kind = coalesce($5, files.kind), mime_type = coalesce($6, files.mime_type), sha256 = coalesce($7, files.sha256),
             name = coalesce($8, files.name), size_bytes = $9, status = $10, due_at = NULL, code = $13, reason = $14",
    )
    .bind(settled.id.to_string())
    .bind(settled.project.to_string())
    .bind(message.to_string())
    .bind(media_id)
    .bind(stored.map(|stored| &stored.kind))
    .bind(stored.map(|stored| &stored.mime_type))
    .bind(stored.map(|stored| &stored.sha256))
    .bind(stored.and_then(|stored| stored.name.as_ref()))
    .bind(stored.map(|stored| signed(stored.size_bytes)))
    .bind(status)
    .bind(settled.at)
    .bind(settled.at + KEPT_BY_META)
    .bind(failed.map(|failed| &failed.code))
    .bind(failed.map(|failed| &failed.reason))
    .execute(connection)
    .await?;
    Ok(())
}

/// The files of a message.
pub(crate) async fn of_message(pool: &PgPool, project: ProjectId, message: MessageId) -> Result<Vec<FileRow>, Error> {
    let rows = sqlx::query("SELECT * FROM media.files WHERE project_id = $1 AND message_id = $2 ORDER BY first_at, id LIMIT $3")
        .bind(project.to_string())
        .bind(message.to_string())
        .bind(MESSAGE_FILES_MAX)
        .fetch_all(pool)
        .await?;
    Ok(rows.iter().map(file_row).collect::<Result<_, _>>()?)
}

/// One file that a contact sent.
pub(crate) async fn find(pool: &PgPool, project: ProjectId, media: MediaId) -> Result<Option<FileRow>, Error> {
    let row = sqlx::query("SELECT * FROM media.files WHERE project_id = $1 AND id = $2")
        .bind(project.to_string())
        .bind(media.to_string())
        .fetch_optional(pool)
        .await?;
    Ok(row.as_ref().map(file_row).transpose()?)
}

fn file_row(row: &PgRow) -> Result<FileRow, sqlx::Error> {
    Ok(FileRow {
        id: row.try_get("id")?,
        message: row.try_get("message_id")?,
        kind: row.try_get("kind")?,
        mime_type: row.try_get("mime_type")?,
        sha256: row.try_get("sha256")?,
        name: row.try_get("name")?,
        size_bytes: row.try_get("size_bytes")?,
        status: row.try_get("status")?,
        first_at: row.try_get("first_at")?,
        code: row.try_get("code")?,
        reason: row.try_get("reason")?,
    })
}

/// Removes every row of a project, for good: also what is read late finds no place.
pub(crate) async fn erase(pool: &PgPool, project: ProjectId) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    for statement in [
        "SELECT pg_advisory_xact_lock(hashtextextended('media:' || $1, 0))",
        "INSERT INTO media.erased (project_id) VALUES ($1) ON CONFLICT DO NOTHING",
        "DELETE FROM media.files WHERE project_id = $1",
    ] {
        sqlx::query(statement).bind(project.to_string()).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// When the stream was created that the tables were built from, and how far it was read; keeps `created` if nothing is known.
pub(crate) async fn progress(pool: &PgPool, stream: Stream, created: DateTime<Utc>) -> Result<(DateTime<Utc>, u64), Error> {
    sqlx::query("INSERT INTO media.progress (stream, created, sequence) VALUES ($1, $2, 0) ON CONFLICT (stream) DO NOTHING")
        .bind(stream.name())
        .bind(created)
        .execute(pool)
        .await?;
    let row: (DateTime<Utc>, i64) =
        sqlx::query_as("SELECT created, sequence FROM media.progress WHERE stream = $1").bind(stream.name()).fetch_one(pool).await?;
    Ok((row.0, unsigned(row.1)))
}
