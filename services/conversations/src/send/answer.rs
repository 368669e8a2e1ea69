//! What a request to send is answered.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use chassis::Json;
use chrono::{DateTime, Utc};
use contract::{ContactId, ConversationId, MessageId, MessageRequested, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use super::Sent;
use super::decide::Decided;
use super::message::Wish;
use crate::talk::{Asked, Talk};

/// How a message begins that nobody has tried to send yet.
const REQUESTED: &str = "requested";

/// A message that will be sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestedMessage {
    /// The message's id, here and in every event about it.
    #[schema(value_type = String, example = "msg_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: MessageId,
    /// The contact that it goes to; another than the one that was named if that one was merged into it.
    #[schema(value_type = String, example = "con_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    contact: ContactId,
    /// The conversation that it belongs to.
    #[schema(value_type = String, example = "cnv_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    conversation: ConversationId,
    /// Meta's type of the message.
    #[schema(example = "text")]
    r#type: String,
    /// How far it is: `requested`; of a request that came before, where it is by now.
    #[schema(example = "requested")]
    status: String,
    /// Meta's id of the message; null: Meta has not given one yet.
    wamid: Option<String>,
    /// When it was asked for.
    requested_at: DateTime<Utc>,
    /// When it is not sent any more: as was asked for, and no later than the window closes for what is no template.
    expires_at: DateTime<Utc>,
}

impl RequestedMessage {
    pub(crate) fn new(contact: ContactId, decided: &Decided) -> Self {
        Self::of(contact, decided.requested.clone(), REQUESTED.to_owned(), None)
    }

    pub(crate) fn again(asked: &Asked, requested: MessageRequested) -> Self {
        Self::of(asked.contact, requested, asked.status.clone().unwrap_or_else(|| REQUESTED.to_owned()), asked.wamid.clone())
    }

    fn of(contact: ContactId, requested: MessageRequested, status: String, wamid: Option<String>) -> Self {
        let MessageRequested { message: id, conversation, kind: r#type, at: requested_at, expires_at, .. } = requested;
        Self { id, contact, conversation, r#type, status, wamid, requested_at, expires_at }
    }
}

/// A message that would be sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckedMessage {
    /// The contact that it would go to.
    #[schema(value_type = String, example = "con_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    contact: ContactId,
    /// The conversation that it would belong to; null: it would open one.
    #[schema(value_type = Option<String>, example = "cnv_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    conversation: Option<ConversationId>,
    /// Meta's type of the message.
    #[schema(example = "text")]
    r#type: String,
    /// True: nothing was stored.
    dry_run: bool,
}

impl Sent {
    pub(super) fn answer(self, project: ProjectId) -> Response {
        match self {
            Self::Requested(message) => {
                let location = format!("/v1/projects/{project}/messages/{}", message.id);
                (StatusCode::ACCEPTED, [(LOCATION, location)], Json(message)).into_response()
            }
            Self::Checked(message) => Json(message).into_response(),
        }
    }
}

impl CheckedMessage {
    pub(crate) fn new(talk: &Talk, wish: &Wish, decided: &Decided) -> Self {
        let conversation = Some(decided.requested.conversation).filter(|_| !decided.opens);
        Self { contact: talk.contact, conversation, r#type: wish.message.kind().to_owned(), dry_run: true }
    }
}
