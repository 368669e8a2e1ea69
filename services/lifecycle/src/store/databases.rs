//! How far the database of each project has come: what the API shows as parts of a step.

use contract::{DatabaseStep, ProjectId};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use tables::{signed, unsigned};

use super::{erased, lock};
use crate::error::Error;
use crate::project::provisioning::Provisioning;

/// Writes how far a database has come, unless the table knows as much or more, or the project is gone.
pub(crate) async fn save_provisioning(pool: &PgPool, provisioning: &Provisioning) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, provisioning.project).await?;
    if erased::is_erased(&mut transaction, provisioning.project).await? {
        return Ok(());
    }
    let [roles, database, tables, privileges] = provisioning.done_at;
    sqlx::query(
        "INSERT INTO lifecycle.databases AS old
             (project_id, roles_at, database_at, tables_at, privileges_at, database_failed_step, database_failed_at, database_sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (project_id) DO UPDATE SET
             roles_at = excluded.roles_at, database_at = excluded.database_at, tables_at = excluded.tables_at,
             privileges_at = excluded.privileges_at, database_failed_step = excluded.database_failed_step,
             database_failed_at = excluded.database_failed_at, database_sequence = excluded.database_sequence
         WHERE old.database_sequence < excluded.database_sequence",
    )
    .bind(provisioning.project.to_string())
    .bind(roles)
    .bind(database)
    .bind(tables)
    .bind(privileges)
    .bind(provisioning.failed.map(|(step, _)| step.as_str()))
    .bind(provisioning.failed.map(|(_, at)| at))
    .bind(signed(provisioning.sequence))
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

/// How far a database has come; nothing known is nothing done.
pub(crate) async fn find_provisioning(pool: &PgPool, id: ProjectId) -> Result<Provisioning, Error> {
    let row = sqlx::query("SELECT * FROM lifecycle.databases WHERE project_id = $1").bind(id.to_string()).fetch_optional(pool).await?;
    row.as_ref().map_or(Ok(Provisioning::none(id)), |row| read(row, id))
}

pub(super) fn read(row: &PgRow, project: ProjectId) -> Result<Provisioning, Error> {
    let done_at = [row.try_get("roles_at")?, row.try_get("database_at")?, row.try_get("tables_at")?, row.try_get("privileges_at")?];
    let step: Option<&str> = row.try_get("database_failed_step")?;
    let step = step.and_then(|text| DatabaseStep::ALL.into_iter().find(|step| step.as_str() == text));
    let failed = step.zip(row.try_get("database_failed_at")?);
    let sequence: Option<i64> = row.try_get("database_sequence")?;
    Ok(Provisioning { project, done_at, failed, sequence: sequence.map_or(0, unsigned) })
}
