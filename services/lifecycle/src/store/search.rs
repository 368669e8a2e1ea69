//! Which projects: those that a caller may see, those that are offered to a workspace, those with something to do.

use chassis::{PageLimit, Visible};
use chrono::{DateTime, Utc};
use contract::{ProjectId, TransferId, WorkspaceId};
use sqlx::PgPool;
use sqlx::types::Json;
use tables::signed;

use super::{document, projects};
use crate::error::Error;
use crate::operation::Operation;
use crate::project::Project;
use crate::project::provisioning::Provisioning;

/// Which projects of a list are wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Those that the caller may see.
    pub visible: Visible,
    /// Those of this workspace alone.
    pub workspace: Option<WorkspaceId>,
    /// Those that are older than the one created by this event.
    pub before: Option<u64>,
    /// A page of them, and one more.
    pub limit: PageLimit,
}

/// The youngest first.
pub(crate) async fn list_projects(pool: &PgPool, wanted: &Wanted) -> Result<Vec<(Project, Provisioning)>, Error> {
    let none = Vec::new();
    let (all, workspaces, ids) = match &wanted.visible {
        Visible::All => (true, &none, &none),
        Visible::Some { workspaces, projects } => (false, workspaces, projects),
    };
    let rows = sqlx::query(
        "SELECT * FROM lifecycle.shown_projects
         WHERE created_sequence < $1 AND ($2::text IS NULL OR workspace = $2) AND ($3 OR workspace = ANY ($4) OR id = ANY ($5))
         ORDER BY created_sequence DESC LIMIT $6",
    )
    .bind(wanted.before.map_or(i64::MAX, signed))
    .bind(wanted.workspace.map(|workspace| workspace.to_string()))
    .bind(all)
    .bind(workspaces)
    .bind(ids)
    .bind(wanted.limit.and_one())
    .fetch_all(pool)
    .await?;
    rows.iter().map(projects::read).collect()
}

/// The projects that are offered to `workspace`, the longest waiting first.
pub(crate) async fn list_offers(pool: &PgPool, workspace: WorkspaceId, limit: usize) -> Result<Vec<Project>, Error> {
    let rows =
        sqlx::query("SELECT document FROM lifecycle.projects WHERE transfer_to = $1 AND transfer_pending ORDER BY transfer, id LIMIT $2")
            .bind(workspace.to_string())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await?;
    rows.iter().map(document).collect()
}

/// The projects that `workspace` owns because it accepted them last.
pub(crate) async fn accepted_by(pool: &PgPool, workspace: WorkspaceId) -> Result<Vec<ProjectId>, Error> {
    let rows: Vec<String> = sqlx::query_scalar("SELECT id FROM lifecycle.projects WHERE workspace = $1 AND transfer_to = $1 ORDER BY id")
        .bind(workspace.to_string())
        .fetch_all(pool)
        .await?;
    rows.into_iter().map(parse).collect()
}

/// The project that an offer to `workspace` is about, if it is the project's last.
pub(crate) async fn find_offer(pool: &PgPool, workspace: WorkspaceId, transfer: TransferId) -> Result<Option<ProjectId>, Error> {
    let row: Option<String> = sqlx::query_scalar("SELECT id FROM lifecycle.projects WHERE transfer_to = $1 AND transfer = $2")
        .bind(workspace.to_string())
        .bind(transfer.to_string())
        .fetch_optional(pool)
        .await?;
    row.map(parse).transpose()
}

/// Up to `limit` projects to which something happens by itself, the next first, and when.
pub(crate) async fn next_due(pool: &PgPool, limit: u16) -> Result<Vec<(ProjectId, DateTime<Utc>)>, Error> {
    let rows: Vec<(String, DateTime<Utc>)> =
        sqlx::query_as("SELECT id, due_at FROM lifecycle.projects WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?;
    rows.into_iter().map(|(id, at)| Ok((parse(id)?, at))).collect()
}

/// Up to `limit` projects of whose operation lifecycle itself has a step to do, the longest waiting first, deletions after all others.
pub(crate) async fn with_own_step(pool: &PgPool, limit: u16) -> Result<Vec<(ProjectId, Operation)>, Error> {
    let rows: Vec<(String, Json<Operation>)> = sqlx::query_as(
        "SELECT id, document->'operation' FROM lifecycle.projects WHERE own_step
         ORDER BY document->'operation'->>'kind' = 'delete_project', sequence LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|(id, Json(operation))| Ok((parse(id)?, operation))).collect()
}

/// Up to `limit` projects whose display name is in review, by id, those after `after`; and since when it is.
pub(crate) async fn names_in_review(pool: &PgPool, after: Option<ProjectId>, limit: u16) -> Result<Vec<(ProjectId, DateTime<Utc>)>, Error> {
    let rows: Vec<(String, DateTime<Utc>)> =
        sqlx::query_as("SELECT id, name_asked_at FROM lifecycle.projects WHERE name_asked_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2")
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?;
    rows.into_iter().map(|(id, at)| Ok((parse(id)?, at))).collect()
}

/// Since when the first display name is in review, of those that were asked for after `after`.
pub(crate) async fn first_name_in_review(pool: &PgPool, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Error> {
    let first = sqlx::query_scalar("SELECT min(name_asked_at) FROM lifecycle.projects WHERE name_asked_at > $1");
    Ok(first.bind(after).fetch_one(pool).await?)
}

fn parse(id: String) -> Result<ProjectId, Error> {
    id.parse().map_err(|_| Error::Row { id, what: "id" })
}
