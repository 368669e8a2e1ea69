//! How far in the log the tables are.

use std::collections::HashMap;

use contract::ProjectId;
use sqlx::PgPool;
use tables::unsigned;

use super::FORM;
use crate::error::Error;

/// The sequences that the rows of a project reflect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reflected {
    /// Of its own events; 0 when the row has another form than today's.
    pub project: u64,
    /// Of its database's.
    pub database: u64,
}

/// What the rows of every project reflect.
pub(crate) async fn reflected(pool: &PgPool) -> Result<HashMap<ProjectId, Reflected>, Error> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT coalesce(id, project_id), CASE WHEN form = $1 THEN sequence ELSE 0 END, coalesce(database_sequence, 0)
         FROM lifecycle.projects FULL JOIN lifecycle.databases ON project_id = id",
    )
    .bind(FORM)
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(id, project, database)| {
            let parsed = id.parse().map_err(|_| Error::Row { id, what: "id" })?;
            Ok((parsed, Reflected { project: unsigned(project), database: unsigned(database) }))
        })
        .collect()
}
