//! Whose projects are, and with it whose audit log shows what happened to them.
//!
//! A project's rows of the audit log belong to whoever owns the project now. So that the order in which streams are read does not
//! matter, every change of either is made under a lock of the project.

use contract::{ProjectId, WorkspaceId};
use sqlx::{PgPool, Postgres, Transaction};
use tables::{signed, unsigned};

use crate::error::Error;
use crate::ownership::Ownership;

/// One project's lock, until the end of the transaction.
pub(crate) async fn lock(transaction: &mut Transaction<'_, Postgres>, project: ProjectId) -> Result<(), Error> {
    Ok(tables::lock_project(transaction, "access", &project.to_string()).await?)
}

/// What is known of a project, and by which event.
pub(crate) async fn find(pool: &PgPool, project: ProjectId) -> Result<(Ownership, u64), Error> {
    let row: Option<(Option<String>, bool, i64)> =
        sqlx::query_as("SELECT workspace_id, erased, sequence FROM access.projects WHERE id = $1")
            .bind(project.to_string())
            .fetch_optional(pool)
            .await?;
    let Some((owner, erased, sequence)) = row else { return Ok((Ownership::default(), 0)) };
    let owner: Option<WorkspaceId> = owner.map(|owner| owner.parse()).transpose().map_err(|_| Error::Row("workspace_id"))?;
    Ok((Ownership { owner, erased }, unsigned(sequence)))
}

/// Writes whose the project is, unless a later event is known. The project's audit log moves along to its owner. If the project was erased,
/// its audit log is removed, except for the row that says so, which stays with the last owner.
pub(crate) async fn save(pool: &PgPool, project: ProjectId, ownership: Ownership, sequence: u64) -> Result<(), Error> {
    let (id, owner) = (project.to_string(), ownership.owner.map(|owner| owner.to_string()));
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, project).await?;
    // Of a project that is gone, only this row may still say whose it was.
    let written: Option<Option<String>> = sqlx::query_scalar(
        "INSERT INTO access.projects AS old (id, workspace_id, erased, sequence) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET workspace_id = coalesce(excluded.workspace_id, old.workspace_id), erased = excluded.erased,
             sequence = excluded.sequence
         WHERE old.sequence < excluded.sequence
         RETURNING workspace_id",
    )
    .bind(&id)
    .bind(&owner)
    .bind(ownership.erased)
    .bind(signed(sequence))
    .fetch_optional(&mut *transaction)
    .await?;
    if let Some(owner) = written {
        if ownership.erased {
            // What was said about the workspace stays there, without the project; what was said about the project goes, but that it went.
            let of_workspace = "UPDATE access.audit SET project_id = NULL WHERE project_id = $1 AND stream = 'workspace'";
            sqlx::query(of_workspace).bind(&id).execute(&mut *transaction).await?;
            let of_project = "DELETE FROM access.audit WHERE project_id = $1 AND event_type <> ALL ($2)";
            sqlx::query(of_project).bind(&id).bind(super::audit::ERASURE_TYPES).execute(&mut *transaction).await?;
            sqlx::query("DELETE FROM access.reminders WHERE project_id = $1").bind(&id).execute(&mut *transaction).await?;
        }
        let moved = "UPDATE access.audit SET workspace_id = $2
                     WHERE project_id = $1 AND stream <> 'workspace' AND workspace_id IS DISTINCT FROM $2";
        sqlx::query(moved).bind(&id).bind(&owner).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}
