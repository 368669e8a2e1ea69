//! `POST /v1/projects/{project}/contacts/{contact}/messages`: a message to a contact, in whatever conversation that is.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chassis::{Caller, Json, Path, Problem, Query, RequestId};
use contract::{ContactId, ProjectId};
use sqlx::PgPool;

use super::dry_run::DryRun;
use super::failures::described;
use super::message::SendMessage;
use super::{CheckedMessage, Request, RequestedMessage};
use crate::origin::origin;
use crate::{Conversations, Error, show_contact};

/// What is said of it, beside its summary and how a message may fail.
const ABOUT: &str = "It belongs to the contact's open conversation, or opens another, as a message of the contact would. Answered as soon as it is written \
     down; what becomes of it is in its statuses, its row and the live stream. Everything else is as for a message to a conversation.";

/// Sends a message to a contact
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/contacts/{contact}/messages",
    description = described(ABOUT),
    tag = "messages",
    security(("api_key" = ["conversations:write"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("contact" = String, Path, description = "The contact's id; of one that was merged into another, it goes to that one"),
        DryRun,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters, of the contact's own; the same key never sends a second message. Required unless it is a dry run"),
    ),
    request_body = SendMessage,
    responses(
        (status = 200, description = "A dry run: the message would be sent, and nothing was stored", body = CheckedMessage),
        (status = 202, description = "The message will be sent, or was asked for before", body = RequestedMessage, headers(("Location" = String, description = "The message"))),
        (status = 400, description = "`invalid_path`, `invalid_query`, `idempotency_key_required`, `idempotency_key_invalid`, `malformed_json`; `unreadable_body`: it was cut off"),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`window_closed` (with `window_closed_at` and `allowed`), `template_not_found` (with `languages`), `template_not_approved` (with `template_status` and `template_reason`), `flow_not_found`, `flow_not_sendable` (with `flow_status`), `opted_out`, `phone_needed`, `contact_unreachable`, `number_not_connected`, `number_cannot_send`, `project_suspended`, `project_not_ready`, `project_failed`"),
        (status = 413, description = "`body_too_large`: more than 512 KiB"),
        (status = 415, description = "`unsupported_media_type`: send the body as `application/json`"),
        (status = 422, description = "`invalid_body`: JSON of another shape; `invalid_message`, with a pointer to each field that is wrong; `idempotency_key_reused`: the key came with another request before"),
        (status = 503, description = "`log_unavailable`, `database_unavailable`, `tables_behind`, `contended`: ask again with the same key"),
    )
)]
pub(crate) async fn send_to_contact(
    State(conversations): State<Conversations>,
    caller: Caller,
    request: RequestId,
    Path((project, contact)): Path<(ProjectId, ContactId)>,
    Query(query): Query<DryRun>,
    headers: HeaderMap,
    Json(body): Json<SendMessage>,
) -> Result<Response, Problem> {
    let checked = query.key(&headers).and_then(|key| Ok((key, body.check()?)));
    let database = conversations.database(project).await?;
    let (key, wish) = match checked {
        Ok(checked) => checked,
        // Of a contact that is not there nothing else is told.
        Err(problem) => {
            conversations.find_contact(&database, project, contact).await?;
            return Err(problem);
        }
    };
    let request = Request { project, contact, conversation: None, key, wish, context: origin(&request, &caller) };
    Ok(conversations.send(&database, &request).await?.answer(project))
}

impl Conversations {
    /// Whether there is such a contact. One that the tables do not show may be in the log already.
    async fn find_contact(&self, database: &PgPool, project: ProjectId, contact: ContactId) -> Result<(), Error> {
        if show_contact::require(database, contact).await.is_ok() {
            return Ok(());
        }
        self.catch_up(database, project, Some(contact)).await?;
        show_contact::require(database, contact).await
    }
}
