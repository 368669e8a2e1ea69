//! `GET /v1/projects/{project}/conversations/{conversation}/messages`: what was said in a conversation.

use axum::extract::State;
use axum::response::Response;
use chassis::{Path, Problem, Query};
use contract::{ConversationId, ProjectId};
use sqlx::PgPool;
use sqlx::postgres::PgRow;

use crate::history::{HistoryQuery, MessagePage, Part};
use crate::message::message_columns;
use crate::{Conversations, Error, show_conversation};

/// Lists a conversation's messages
///
/// By the time at which they were sent, then by the order in which they were recorded. Cursors lead in both directions.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/conversations/{conversation}/messages",
    tag = "messages",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("conversation" = String, Path, description = "The conversation's id"),
        HistoryQuery,
    ),
    responses(
        (status = 200, description = "A page of messages", body = MessagePage),
        (status = 400, description = "`invalid_path`, `invalid_query`, `invalid_cursor`"),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn list_messages(
    State(conversations): State<Conversations>,
    Path((project, conversation)): Path<(ProjectId, ConversationId)>,
    Query(query): Query<HistoryQuery>,
) -> Result<Response, Problem> {
    let part = query.part()?;
    let database = conversations.database(project).await?;
    let rows = select(&database, conversation, &part).await?;
    if rows.is_empty() {
        show_conversation::require(&database, conversation).await?;
    }
    part.page(&rows)
}

async fn select(database: &PgPool, conversation: ConversationId, part: &Part) -> Result<Vec<PgRow>, Error> {
    const FORWARD: &str = concat!(
        "SELECT ",
        message_columns!(),
        " FROM public.messages AS message
         WHERE message.conversation_id = $1
           AND (message.sent_at, message.sequence) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::bigint, 0))
         ORDER BY message.sent_at, message.sequence
         LIMIT $4"
    );
    const BACKWARD: &str = concat!(
        "SELECT ",
        message_columns!(),
        " FROM public.messages AS message
         WHERE message.conversation_id = $1
           AND (message.sent_at, message.sequence) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::bigint, 0))
         ORDER BY message.sent_at DESC, message.sequence DESC
         LIMIT $4"
    );
    let query = sqlx::query(if part.forward { FORWARD } else { BACKWARD }).bind(conversation.to_string());
    Ok(query.bind(part.sent_at).bind(part.sequence).bind(part.limit.and_one()).fetch_all(database).await?)
}
