//! The tables of flow-sync. Writes are guarded by sequence: an older state never covers a newer one, whoever comes first.

use chassis::PageLimit;
use contract::{FlowId, ProjectId};
use sqlx::PgPool;
use tables::signed;

use crate::error::Error;
use crate::flow::{FORM, Flow, Id};

/// Writes the Flow, unless the table has it at a later event, it was never made, or its project is gone.
pub(crate) async fn save(pool: &PgPool, id: Id, flow: &Flow) -> Result<(), Error> {
    if flow.created.is_none() {
        return Ok(());
    }
    let document = serde_json::to_string(flow).map_err(|_| Error::Row { id: id.flow.to_string(), what: "document" })?;
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, id.project).await?;
    sqlx::query(
        "INSERT INTO flow_sync.flows
             (flow_id, project_id, name, status, living, pending, meta_flow_id, waba_id, sequence, form, document)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::json
         WHERE NOT EXISTS (SELECT FROM flow_sync.erased WHERE project_id = $2)
         ON CONFLICT (flow_id) DO UPDATE SET
             name = excluded.name, status = excluded.status, living = excluded.living, pending = excluded.pending,
             meta_flow_id = excluded.meta_flow_id, waba_id = excluded.waba_id, sequence = excluded.sequence, form = excluded.form,
             document = excluded.document
         WHERE flows.sequence < excluded.sequence OR (flows.sequence = excluded.sequence AND flows.form < excluded.form)",
    )
    .bind(id.flow.to_string())
    .bind(id.project.to_string())
    .bind(&flow.name)
    .bind(flow.status())
    .bind(flow.exists())
    .bind(flow.is_pending())
    .bind(flow.link.as_ref().map(|link| link.flow_id.as_str()))
    .bind(flow.link.as_ref().map(|link| link.waba_id.as_str()))
    .bind(signed(flow.sequence))
    .bind(FORM)
    .bind(document)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// A writer of a project's rows waits for whoever erases them: a row that is late is not written after the end.
async fn lock(connection: &mut sqlx::PgConnection, project: ProjectId) -> Result<(), Error> {
    Ok(tables::lock_project(connection, "flow_sync", &project.to_string()).await?)
}

/// The Flow as the table has it.
pub(crate) async fn find(pool: &PgPool, id: Id) -> Result<Option<Flow>, Error> {
    let row: Option<String> =
        sqlx::query_scalar("SELECT document::text FROM flow_sync.flows WHERE flow_id = $1 AND project_id = $2 AND form = $3")
            .bind(id.flow.to_string())
            .bind(id.project.to_string())
            .bind(FORM)
            .fetch_optional(pool)
            .await?;
    row.map(|document| read(&id.flow.to_string(), &document)).transpose()
}

/// Which Flow has this id at Meta.
pub(crate) async fn find_by_meta_id(pool: &PgPool, meta_flow_id: &str) -> Result<Option<Id>, Error> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT project_id, flow_id FROM flow_sync.flows WHERE meta_flow_id = $1 AND living ORDER BY flow_id LIMIT 1")
            .bind(meta_flow_id)
            .fetch_optional(pool)
            .await?;
    row.map(|(project, flow)| Ok(Id { project: parse(&project)?, flow: parse(&flow)? })).transpose()
}

/// A page of the living Flows of a project by name, after that name and id, and one more if there is one.
pub(crate) async fn list(
    pool: &PgPool,
    project: ProjectId,
    status: Option<&str>,
    after: Option<(&str, &str)>,
    limit: PageLimit,
) -> Result<Vec<(FlowId, Flow)>, Error> {
    let (name, flow) = after.unwrap_or_default();
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT flow_id, document::text FROM flow_sync.flows
         WHERE project_id = $1 AND living AND ($2::text IS NULL OR status = $2) AND (name, flow_id) > ($3, $4)
         ORDER BY name, flow_id LIMIT $5",
    )
    .bind(project.to_string())
    .bind(status)
    .bind(name)
    .bind(flow)
    .bind(limit.and_one())
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|(id, document)| Ok((parse(&id)?, read(&id, &document)?))).collect()
}

/// The living Flows of a project, each with the sequence up to which the table has it.
pub(crate) async fn living(pool: &PgPool, project: ProjectId) -> Result<Vec<(FlowId, u64)>, Error> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT flow_id, sequence FROM flow_sync.flows WHERE project_id = $1 AND living ORDER BY name")
            .bind(project.to_string())
            .fetch_all(pool)
            .await?;
    rows.iter().map(|(text, sequence)| Ok((parse(text)?, sequence.unsigned_abs()))).collect()
}

/// Projects that have Flows, and whether Meta is to be told something of one.
pub(crate) async fn projects(pool: &PgPool) -> Result<Vec<(ProjectId, bool)>, Error> {
    let rows: Vec<(String, bool)> =
        sqlx::query_as("SELECT project_id, bool_or(pending) FROM flow_sync.flows WHERE living GROUP BY project_id").fetch_all(pool).await?;
    rows.into_iter().map(|(project, pending)| Ok((parse(&project)?, pending))).collect()
}

/// Removes everything of a project, for good.
pub(crate) async fn erase(pool: &PgPool, project: ProjectId) -> Result<(), Error> {
    let mut transaction = pool.begin().await?;
    lock(&mut transaction, project).await?;
    for statement in [
        "INSERT INTO flow_sync.erased (project_id) VALUES ($1) ON CONFLICT DO NOTHING",
        "DELETE FROM flow_sync.flows WHERE project_id = $1",
    ] {
        sqlx::query(statement).bind(project.to_string()).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Removes a row that the log knows nothing of.
pub(crate) async fn remove(pool: &PgPool, flow: FlowId) -> Result<(), Error> {
    sqlx::query("DELETE FROM flow_sync.flows WHERE flow_id = $1").bind(flow.to_string()).execute(pool).await?;
    Ok(())
}

/// Every Flow that has a row.
pub(crate) async fn all(pool: &PgPool) -> Result<Vec<Id>, Error> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT project_id, flow_id FROM flow_sync.flows").fetch_all(pool).await?;
    rows.into_iter().map(|(project, flow)| Ok(Id { project: parse(&project)?, flow: parse(&flow)? })).collect()
}

fn read(id: &str, document: &str) -> Result<Flow, Error> {
    serde_json::from_str(document).map_err(|_| Error::Row { id: id.to_owned(), what: "document" })
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Row { id: text.to_owned(), what: "id" })
}
