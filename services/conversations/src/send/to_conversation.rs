//! `POST /v1/projects/{project}/conversations/{conversation}/messages`: a message in a conversation.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chassis::{Caller, Json, Path, Problem, Query, RequestId};
use contract::{ConversationId, ProjectId};
use sqlx::PgPool;

use super::dry_run::DryRun;
use super::failures::described;
use super::message::SendMessage;
use super::{CheckedMessage, Request, RequestedMessage};
use crate::origin::origin;
use crate::refusal::Refusal;
use crate::talk::{Place, place};
use crate::{Conversations, Error};

/// What is said of it, beside its summary and how a message may fail.
const ABOUT: &str = "The body is Meta's own message. Answered as soon as it is written down; what becomes of it is in its statuses, its row and the live \
     stream. With the same `Idempotency-Key` it can be sent again at any time: it is the same message then, and answered as it stands. \
     Free messages can be sent until 24 hours after the contact last wrote to or called the number that is connected, approved templates at \
     any time. A free message that is still waiting when that window closes fails as `expired`.";

/// Sends a message in a conversation
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/conversations/{conversation}/messages",
    description = described(ABOUT),
    tag = "messages",
    security(("api_key" = ["conversations:write"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("conversation" = String, Path, description = "The conversation's id"),
        DryRun,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters, of the contact's own; the same key never sends a second message. Required unless it is a dry run"),
    ),
    request_body = SendMessage,
    responses(
        (status = 200, description = "A dry run: the message would be sent, and nothing was stored", body = CheckedMessage),
        (status = 202, description = "The message will be sent, or was asked for before", body = RequestedMessage, headers(("Location" = String, description = "The message"))),
        (status = 400, description = "`invalid_path`, `invalid_query`, `idempotency_key_required`, `idempotency_key_invalid`, `malformed_json`; `unreadable_body`: it was cut off"),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`conversation_closed`: reopen it or send to the contact; `group_not_supported`; `window_closed` (with `window_closed_at` and `allowed`), `template_not_found` (with `languages`), `template_not_approved` (with `template_status` and `template_reason`), `flow_not_found`, `flow_not_sendable` (with `flow_status`), `opted_out`, `phone_needed`, `contact_unreachable`, `number_not_connected`, `number_cannot_send`, `project_suspended`, `project_not_ready`, `project_failed`"),
        (status = 413, description = "`body_too_large`: more than 512 KiB"),
        (status = 415, description = "`unsupported_media_type`: send the body as `application/json`"),
        (status = 422, description = "`invalid_body`: JSON of another shape; `invalid_message`, with a pointer to each field that is wrong; `idempotency_key_reused`: the key came with another request before"),
        (status = 503, description = "`log_unavailable`, `database_unavailable`, `tables_behind`, `contended`: ask again with the same key"),
    )
)]
pub(crate) async fn send_to_conversation(
    State(conversations): State<Conversations>,
    caller: Caller,
    request: RequestId,
    Path((project, conversation)): Path<(ProjectId, ConversationId)>,
    Query(query): Query<DryRun>,
    headers: HeaderMap,
    Json(body): Json<SendMessage>,
) -> Result<Response, Problem> {
    let database = conversations.database(project).await?;
    let Place { contact, in_group } = conversations.find_place(&database, project, conversation).await?;
    let key = query.key(&headers)?;
    let wish = body.check()?;
    if in_group {
        return Err(Refusal::GroupNotSupported.into());
    }
    let request = Request { project, contact, conversation: Some(conversation), key, wish, context: origin(&request, &caller) };
    Ok(conversations.send(&database, &request).await?.answer(project))
}

impl Conversations {
    /// Where a conversation takes place. One that the tables do not show may be in the log already.
    pub(crate) async fn find_place(&self, database: &PgPool, project: ProjectId, conversation: ConversationId) -> Result<Place, Error> {
        if let Some(found) = place(database, conversation).await? {
            return Ok(found);
        }
        self.catch_up(database, project, None).await?;
        place(database, conversation).await?.ok_or(Error::NotFound("the conversation"))
    }
}
