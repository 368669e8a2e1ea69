//! What is left of projects that were deleted.

use chrono::{DateTime, Utc};
use contract::{OperationId, ProjectId};
use sqlx::{PgConnection, PgPool};
use tables::{signed, unsigned};

use super::lock;
use crate::erase::late::look_after;
use crate::error::Error;

/// A project that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Erased {
    /// Which.
    pub project: ProjectId,
    /// What deleted it.
    pub operation: OperationId,
    /// The sequence of the fact.
    pub sequence: u64,
    /// When.
    pub at: DateTime<Utc>,
}

/// Takes away every row of the project but this one. Once more changes nothing.
pub(crate) async fn erase_project(pool: &PgPool, erased: &Erased) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, erased.project).await?;
    let project = erased.project.to_string();
    sqlx::query(
        "INSERT INTO lifecycle.erased (project_id, operation, sequence, erased_at, look_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
    )
    .bind(&project)
    .bind(erased.operation.to_string())
    .bind(signed(erased.sequence))
    .bind(erased.at)
    .bind(look_after(erased.at, erased.at))
    .execute(&mut *transaction)
    .await?;
    for rows in [
        "DELETE FROM lifecycle.projects WHERE id = $1",
        "DELETE FROM lifecycle.operations WHERE project_id = $1",
        "DELETE FROM lifecycle.databases WHERE project_id = $1",
        "DELETE FROM lifecycle.signups WHERE project_id = $1",
    ] {
        sqlx::query(rows).bind(&project).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// The project that an operation deleted.
pub(crate) async fn find_erased(pool: &PgPool, operation: OperationId) -> Result<Option<Erased>, Error> {
    let row: Option<(String, i64, DateTime<Utc>)> =
        sqlx::query_as("SELECT project_id, sequence, erased_at FROM lifecycle.erased WHERE operation = $1")
            .bind(operation.to_string())
            .fetch_optional(pool)
            .await?;
    row.map(|(id, sequence, at)| {
        let project = id.parse().map_err(|_| Error::Row { id, what: "project_id" })?;
        Ok(Erased { project, operation, sequence: unsigned(sequence), at })
    })
    .transpose()
}

/// The project that is gone of which it is looked for late words next: which, when it went, when it is looked.
pub(crate) async fn next_look(pool: &PgPool) -> Result<Option<(ProjectId, DateTime<Utc>, DateTime<Utc>)>, Error> {
    let row: Option<(String, DateTime<Utc>, DateTime<Utc>)> = sqlx::query_as(
        "SELECT project_id, erased_at, look_at FROM lifecycle.erased WHERE look_at IS NOT NULL ORDER BY look_at, project_id LIMIT 1",
    )
    .fetch_optional(pool)
    .await?;
    row.map(|(id, erased_at, look_at)| {
        let project: ProjectId = id.parse().map_err(|_| Error::Row { id, what: "project_id" })?;
        Ok((project, erased_at, look_at))
    })
    .transpose()
}

/// It was looked for late words of the project; `next`: when it is again. When it is not, its numbers are forgotten.
pub(crate) async fn looked(pool: &PgPool, project: ProjectId, next: Option<DateTime<Utc>>) -> Result<(), Error> {
    if next.is_none() {
        sqlx::query("DELETE FROM lifecycle.erased_numbers WHERE project_id = $1").bind(project.to_string()).execute(pool).await?;
    }
    sqlx::query("UPDATE lifecycle.erased SET look_at = $2 WHERE project_id = $1")
        .bind(project.to_string())
        .bind(next)
        .execute(pool)
        .await?;
    Ok(())
}

/// The numbers of a project that is gone, sealed.
pub(crate) struct KeptNumbers {
    /// What they are sealed under, wrapped.
    pub wrapped_key: String,
    /// They themselves.
    pub sealed: String,
}

/// Keeps them until it was looked for the last time.
pub(crate) async fn keep_numbers(pool: &PgPool, project: ProjectId, kept: &KeptNumbers) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO lifecycle.erased_numbers (project_id, wrapped_key, sealed) VALUES ($1, $2, $3)
         ON CONFLICT (project_id) DO UPDATE SET wrapped_key = excluded.wrapped_key, sealed = excluded.sealed",
    )
    .bind(project.to_string())
    .bind(&kept.wrapped_key)
    .bind(&kept.sealed)
    .execute(pool)
    .await?;
    Ok(())
}

/// Those that are kept.
pub(crate) async fn find_numbers(pool: &PgPool, project: ProjectId) -> Result<Option<KeptNumbers>, Error> {
    let row: Option<(String, String)> = sqlx::query_as("SELECT wrapped_key, sealed FROM lifecycle.erased_numbers WHERE project_id = $1")
        .bind(project.to_string())
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|(wrapped_key, sealed)| KeptNumbers { wrapped_key, sealed }))
}

pub(super) async fn is_erased(connection: &mut PgConnection, project: ProjectId) -> Result<bool, Error> {
    let found = sqlx::query("SELECT FROM lifecycle.erased WHERE project_id = $1").bind(project.to_string());
    Ok(found.fetch_optional(connection).await?.is_some())
}
