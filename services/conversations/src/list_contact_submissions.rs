//! `GET /v1/projects/{project}/contacts/{contact}/submissions`: what a contact filled into Flows.

use axum::extract::State;
use axum::response::Response;
use chassis::{Path, Problem, Query};
use contract::{ContactId, ProjectId};
use sqlx::PgPool;
use sqlx::postgres::PgRow;

use crate::contact::with_family;
use crate::submission::{Part, SubmissionPage, SubmissionsQuery, submission_columns};
use crate::{Conversations, Error, show_contact};

/// Lists a contact's submissions
///
/// What it filled into any Flow, the latest first, that of contacts which were merged into it included.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/contacts/{contact}/submissions",
    tag = "contacts",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("contact" = String, Path, description = "The contact's id"),
        SubmissionsQuery,
    ),
    responses(
        (status = 200, description = "A page of submissions", body = SubmissionPage),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn list_contact_submissions(
    State(conversations): State<Conversations>,
    Path((project, contact)): Path<(ProjectId, ContactId)>,
    Query(query): Query<SubmissionsQuery>,
) -> Result<Response, Problem> {
    let part = query.part()?;
    let database = conversations.database(project).await?;
    let rows = select(&database, contact, &part).await?;
    if rows.is_empty() {
        show_contact::require(&database, contact).await?;
    }
    part.page(&rows)
}

async fn select(database: &PgPool, contact: ContactId, part: &Part) -> Result<Vec<PgRow>, Error> {
    const QUERY: &str = concat!(
        with_family!(),
        "SELECT ",
        submission_columns!(),
        " FROM family CROSS JOIN LATERAL (
              SELECT * FROM paige.submissions AS own
               WHERE own.contact_id = family.id AND own.sequence < $2
               ORDER BY own.sequence DESC
               LIMIT $3) AS submission
          ORDER BY submission.sequence DESC
          LIMIT $3"
    );
    Ok(sqlx::query(QUERY).bind(contact.to_string()).bind(part.before).bind(part.limit.and_one()).fetch_all(database).await?)
}
