//! `GET /v1/projects/{project}/conversations/{conversation}`: one conversation and how its state came about.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chassis::{Json, Path, Problem, etag};
use contract::{ConversationId, ProjectId};
use sqlx::PgPool;
use sqlx::postgres::PgRow;

use crate::columns::Columns;
use crate::conversation::{CHANGE_COLUMNS, CONVERSATION_COLUMNS, ConversationAnswer, StateChangeAnswer, conversation_columns};
use crate::window::{WindowAnswer, wrote_at};
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
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn show_conversation(
    State(conversations): State<Conversations>,
    Path((project, conversation)): Path<(ProjectId, ConversationId)>,
) -> Result<Response, Problem> {
    let project = conversations.project(project).await?;
    let database = conversations.databases.pool(project.id);
    let rows = select(&database, conversation).await?;
    let first = rows.first().ok_or(Error::NotFound("the conversation"))?;
    let (mut answer, _) = ConversationAnswer::read(first)?;
    let changes = rows.iter().filter_map(|row| StateChangeAnswer::read_joined(row).transpose());
    answer.state_changes = Some(changes.collect::<Result<_, _>>()?);
    if !answer.in_group() {
        let wrote_at = Columns::from(first, CONVERSATION_COLUMNS + CHANGE_COLUMNS).take()?;
        answer.window = Some(WindowAnswer::of(wrote_at, &project, conversations.clock.now()));
    }
    Ok((etag(answer.version()), Json(answer)).into_response())
}

/// A row for each change, or one for none. The contact is looked at once, not for each of them.
async fn select(database: &PgPool, conversation: ConversationId) -> Result<Vec<PgRow>, Error> {
    const QUERY: &str = concat!(
        "SELECT ",
        conversation_columns!(),
        ", change.version, change.from_state, change.to_state, change.changed_by, change.why, change.at, conversation.wrote_at
          FROM (SELECT shown.*, ",
        wrote_at!("shown.contact_id"),
        " AS wrote_at FROM public.conversations AS shown WHERE shown.id = $1 LIMIT 1) AS conversation
          LEFT JOIN paige.state_changes AS change ON change.conversation_id = conversation.id
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
