//! One row for each project.

use contract::ProjectId;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgPool, Row};
use tables::signed;

use super::{FORM, databases, document, erased, lock, operations};
use crate::error::Error;
use crate::project::Project;
use crate::project::provisioning::Provisioning;

/// Writes the project and its operations, unless the tables have it at this version or a later one, or it is gone.
pub(crate) async fn save_project(pool: &PgPool, project: &Project) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, project.id).await?;
    if erased::is_erased(&mut transaction, project.id).await? {
        return Ok(());
    }
    let offer = project.transfer.as_ref();
    sqlx::query(
        "INSERT INTO lifecycle.projects AS old
             (id, workspace, transfer, transfer_to, transfer_pending, due_at, own_step, name_asked_at, created_sequence, sequence, form,
              document)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (id) DO UPDATE SET
             workspace = excluded.workspace, transfer = excluded.transfer, transfer_to = excluded.transfer_to,
             transfer_pending = excluded.transfer_pending, due_at = excluded.due_at, own_step = excluded.own_step,
             name_asked_at = excluded.name_asked_at, sequence = excluded.sequence, form = excluded.form, document = excluded.document
         WHERE old.sequence < excluded.sequence OR old.form <> excluded.form",
    )
    .bind(project.id.to_string())
    .bind(project.workspace.to_string())
    .bind(offer.map(|offer| offer.id.to_string()))
    .bind(offer.map(|offer| offer.to.to_string()))
    .bind(project.pending_transfer().is_some())
    .bind(project.due_at())
    .bind(project.operation.own_step().is_some())
    .bind(project.name_in_review().map(|name| name.since))
    .bind(signed(project.created_sequence))
    .bind(signed(project.version))
    .bind(FORM)
    .bind(Json(project))
    .execute(&mut *transaction)
    .await?;
    for operation in project.operations() {
        operations::save(&mut transaction, project.id, operation).await?;
    }
    Ok(transaction.commit().await?)
}

/// A project and how far its database has come.
pub(crate) async fn find_project(pool: &PgPool, id: ProjectId) -> Result<Option<(Project, Provisioning)>, Error> {
    let row = sqlx::query("SELECT * FROM lifecycle.shown_projects WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?;
    row.as_ref().map(read).transpose()
}

pub(super) fn read(row: &PgRow) -> Result<(Project, Provisioning), Error> {
    let id: String = row.try_get("id")?;
    let parsed = id.parse().map_err(|_| Error::Row { id, what: "id" })?;
    Ok((document(row)?, databases::read(row, parsed)?))
}
