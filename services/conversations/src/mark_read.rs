//! `POST /v1/projects/{project}/messages/{message}/read`: the contact sees that it was read, and that somebody writes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chassis::{Caller, Json, Path, Problem, RequestId};
use chrono::{DateTime, TimeDelta, Utc};
use contract::{ContactId, MessageId, ProjectId, ReadRequested, Subject};
use journal::Expect;
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, Row};
use utoipa::ToSchema;

use crate::origin::origin;
use crate::refusal::Refusal;
use crate::send::may_send;
use crate::{Conversations, Error};

/// For how long Meta marks a message as read.
const READABLE: TimeDelta = TimeDelta::days(30);

/// How it is to be shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkRead {
    /// True: the contact also sees that an answer is being written, until it comes or for 25 seconds.
    #[serde(default)]
    #[schema(default = false)]
    typing: bool,
}

/// A message that will be marked as read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadAnswer {
    #[schema(value_type = String, example = "msg_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    message: MessageId,
    /// Whether the contact also sees that an answer is being written.
    typing: bool,
    requested_at: DateTime<Utc>,
}

/// Marks a message as read
///
/// A message that the contact wrote, and with it those before. Answered as soon as it is written down. It may be said again, to show
/// once more that somebody writes.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/messages/{message}/read",
    tag = "messages",
    security(("api_key" = ["conversations:write"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("message" = String, Path, description = "The message's id"),
    ),
    request_body = MarkRead,
    responses(
        (status = 202, description = "It will be marked", body = ReadAnswer),
        (status = 400, description = "`invalid_path`, `malformed_json`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`project_not_found`, `not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`not_inbound`, `group_not_supported`, `message_too_old`, `number_not_connected`, `number_cannot_send`, `project_suspended`, `project_not_ready`, `project_failed`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_body`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`log_unavailable`, `database_unavailable`, `tables_behind`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn mark_read(
    State(conversations): State<Conversations>,
    caller: Caller,
    request: RequestId,
    Path((project, message)): Path<(ProjectId, MessageId)>,
    Json(MarkRead { typing }): Json<MarkRead>,
) -> Result<Response, Problem> {
    let database = conversations.database(project).await?;
    let at = conversations.clock.now();
    let said = match select(&database, message).await? {
        Some(said) => said,
        // Whoever follows the log may know it before the tables show it.
        None => {
            conversations.catch_up(&database, project, None).await?;
            select(&database, message).await?.ok_or(Error::NotFound("the message"))?
        }
    };
    check(&said, at)?;
    if may_send(&*conversations.project(project).await?).is_err() {
        // Perhaps it was connected or restored a moment ago.
        conversations.projects.fresh(project).await.map_err(Error::from)?;
        may_send(&*conversations.project(project).await?)?;
    }
    let wish = ReadRequested { message, wamid: said.wamid, typing, at };
    let event = conversations.fresh(wish.into(), &origin(&request, &caller));
    // It says nothing that depends on what else is said of the contact.
    let subject = Subject::conversation(project, said.contact);
    conversations.journal.append(&subject, Expect::Any, vec![event]).await.map_err(Error::from)?;
    Ok((StatusCode::ACCEPTED, Json(ReadAnswer { message, typing, requested_at: at })).into_response())
}

struct Said {
    contact: ContactId,
    wamid: String,
    inbound: bool,
    in_group: bool,
    sent_at: DateTime<Utc>,
}

fn check(said: &Said, now: DateTime<Utc>) -> Result<(), Refusal> {
    match said {
        Said { inbound: false, .. } => Err(Refusal::NotInbound),
        Said { in_group: true, .. } => Err(Refusal::GroupNotSupported),
        Said { sent_at, .. } if now - *sent_at > READABLE => Err(Refusal::MessageTooOld),
        Said { .. } => Ok(()),
    }
}

async fn select(database: &PgPool, message: MessageId) -> Result<Option<Said>, Error> {
    const QUERY: &str = "SELECT contact_id, wamid, direction = 'inbound', group_id IS NOT NULL, sent_at FROM public.messages WHERE id = $1";
    let row = sqlx::query(QUERY).bind(message.to_string()).fetch_optional(database).await?;
    row.map(|row| {
        let contact = row.try_get::<&str, _>(0)?.parse().map_err(|_| Error::Corrupt("contact_id"))?;
        let (wamid, inbound, in_group, sent_at) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
        Ok(Said { contact, wamid, inbound, in_group, sent_at })
    })
    .transpose()
}
