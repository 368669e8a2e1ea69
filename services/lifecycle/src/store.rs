//! The tables of lifecycle. Writes are guarded by sequence: an older state never covers a newer one, whoever comes first.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contract::{DatabaseStep, NumberConnected, ProjectId, Stream};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};

use crate::error::Error;
use crate::number::Number;
use crate::project::{Project, Status};
use crate::provisioning::Provisioning;

/// Writes the project, unless the table has it at this version or a later one.
pub(crate) async fn save_project(pool: &PgPool, project: &Project) -> Result<(), Error> {
    let (status, step, reason) = match &project.status {
        Status::Provisioning => ("provisioning", None, None),
        Status::Ready => ("ready", None, None),
        Status::Failed { step, reason } => ("failed", Some(step), Some(reason)),
    };
    let number = project.number.as_ref().map(Number::connected);
    let number = number.as_ref();
    sqlx::query(
        "INSERT INTO lifecycle.projects AS old
             (id, name, conversation_idle_seconds, status, failed_step, failed_reason, phone_number_id, waba_id,
              display_phone_number, created_at, updated_at, settled_at, created_sequence, sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (id) DO UPDATE SET
             name = excluded.name, conversation_idle_seconds = excluded.conversation_idle_seconds, status = excluded.status,
             failed_step = excluded.failed_step, failed_reason = excluded.failed_reason,
             phone_number_id = excluded.phone_number_id, waba_id = excluded.waba_id,
             display_phone_number = excluded.display_phone_number, updated_at = excluded.updated_at,
             settled_at = excluded.settled_at, sequence = excluded.sequence
         WHERE old.sequence < excluded.sequence",
    )
    .bind(project.id.to_string())
    .bind(&project.name)
    .bind(project.conversation_idle_seconds.map(i64::from))
    .bind(status)
    .bind(step)
    .bind(reason)
    .bind(number.map(|number| &number.phone_number_id))
    .bind(number.and_then(|number| number.waba_id.as_ref()))
    .bind(number.and_then(|number| number.display_phone_number.as_ref()))
    .bind(project.created_at)
    .bind(project.updated_at)
    .bind(project.settled_at)
    .bind(signed(project.created_sequence))
    .bind(signed(project.version))
    .execute(pool)
    .await?;
    Ok(())
}

/// Writes how far a database has come, unless the table knows as much or more.
pub(crate) async fn save_provisioning(pool: &PgPool, provisioning: &Provisioning) -> Result<(), Error> {
    let [roles, database, tables, privileges] = provisioning.done_at;
    sqlx::query(
        "INSERT INTO lifecycle.databases AS old
             (project_id, roles_at, database_at, tables_at, privileges_at, database_failed_step, database_failed_at, database_sequence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (project_id) DO UPDATE SET
             roles_at = excluded.roles_at, database_at = excluded.database_at, tables_at = excluded.tables_at,
             privileges_at = excluded.privileges_at, database_failed_step = excluded.database_failed_step, database_failed_at = excluded.database_failed_at,
             database_sequence = excluded.database_sequence
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
    .execute(pool)
    .await?;
    Ok(())
}

/// A project and how far its database has come.
pub(crate) async fn find_project(pool: &PgPool, id: ProjectId) -> Result<Option<(Project, Provisioning)>, Error> {
    let row = sqlx::query("SELECT * FROM lifecycle.shown_projects WHERE id = $1").bind(id.to_string()).fetch_optional(pool).await?;
    row.as_ref().map(read).transpose()
}

/// Up to `limit` projects, the youngest first, older than the one created by the event `before`.
pub(crate) async fn list_projects(pool: &PgPool, before: Option<u64>, limit: usize) -> Result<Vec<(Project, Provisioning)>, Error> {
    let rows = sqlx::query("SELECT * FROM lifecycle.shown_projects WHERE created_sequence < $1 ORDER BY created_sequence DESC LIMIT $2")
        .bind(before.map_or(i64::MAX, signed))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await?;
    rows.iter().map(read).collect()
}

/// How far a database has come; nothing known is nothing done.
pub(crate) async fn find_provisioning(pool: &PgPool, id: ProjectId) -> Result<Provisioning, Error> {
    let row = sqlx::query("SELECT * FROM lifecycle.databases WHERE project_id = $1").bind(id.to_string()).fetch_optional(pool).await?;
    row.as_ref().map_or(Ok(Provisioning::none(id)), |row| read_provisioning(row, id))
}

/// The sequences that the rows of every project reflect: of its own events, and of its database's.
pub(crate) async fn sequences(pool: &PgPool) -> Result<HashMap<ProjectId, (u64, u64)>, Error> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT coalesce(id, project_id), coalesce(sequence, 0), coalesce(database_sequence, 0)
         FROM lifecycle.projects FULL JOIN lifecycle.databases ON project_id = id",
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(id, project, database)| {
            let parsed = id.parse().map_err(|_| Error::Row { id, what: "id" })?;
            Ok((parsed, (unsigned(project), unsigned(database))))
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

fn read(row: &PgRow) -> Result<(Project, Provisioning), Error> {
    let text: String = row.try_get("id")?;
    let broken = |what| Error::Row { id: text.clone(), what };
    let id: ProjectId = text.parse().map_err(|_| broken("id"))?;
    let status = match row.try_get::<&str, _>("status")? {
        "provisioning" => Status::Provisioning,
        "ready" => Status::Ready,
        "failed" => Status::Failed { step: row.try_get("failed_step")?, reason: row.try_get("failed_reason")? },
        _ => return Err(broken("status")),
    };
    let number = row.try_get::<Option<String>, _>("phone_number_id")?.map(|phone_number_id| -> Result<_, Error> {
        let (waba_id, display_phone_number) = (row.try_get("waba_id")?, row.try_get("display_phone_number")?);
        Ok(Number::of(&NumberConnected { phone_number_id, waba_id, display_phone_number }))
    });
    let idle: Option<i64> = row.try_get("conversation_idle_seconds")?;
    let project = Project {
        id,
        name: row.try_get("name")?,
        conversation_idle_seconds: idle.map(u32::try_from).transpose().map_err(|_| broken("conversation_idle_seconds"))?,
        status,
        number: number.transpose()?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        settled_at: row.try_get("settled_at")?,
        created_sequence: unsigned(row.try_get("created_sequence")?),
        version: unsigned(row.try_get("sequence")?),
    };
    Ok((project, read_provisioning(row, id)?))
}

fn read_provisioning(row: &PgRow, project: ProjectId) -> Result<Provisioning, Error> {
    let done_at = [row.try_get("roles_at")?, row.try_get("database_at")?, row.try_get("tables_at")?, row.try_get("privileges_at")?];
    let step: Option<&str> = row.try_get("database_failed_step")?;
    let step = step.and_then(|text| DatabaseStep::ALL.into_iter().find(|step| step.as_str() == text));
    let failed = step.zip(row.try_get("database_failed_at")?);
    let sequence: Option<i64> = row.try_get("database_sequence")?;
    Ok(Provisioning { project, done_at, failed, sequence: sequence.map_or(0, unsigned) })
}

/// Sequences start at 1 and rise by 1: none will ever reach 2^63.
fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

fn unsigned(sequence: i64) -> u64 {
    u64::try_from(sequence).unwrap_or_default()
}
