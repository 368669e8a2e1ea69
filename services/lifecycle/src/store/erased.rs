//! What is left of projects that were deleted.

use chrono::{DateTime, Utc};
use contract::{OperationId, ProjectId};
use sqlx::{PgConnection, PgPool};

use super::{lock, signed};
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
    sqlx::query("INSERT INTO lifecycle.erased (project_id, operation, sequence, erased_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
        .bind(&project)
        .bind(erased.operation.to_string())
        .bind(signed(erased.sequence))
        .bind(erased.at)
        .execute(&mut *transaction)
        .await?;
    for rows in [
        "DELETE FROM lifecycle.projects WHERE id = $1",
        "DELETE FROM lifecycle.operations WHERE project_id = $1",
        "DELETE FROM lifecycle.databases WHERE project_id = $1",
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
        Ok(Erased { project, operation, sequence: super::unsigned(sequence), at })
    })
    .transpose()
}

pub(super) async fn is_erased(connection: &mut PgConnection, project: ProjectId) -> Result<bool, Error> {
    let found = sqlx::query("SELECT FROM lifecycle.erased WHERE project_id = $1").bind(project.to_string());
    Ok(found.fetch_optional(connection).await?.is_some())
}
