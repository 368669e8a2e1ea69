//! `GET /v1/projects/{project}/conversations/{conversation}`: one conversation and how its state came about.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chassis::{Json, Path, Problem, etag};
use contract::{ConversationId, ProjectId};
use sqlx::PgPool;
use sqlx::postgres::PgRow;

use crate::conversation::{ConversationAnswer, StateChangeAnswer, conversation_columns};
use crate::{Conversations, Error};

/// Most changes of state that are shown with a conversation.
const STATE_CHANGES_MAX: i64 = 1_000;

/// Shows a conversation
///
/// With the history of its state. Its ETag is what a change of the state must name.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/conversations/{conversation}",
    tag = "conversations",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("conversation" = String, Path, description = "The conversation's id"),
    ),
    responses(
        (status = 200, description = "The conversation", body = ConversationAnswer, headers(("ETag" = String, description = "How often its state has changed"))),
        (status = 404, description = "`project_not_found`, `not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`project_not_ready`, `project_failed`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show_conversation(
    State(conversations): State<Conversations>,
    Path((project, conversation)): Path<(ProjectId, ConversationId)>,
) -> Result<Response, Problem> {
    let database = conversations.database(project).await?;
    let rows = select(&database, conversation).await?;
    let first = rows.first().ok_or(Error::NotFound("the conversation"))?;
    let (mut answer, _) = ConversationAnswer::read(first)?;
    let changes = rows.iter().filter_map(|row| StateChangeAnswer::read_joined(row).transpose());
    answer.state_changes = Some(changes.collect::<Result<_, _>>()?);
    Ok((etag(answer.version()), Json(answer)).into_response())
}

/// A row for each change, or one for none.
async fn select(database: &PgPool, conversation: ConversationId) -> Result<Vec<PgRow>, Error> {
    const QUERY: &str = concat!(
        "SELECT ",
        conversation_columns!(),
        ", change.version, change.from_state, change.to_state, change.changed_by, change.why, change.at
          FROM public.conversations AS conversation
          LEFT JOIN paige.state_changes AS change ON change.conversation_id = conversation.id
         WHERE conversation.id = $1
         ORDER BY change.version DESC
         LIMIT $2"
    );
    Ok(sqlx::query(QUERY).bind(conversation.to_string()).bind(STATE_CHANGES_MAX).fetch_all(database).await?)
}

/// For an answer without rows: is there nothing, or no such conversation?
pub(crate) async fn require(database: &PgPool, conversation: ConversationId) -> Result<(), Error> {
    let query = sqlx::query("SELECT FROM public.conversations WHERE id = $1").bind(conversation.to_string());
    query.fetch_optional(database).await?.map(drop).ok_or(Error::NotFound("the conversation"))
}
