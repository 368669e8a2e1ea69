//! `GET /v1/projects/{project}/messages/{message}`, and by Meta's id: one message.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chassis::{Json, Path, Problem, Query};
use contract::{MessageId, ProjectId};
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgRow;
use utoipa::IntoParams;
use whatsapp::Wamid;

use crate::history::MessagePage;
use crate::message::{MessageAnswer, message_columns};
use crate::{Conversations, Error};

/// Shows a message
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/messages/{message}",
    tag = "messages",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("message" = String, Path, description = "The message's id"),
    ),
    responses(
        (status = 200, description = "The message", body = MessageAnswer),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn show_message(
    State(conversations): State<Conversations>,
    Path((project, message)): Path<(ProjectId, MessageId)>,
) -> Result<Response, Problem> {
    const QUERY: &str = concat!("SELECT ", message_columns!(), " FROM public.messages AS message WHERE message.id = $1");
    let database = conversations.database(project).await?;
    let row = select(&database, QUERY, &message.to_string()).await?.ok_or(Error::NotFound("the message"))?;
    Ok(Json(MessageAnswer::read(&row)?.0).into_response())
}

/// Which message.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindMessage {
    /// Meta's id of the message.
    #[param(example = "wamid.HBgLMTY1MDU1NTAxNDIVAgASGBQzQTdBNUE2")]
    wamid: String,
}

/// Finds a message by Meta's id
///
/// A page with that message alone, or with none.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/messages",
    tag = "messages",
    security(("api_key" = ["conversations:read"])),
    params(("project" = String, Path, description = "The project's id"), FindMessage),
    responses(
        (status = 200, description = "The message, if it is there", body = MessagePage),
        (status = 404, description = "`project_not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn find_message(
    State(conversations): State<Conversations>,
    Path(project): Path<ProjectId>,
    Query(query): Query<FindMessage>,
) -> Result<Response, Problem> {
    const QUERY: &str =
        concat!("SELECT ", message_columns!(), " FROM public.messages AS message WHERE message.wamid = $1 AND message.wamid <> message.id");
    // A wamid has no spaces: each is a plus that nobody encoded.
    let wamid =
        Wamid::parse(&query.wamid.replace(' ', "+")).ok_or_else(|| Problem::invalid_query("/wamid", "not a message id of Meta's"))?;
    let database = conversations.database(project).await?;
    let row = select(&database, QUERY, wamid.as_str()).await?;
    let data = row.iter().map(|row| Ok(MessageAnswer::read(row)?.0)).collect::<Result<_, Error>>()?;
    Ok(Json(MessagePage { data, next_cursor: None, previous_cursor: None }).into_response())
}

async fn select(database: &PgPool, query: &'static str, key: &str) -> Result<Option<PgRow>, Error> {
    Ok(sqlx::query(query).bind(key).fetch_optional(database).await?)
}
