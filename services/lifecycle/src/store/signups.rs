//! Codes of Meta's signups, each until the number that it brings is in the log. Not built from the log: see the table.

use chrono::{DateTime, Utc};
use contract::ProjectId;
use sqlx::PgPool;

use super::{erased, lock};
use crate::decide::Refusal;
use crate::error::Error;

/// What is to be done about a code.
pub(crate) enum Turn {
    /// To exchange it: until it is kept or left, nobody else does.
    Ours,
    /// To wait: another request exchanges it.
    Others,
    /// To go on with what it was exchanged for.
    Kept(Kept),
}

/// What a code was exchanged for.
pub(crate) struct Kept {
    /// The token.
    pub sealed_token: String,
    /// The key that it is sealed under; none: the project's.
    pub wrapped_key: Option<String>,
}

/// Takes a code to exchange it, unless it is exchanged, or somebody took it after `given_up` for the same.
pub(crate) async fn take_code(
    pool: &PgPool,
    project: ProjectId,
    code: &str,
    now: DateTime<Utc>,
    given_up: DateTime<Utc>,
) -> Result<Turn, Error> {
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, project).await?;
    if erased::is_erased(&mut transaction, project).await? {
        return Err(Refusal::NoProject.into());
    }
    let taken = sqlx::query(
        "INSERT INTO lifecycle.signups AS old (project_id, code, taken_at) VALUES ($1, $2, $3)
         ON CONFLICT (project_id, code) DO UPDATE SET taken_at = excluded.taken_at
         WHERE old.sealed_token IS NULL AND old.taken_at <= $4",
    )
    .bind(project.to_string())
    .bind(code)
    .bind(now)
    .bind(given_up)
    .execute(&mut *transaction)
    .await?;
    let turn = if taken.rows_affected() > 0 {
        Turn::Ours
    } else {
        let row: Option<(Option<String>, Option<String>)> =
            sqlx::query_as("SELECT sealed_token, wrapped_key FROM lifecycle.signups WHERE project_id = $1 AND code = $2")
                .bind(project.to_string())
                .bind(code)
                .fetch_optional(&mut *transaction)
                .await?;
        match row {
            Some((Some(sealed_token), wrapped_key)) => Turn::Kept(Kept { sealed_token, wrapped_key }),
            Some((None, _)) | None => Turn::Others,
        }
    };
    transaction.commit().await?;
    Ok(turn)
}

/// Keeps what a code was exchanged for. Not, if the row is gone: with its project, or because it took too long.
pub(crate) async fn keep_token(pool: &PgPool, project: ProjectId, code: &str, kept: &Kept) -> Result<(), Error> {
    sqlx::query("UPDATE lifecycle.signups SET sealed_token = $3, wrapped_key = $4 WHERE project_id = $1 AND code = $2")
        .bind(project.to_string())
        .bind(code)
        .bind(&kept.sealed_token)
        .bind(&kept.wrapped_key)
        .execute(pool)
        .await?;
    Ok(())
}

/// A code was not exchanged: whoever comes next may try.
pub(crate) async fn leave_code(pool: &PgPool, project: ProjectId, code: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM lifecycle.signups WHERE project_id = $1 AND code = $2 AND sealed_token IS NULL")
        .bind(project.to_string())
        .bind(code)
        .execute(pool)
        .await?;
    Ok(())
}

/// What a code was exchanged for is in the log.
pub(crate) async fn forget_code(pool: &PgPool, project: ProjectId, code: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM lifecycle.signups WHERE project_id = $1 AND code = $2")
        .bind(project.to_string())
        .bind(code)
        .execute(pool)
        .await?;
    Ok(())
}

/// Forgets every code that was taken by `until`; when the oldest of the others was.
pub(crate) async fn forget_old_codes(pool: &PgPool, until: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Error> {
    sqlx::query("DELETE FROM lifecycle.signups WHERE taken_at <= $1").bind(until).execute(pool).await?;
    let oldest: Option<DateTime<Utc>> = sqlx::query_scalar("SELECT min(taken_at) FROM lifecycle.signups").fetch_one(pool).await?;
    Ok(oldest)
}
