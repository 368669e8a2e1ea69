//! Reminders that are to be mailed, and those that were: the one table here that does not follow from the log.

use chrono::{DateTime, Utc};
use contract::{ProjectId, UserId};
use sqlx::PgPool;
use tables::{signed, unsigned};

use super::projects;
use crate::error::Error;

/// A reminder that waits to be mailed to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub project: ProjectId,
    /// The reminder's, in `billing`.
    pub sequence: u64,
    pub user: UserId,
    /// How often it was handed over and not taken.
    pub attempts: u32,
    /// When its turn is.
    pub at: DateTime<Utc>,
}

/// Notes that these people are to be mailed a reminder. Who has a row for it already keeps it as it is; of a project that was erased
/// nothing is noted.
pub(crate) async fn insert(pool: &PgPool, project: ProjectId, sequence: u64, users: &[UserId], at: DateTime<Utc>) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    projects::lock(&mut transaction, project).await?;
    let users: Vec<String> = users.iter().map(ToString::to_string).collect();
    sqlx::query(
        "INSERT INTO access.reminders (sequence, user_id, project_id, next_at)
         SELECT $1, user_id, $2, $3 FROM unnest($4::text[]) AS user_id
         WHERE NOT EXISTS (SELECT FROM access.projects WHERE id = $2 AND erased)
         ON CONFLICT (sequence, user_id) DO NOTHING",
    )
    .bind(signed(sequence))
    .bind(project.to_string())
    .bind(at)
    .bind(&users)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// Whose turn is next, also if it is to come yet.
pub(crate) async fn next(pool: &PgPool) -> Result<Option<Waiting>, Error> {
    let row: Option<(String, i64, String, i64, DateTime<Utc>)> = sqlx::query_as(
        "SELECT project_id, sequence, user_id, attempts, next_at FROM access.reminders WHERE next_at IS NOT NULL
         ORDER BY next_at, sequence, user_id LIMIT 1",
    )
    .fetch_optional(pool)
    .await?;
    let Some((project, sequence, user, attempts, at)) = row else { return Ok(None) };
    Ok(Some(Waiting {
        project: project.parse().map_err(|_| Error::Row("project_id"))?,
        sequence: unsigned(sequence),
        user: user.parse().map_err(|_| Error::Row("user_id"))?,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        at,
    }))
}

/// Takes it out of those that wait, for good unless it is put back. False: another process was faster.
pub(crate) async fn take(pool: &PgPool, waiting: &Waiting) -> Result<bool, Error> {
    let taken = sqlx::query(
        "UPDATE access.reminders SET next_at = NULL, attempts = attempts + 1 WHERE sequence = $1 AND user_id = $2 AND next_at = $3",
    )
    .bind(signed(waiting.sequence))
    .bind(waiting.user.to_string())
    .bind(waiting.at)
    .execute(pool)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// It was not taken by a mail server: its turn comes again.
pub(crate) async fn put_back(pool: &PgPool, waiting: &Waiting, at: DateTime<Utc>) -> Result<(), Error> {
    sqlx::query("UPDATE access.reminders SET next_at = $3 WHERE sequence = $1 AND user_id = $2")
        .bind(signed(waiting.sequence))
        .bind(waiting.user.to_string())
        .bind(at)
        .execute(pool)
        .await?;
    Ok(())
}
