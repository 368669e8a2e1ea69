//! Every operation of every project.

use chassis::PageLimit;
use contract::{OperationId, ProjectId};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Row};
use tables::signed;

use super::{FORM, document};
use crate::error::Error;
use crate::operation::Operation;

/// Writes an operation, unless the table has it as it is or as it was later.
pub(super) async fn save(connection: &mut PgConnection, project: ProjectId, operation: &Operation) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO lifecycle.operations AS old (id, project_id, started_sequence, sequence, form, document)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence, form = excluded.form, document = excluded.document
         WHERE old.sequence < excluded.sequence OR old.form <> excluded.form",
    )
    .bind(operation.id.to_string())
    .bind(project.to_string())
    .bind(signed(operation.started_sequence))
    .bind(signed(operation.sequence))
    .bind(FORM)
    .bind(Json(operation))
    .execute(connection)
    .await?;
    Ok(())
}

/// An operation and its project.
pub(crate) async fn find_operation(pool: &PgPool, id: OperationId) -> Result<Option<(ProjectId, Operation)>, Error> {
    let row = sqlx::query("SELECT * FROM lifecycle.operations WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?;
    let Some(row) = row else { return Ok(None) };
    let project: String = row.try_get("project_id")?;
    let project = project.parse().map_err(|_| Error::Row { id: id.to_string(), what: "project_id" })?;
    Ok(Some((project, document(&row)?)))
}

/// A page of a project's operations and one more, the youngest first, older than the one started by the event `before`.
pub(crate) async fn list_operations(
    pool: &PgPool,
    project: ProjectId,
    before: Option<u64>,
    limit: PageLimit,
) -> Result<Vec<Operation>, Error> {
    let rows = sqlx::query(
        "SELECT document FROM lifecycle.operations WHERE project_id = $1 AND started_sequence < $2 ORDER BY started_sequence DESC LIMIT $3",
    )
    .bind(project.to_string())
    .bind(before.map_or(i64::MAX, signed))
    .bind(limit.and_one())
    .fetch_all(pool)
    .await?;
    rows.iter().map(document).collect()
}
