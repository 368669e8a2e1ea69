//! Files that are waited for: which are due, and when they are tried again.

use chrono::{DateTime, Utc};
use contract::{MediaId, MessageId, ProjectId};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};

use crate::decide::Tries;
use crate::digest::Digest;
use crate::error::Error;

/// A file that is to be fetched.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) project: ProjectId,
    pub(crate) id: MediaId,
    pub(crate) message: MessageId,
    pub(crate) media_id: String,
    pub(crate) kind: String,
    pub(crate) mime_type: Option<String>,
    pub(crate) sha256: Option<Digest>,
    pub(crate) name: Option<String>,
    pub(crate) tries: Tries,
    /// What came of the last attempt.
    pub(crate) cause: Option<String>,
    /// Its place among those of its project.
    pub(crate) place: i64,
}

/// The next attempt at a file that is still pending.
pub(crate) async fn postpone(pool: &PgPool, id: MediaId, tries: Tries, at: DateTime<Utc>, cause: &str) -> Result<(), Error> {
    sqlx::query("UPDATE media.files SET attempts = $2, doubts = $3, due_at = $4, reason = $5 WHERE id = $1 AND status = 'pending'")
        .bind(id.to_string())
        .bind(i32::try_from(tries.attempts).unwrap_or(i32::MAX))
        .bind(i32::try_from(tries.doubts).unwrap_or(i32::MAX))
        .bind(at)
        .bind(cause)
        .execute(pool)
        .await?;
    Ok(())
}

/// The same without an attempt: what failed is ours.
pub(crate) async fn set_aside(pool: &PgPool, id: MediaId, at: DateTime<Utc>) -> Result<(), Error> {
    sqlx::query("UPDATE media.files SET due_at = $2 WHERE id = $1 AND status = 'pending'")
        .bind(id.to_string())
        .bind(at)
        .execute(pool)
        .await?;
    Ok(())
}

/// Lets everything that waits for `project` be tried now.
pub(crate) async fn hasten(pool: &PgPool, project: ProjectId, now: DateTime<Utc>) -> Result<(), Error> {
    sqlx::query("UPDATE media.files SET due_at = $2 WHERE project_id = $1 AND status = 'pending' AND due_at > $2")
        .bind(project.to_string())
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}

/// What is due, but for what is `busy` already: first the oldest of each project, then the second of each, and so on.
pub(crate) async fn due(
    pool: &PgPool,
    now: DateTime<Utc>,
    busy: &[String],
    without: &[String],
    each: i64,
    limit: i64,
) -> Result<Vec<Pending>, Error> {
    let rows = sqlx::query(
        "SELECT file.* FROM (SELECT DISTINCT project_id FROM media.files
                             WHERE status = 'pending' AND due_at <= $1 AND project_id <> ALL ($3)) AS project
         CROSS JOIN LATERAL (
             SELECT *, row_number() OVER (ORDER BY due_at, id) AS place FROM (
                 SELECT * FROM media.files f
                 WHERE f.project_id = project.project_id AND f.status = 'pending' AND f.due_at <= $1 AND f.id <> ALL ($2)
                 ORDER BY f.due_at, f.id LIMIT $4) AS first) AS file
         ORDER BY file.place, file.due_at, file.id LIMIT $5",
    )
    .bind(now)
    .bind(busy)
    .bind(without)
    .bind(each)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(pending).collect()
}

fn pending(row: &PgRow) -> Result<Pending, Error> {
    let text = |name: &str| row.try_get::<String, _>(name);
    let count = |name: &str| row.try_get::<i32, _>(name).map(|count| u32::try_from(count).unwrap_or_default());
    Ok(Pending {
        project: parse(&text("project_id")?)?,
        id: parse(&text("id")?)?,
        message: parse(&text("message_id")?)?,
        media_id: text("media_id")?,
        kind: text("kind")?,
        mime_type: row.try_get("mime_type")?,
        sha256: row.try_get::<Option<String>, _>("sha256")?.as_deref().and_then(Digest::parse),
        name: row.try_get("name")?,
        tries: Tries { attempts: count("attempts")?, doubts: count("doubts")?, deadline: row.try_get("deadline")? },
        cause: row.try_get("reason")?,
        place: row.try_get("place")?,
    })
}

/// When something is due that is not due yet.
pub(crate) async fn next_due(pool: &PgPool, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Error> {
    let next = sqlx::query_scalar("SELECT min(due_at) FROM media.files WHERE status = 'pending' AND due_at > $1");
    Ok(next.bind(now).fetch_one(pool).await?)
}

/// How many files are waited for.
pub(crate) async fn waiting(pool: &PgPool) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM media.files WHERE status = 'pending'").fetch_one(pool).await?)
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Row { id: text.to_owned(), what: "id" })
}
