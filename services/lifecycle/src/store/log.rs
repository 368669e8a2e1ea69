//! Which log the tables were built from, and how far.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contract::{ProjectId, Stream};
use sqlx::PgPool;

use super::{FORM, unsigned};
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

/// When the stream was created that the tables were built from; keeps `created` if nothing is known.
pub(crate) async fn log_identity(pool: &PgPool, stream: Stream, created: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
    sqlx::query("INSERT INTO lifecycle.log (stream, created) VALUES ($1, $2) ON CONFLICT (stream) DO NOTHING")
        .bind(stream.name())
        .bind(created)
        .execute(pool)
        .await?;
    Ok(sqlx::query_scalar("SELECT created FROM lifecycle.log WHERE stream = $1").bind(stream.name()).fetch_one(pool).await?)
}
