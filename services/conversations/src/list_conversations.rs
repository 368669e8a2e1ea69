//! `GET /v1/projects/{project}/conversations`: conversations, newest activity first, of one state, open or closed.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chassis::{Json, PageLimit, Path, Problem, Query};
use chrono::{DateTime, Utc};
use contract::{ConversationId, ProjectId};
use serde::Deserialize;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgPool};
use utoipa::{IntoParams, ToSchema};

use crate::conversation::{ConversationAnswer, ConversationPage, conversation_columns};
use crate::page::LastRow;
use crate::{Conversations, Error};

/// Longest state that can be asked for, in bytes: what fits an index.
const STATE_BYTES_MAX: usize = 2_000;

/// Which conversations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListConversations {
    /// 1 to 100 conversations a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those in this state; empty: only those without one.
    state: Option<String>,
    /// Only open ones, or only closed ones.
    #[param(inline)]
    status: Option<Status>,
}

/// Whether a conversation takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// The contact's next message belongs to it.
    Open,
    /// The next message opens another.
    Closed,
}

/// Lists conversations
///
/// Newest activity first: their last message, or when they were opened. One that goes on meanwhile moves to the front.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/conversations",
    tag = "conversations",
    security(("api_key" = ["conversations:read"])),
    params(("project" = String, Path, description = "The project's id"), ListConversations),
    responses(
        (status = 200, description = "A page of conversations", body = ConversationPage),
        (status = 404, description = "`project_not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn list_conversations(
    State(conversations): State<Conversations>,
    Path(project): Path<ProjectId>,
    Query(query): Query<ListConversations>,
) -> Result<Response, Problem> {
    let limit = PageLimit::parse(query.limit)?;
    let state = query.state.as_deref();
    if state.is_some_and(|state| state.len() > STATE_BYTES_MAX || state.contains('\0')) {
        return Err(Problem::invalid_query("/state", "longer than any state, or not a text"));
    }
    let last = LastRow::<ConversationId>::parse(query.cursor.as_deref())?;
    let database = conversations.database(project).await?;
    let rows = select(&database, state, query.status, last, limit).await?;
    let mut found = rows.iter().map(ConversationAnswer::read).collect::<Result<Vec<_>, _>>()?;
    let next_cursor = limit.cut(&mut found, |(conversation, activity)| LastRow::new(*activity, conversation.id()))?;
    Ok(Json(ConversationPage { data: found.into_iter().map(|(conversation, _)| conversation).collect(), next_cursor }).into_response())
}

async fn select(
    database: &PgPool,
    state: Option<&str>,
    status: Option<Status>,
    (at, id): (Option<DateTime<Utc>>, Option<String>),
    limit: PageLimit,
) -> Result<Vec<PgRow>, Error> {
    let query = sqlx::query(AssertSqlSafe(statement(state, status))).bind(at).bind(id).bind(limit.and_one());
    let query = match state {
        Some(state) if !state.is_empty() => query.bind(state),
        _ => query,
    };
    Ok(query.fetch_all(database).await?)
}

const NO_STATE: &str = "AND conversation.state IS NULL";

/// One of nine statements, put together from constants alone.
fn statement(state: Option<&str>, status: Option<Status>) -> String {
    let state = match state {
        None => "",
        Some("") => NO_STATE,
        Some(_) => "AND conversation.state = $4",
    };
    match status {
        Some(status) => half(status, state),
        // Open and closed ones each have an index of their own: the first of both, merged.
        None => format!(
            "SELECT * FROM (({}) UNION ALL ({})) AS conversation ORDER BY activity DESC, id DESC LIMIT $3",
            half(Status::Open, state),
            half(Status::Closed, state)
        ),
    }
}

fn half(status: Status, state: &'static str) -> String {
    let closed_at = match status {
        Status::Open => "IS NULL",
        Status::Closed => "IS NOT NULL",
    };
    // Postgres takes `state IS NULL` for no constant: only with the state in front is this order the index's.
    let first = if state == NO_STATE { "conversation.state, " } else { "" };
    format!(
        "SELECT {} FROM public.conversations AS conversation
          WHERE conversation.closed_at {closed_at} {state}
            AND (coalesce(conversation.last_message_at, conversation.opened_at), conversation.id) < (coalesce($1::timestamptz, 'infinity'), coalesce($2::text, ''))
          ORDER BY {first}coalesce(conversation.last_message_at, conversation.opened_at) DESC, conversation.id DESC
          LIMIT $3",
        conversation_columns!()
    )
}
