//! The audit log's rows.

use chassis::PageLimit;
use chrono::{DateTime, Utc};
use contract::ProjectId;
use sqlx::{PgPool, Postgres, QueryBuilder};
use tables::signed;

use super::projects;
use crate::audit::Entry;
use crate::error::Error;

/// The type of the one fact that is left of a project, in every version.
pub(crate) const ERASURE_TYPES: [&str; 2] = ["project.project_erased.v1", "project.project_erased.v2"];

/// Adds rows, all about `project` or all about none. Rows that are there stay; rows about a project that was erased do not come back.
pub(crate) async fn insert(pool: &PgPool, project: Option<ProjectId>, entries: &[Entry]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    let mut owner: Option<String> = None;
    let mut erased = false;
    if let Some(project) = project {
        projects::lock(&mut transaction, project).await?;
        let known: Option<(Option<String>, bool)> = sqlx::query_as("SELECT workspace_id, erased FROM access.projects WHERE id = $1")
            .bind(project.to_string())
            .fetch_optional(&mut *transaction)
            .await?;
        (owner, erased) = known.unwrap_or_default();
    }
    let kept: Vec<(&Entry, Option<ProjectId>)> = entries.iter().filter_map(|entry| kept(entry, erased)).collect();
    if !kept.is_empty() {
        let mut query = QueryBuilder::<Postgres>::new(
            "INSERT INTO access.audit (stream, sequence, event_id, at, actor_kind, actor_id, request_id, event_type, subject, project_id,
                 workspace_id) ",
        );
        query.push_values(kept, |mut row, (entry, project)| {
            row.push_bind(entry.stream.name())
                .push_bind(signed(entry.sequence))
                .push_bind(&entry.event_id)
                .push_bind(entry.at)
                .push_bind(entry.actor_kind.as_str())
                .push_bind(&entry.actor_id)
                .push_bind(&entry.request_id)
                .push_bind(&entry.event_type)
                .push_bind(&entry.subject)
                .push_bind(project.map(|project| project.to_string()))
                .push_bind(entry.workspace.map(|workspace| workspace.to_string()).or_else(|| owner.clone()));
        });
        query.push(" ON CONFLICT (stream, sequence) DO NOTHING").build().execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Of a project that was erased its erasure is kept, and what a workspace said, without the project.
fn kept(entry: &Entry, erased: bool) -> Option<(&Entry, Option<ProjectId>)> {
    match (erased, entry.workspace) {
        (false, _) => Some((entry, entry.project)),
        (true, Some(_)) => Some((entry, None)),
        (true, None) => ERASURE_TYPES.contains(&entry.event_type.as_str()).then_some((entry, entry.project)),
    }
}

/// Whose audit log is read.
#[derive(Debug, Clone)]
pub(crate) enum Of {
    Project(String),
    Workspace(String),
}

/// What of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub actor_kind: Option<&'static str>,
    pub actor_id: Option<String>,
    pub event_type: Option<String>,
    /// The last row of the page before: its time, stream and sequence.
    pub before: Option<(DateTime<Utc>, String, u64)>,
}

/// A row as it is read.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Row {
    pub stream: String,
    pub sequence: i64,
    pub event_id: String,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub request_id: Option<String>,
    pub event_type: String,
    pub subject: String,
    pub project_id: Option<String>,
    pub workspace_id: Option<String>,
}

/// A page of rows and one more, the youngest first.
pub(crate) async fn list(pool: &PgPool, of: &Of, wanted: &Wanted, limit: PageLimit) -> Result<Vec<Row>, Error> {
    let columns = "SELECT stream, sequence, event_id, at, actor_kind, actor_id, request_id, event_type, subject, project_id, workspace_id FROM access.audit ";
    let mut query = QueryBuilder::<Postgres>::new(columns);
    match of {
        Of::Project(project) => query.push("WHERE project_id = ").push_bind(project),
        Of::Workspace(workspace) => query.push("WHERE workspace_id = ").push_bind(workspace),
    };
    if let Some(kind) = wanted.actor_kind {
        query.push(" AND actor_kind = ").push_bind(kind);
    }
    if let Some(id) = &wanted.actor_id {
        query.push(" AND actor_id = ").push_bind(id);
    }
    if let Some(event_type) = &wanted.event_type {
        query.push(" AND event_type = ").push_bind(event_type);
    }
    if let Some((at, stream, sequence)) = &wanted.before {
        query.push(" AND (at, stream, sequence) < (").push_bind(at).push(", ").push_bind(stream);
        query.push(", ").push_bind(signed(*sequence)).push(")");
    }
    query.push(" ORDER BY at DESC, stream DESC, sequence DESC LIMIT ").push_bind(limit.and_one());
    Ok(query.build_query_as().fetch_all(pool).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Event, OperationId, ProjectErased, ProjectEvent};

    #[test]
    fn the_fact_that_is_left_is_known_by_its_type() {
        let operation = OperationId::from_ulid(ulid::Ulid::from_parts(1, 2));
        assert!(ERASURE_TYPES.contains(&ProjectEvent::from(ProjectErased { operation, left: None }).event_type()));
    }
}
