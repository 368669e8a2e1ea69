//! `GET /v1/projects/{project}/contacts/{contact}/conversations`: a contact's conversations, the latest first.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chassis::{Json, PageLimit, Path, Problem, Query};
use chrono::{DateTime, Utc};
use contract::{ContactId, ConversationId, ProjectId};
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgRow;
use utoipa::IntoParams;

use crate::contact::with_family;
use crate::conversation::{ConversationAnswer, ConversationPage, conversation_columns};
use crate::page::LastRow;
use crate::{Conversations, Error, show_contact};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListContactConversations {
    /// 1 to 100 conversations a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists a contact's conversations
///
/// The one opened last first, those of contacts that were merged into it included.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/contacts/{contact}/conversations",
    tag = "contacts",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("contact" = String, Path, description = "The contact's id"),
        ListContactConversations,
    ),
    responses(
        (status = 200, description = "A page of conversations", body = ConversationPage),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn list_contact_conversations(
    State(conversations): State<Conversations>,
    Path((project, contact)): Path<(ProjectId, ContactId)>,
    Query(query): Query<ListContactConversations>,
) -> Result<Response, Problem> {
    let limit = PageLimit::parse(query.limit)?;
    let last = LastRow::<ConversationId>::parse(query.cursor.as_deref())?;
    let database = conversations.database(project).await?;
    let rows = select(&database, contact, last, limit).await?;
    if rows.is_empty() {
        show_contact::require(&database, contact).await?;
    }
    let mut data = rows.iter().map(|row| Ok(ConversationAnswer::read(row)?.0)).collect::<Result<Vec<_>, Error>>()?;
    let next_cursor = limit.cut(&mut data, |last| LastRow::new(last.opened_at(), last.id()))?;
    Ok(Json(ConversationPage { data, next_cursor }).into_response())
}

async fn select(
    database: &PgPool,
    contact: ContactId,
    (at, id): (Option<DateTime<Utc>>, Option<String>),
    limit: PageLimit,
) -> Result<Vec<PgRow>, Error> {
    const QUERY: &str = concat!(
        with_family!(),
        "SELECT ",
        conversation_columns!(),
        " FROM family CROSS JOIN LATERAL (
              SELECT * FROM public.conversations AS own
               WHERE own.contact_id = family.id AND (own.opened_at, own.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
               ORDER BY own.opened_at DESC, own.id DESC
               LIMIT $4) AS conversation
          ORDER BY conversation.opened_at DESC, conversation.id DESC
          LIMIT $4"
    );
    let query = sqlx::query(QUERY).bind(contact.to_string()).bind(at).bind(id).bind(limit.and_one());
    Ok(query.fetch_all(database).await?)
}
