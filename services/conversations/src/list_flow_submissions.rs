//! `GET /v1/projects/{project}/flows/{flow}/submissions`: what was filled into a Flow.

use axum::extract::State;
use axum::response::Response;
use chassis::{Path, Problem, Query};
use contract::{FlowId, ProjectId};
use sqlx::PgPool;
use sqlx::postgres::PgRow;

use crate::submission::{Part, SubmissionPage, SubmissionsQuery, submission_columns};
use crate::{Conversations, Error};

/// Lists a Flow's submissions
///
/// What contacts filled into it, in any of its revisions, the latest first; also of a Flow that was deleted since.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/flows/{flow}/submissions",
    tag = "flows",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("flow" = String, Path, description = "The Flow's id"),
        SubmissionsQuery,
    ),
    responses(
        (status = 200, description = "A page of submissions", body = SubmissionPage),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn list_flow_submissions(
    State(conversations): State<Conversations>,
    Path((project, flow)): Path<(ProjectId, FlowId)>,
    Query(query): Query<SubmissionsQuery>,
) -> Result<Response, Problem> {
    let part = query.part()?;
    let database = conversations.database(project).await?;
    let rows = select(&database, flow, &part).await?;
    if rows.is_empty() && conversations.catalogue.flow(project, flow).is_none() {
        conversations.catalogue.catch_up(project).await.map_err(Error::from)?;
        if conversations.catalogue.flow(project, flow).is_none() {
            return Err(Error::NotFound("the Flow").into());
        }
    }
    part.page(&rows)
}

async fn select(database: &PgPool, flow: FlowId, part: &Part) -> Result<Vec<PgRow>, Error> {
    const QUERY: &str = concat!(
        "SELECT ",
        submission_columns!(),
        " FROM paige.submissions AS submission
         WHERE submission.flow_id = $1 AND submission.sequence < $2
         ORDER BY submission.sequence DESC
         LIMIT $3"
    );
    Ok(sqlx::query(QUERY).bind(flow.to_string()).bind(part.before).bind(part.limit.and_one()).fetch_all(database).await?)
}
