//! When keys were used last, and where there are keys for a project.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contract::{KeyId, KeyUsed, ProjectId, WorkspaceId};
use sqlx::PgPool;
use tables::signed;

use crate::error::Error;

/// Keeps a use, unless a later one is known.
pub(crate) async fn save_use(pool: &PgPool, sequence: u64, used: &KeyUsed) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO access.key_uses AS old (key_id, used_at, sequence) VALUES ($1, $2, $3)
         ON CONFLICT (key_id) DO UPDATE SET used_at = excluded.used_at, sequence = excluded.sequence WHERE old.sequence < excluded.sequence",
    )
    .bind(used.key.to_string())
    .bind(used.at)
    .bind(signed(sequence))
    .execute(pool)
    .await?;
    Ok(())
}

/// When the keys of a workspace were used last; a key that was never used is not in it.
pub(crate) async fn uses(pool: &PgPool, workspace: WorkspaceId) -> Result<HashMap<KeyId, DateTime<Utc>>, Error> {
    let rows: Vec<(String, DateTime<Utc>)> =
        sqlx::query_as("SELECT u.key_id, u.used_at FROM access.key_uses u JOIN access.keys k ON k.id = u.key_id WHERE k.workspace_id = $1")
            .bind(workspace.to_string())
            .fetch_all(pool)
            .await?;
    rows.into_iter().map(|(key, at)| Ok((key.parse().map_err(|_| Error::Row("key_id"))?, at))).collect()
}

/// The workspaces with keys for `project` alone that nobody has revoked.
pub(crate) async fn workspaces_with_keys_of(pool: &PgPool, project: ProjectId) -> Result<Vec<WorkspaceId>, Error> {
    let query = "SELECT DISTINCT workspace_id FROM access.keys WHERE project_id = $1 AND revoked_at IS NULL";
    let rows: Vec<String> = sqlx::query_scalar(query).bind(project.to_string()).fetch_all(pool).await?;
    rows.iter().map(|id| id.parse().map_err(|_| Error::Row("workspace_id"))).collect()
}
