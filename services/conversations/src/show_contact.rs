//! `GET /v1/projects/{project}/contacts/{contact}`: one contact.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chassis::{Json, Path, Problem};
use contract::{ContactId, ProjectId};
use sqlx::PgPool;
use sqlx::postgres::PgRow;

use crate::contact::{ContactAnswer, contact_columns, contact_details};
use crate::{Conversations, Error};

/// Shows a contact
///
/// Also one that was merged into another: `merged_into` says which.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/contacts/{contact}",
    tag = "contacts",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("contact" = String, Path, description = "The contact's id"),
    ),
    responses(
        (status = 200, description = "The contact", body = ContactAnswer),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn show_contact(
    State(conversations): State<Conversations>,
    Path((project, contact)): Path<(ProjectId, ContactId)>,
) -> Result<Response, Problem> {
    let project = conversations.project(project).await?;
    let database = conversations.databases.pool(project.id);
    let row = select(&database, contact).await?.ok_or(Error::NotFound("the contact"))?;
    Ok(Json(ContactAnswer::read_with_details(&row, &project, conversations.clock.now())?.0).into_response())
}

async fn select(database: &PgPool, contact: ContactId) -> Result<Option<PgRow>, Error> {
    const QUERY: &str =
        concat!("SELECT ", contact_columns!(), contact_details!(), " FROM public.contacts AS contact WHERE contact.id = $1");
    Ok(sqlx::query(QUERY).bind(contact.to_string()).fetch_optional(database).await?)
}

/// For an answer without rows: is there nothing, or nobody?
pub(crate) async fn require(database: &PgPool, contact: ContactId) -> Result<(), Error> {
    let found = sqlx::query("SELECT FROM public.contacts WHERE id = $1").bind(contact.to_string()).fetch_optional(database).await?;
    found.map(drop).ok_or(Error::NotFound("the contact"))
}
