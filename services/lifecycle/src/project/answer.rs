//! A project as callers see it.

use axum::http::HeaderName;
use chassis::etag;
use chrono::{DateTime, Utc};
use contract::{NumberDescribed, UnknownOutcome};
use serde::Serialize;
use utoipa::ToSchema;

use super::Project;
use super::provisioning::Provisioning;
use crate::number::Number;
use crate::operation::answer::OperationAnswer;
use crate::transfer::TransferState;
use crate::transfer::answer::TransferAnswer;

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectAnswer {
    #[schema(example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: String,
    /// Who owns it.
    #[schema(example = "wsp_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    workspace_id: String,
    /// 1 to 100 characters.
    name: String,
    /// `provisioning`, `ready`, `suspended`, `failed` or `deleting`.
    #[schema(example = "ready")]
    status: &'static str,
    /// Since when it is suspended: its bot answers nothing and nothing is sent, while what people write is recorded. Billing alone decides.
    suspended_at: Option<DateTime<Utc>>,
    /// After how many seconds without a message a conversation ends; null: never.
    conversation_idle_seconds: Option<u32>,
    /// What becomes of a message of which nobody knows whether Meta took it, when no status told of it in time: `give_up` (at most
    /// once) or `send_again` (at least once, at most three times).
    #[schema(value_type = String, example = "give_up")]
    unknown_outcome: UnknownOutcome,
    /// The number that is connected.
    number: Option<NumberAnswer>,
    /// The operation that runs, or ran last.
    operation: OperationAnswer,
    /// The last offer to another workspace: `pending`, or how it ended. Null when there was none, or it was accepted.
    transfer: Option<TransferAnswer>,
    /// Grows with every change, also with the steps of an operation; also the `ETag`.
    version: u64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A connected WhatsApp number, as Meta described it when it was connected or, since then, while a name was in review. Its limit is as Meta
/// reported it last.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NumberAnswer {
    /// Meta's id of the number.
    #[schema(example = "207358419203847")]
    phone_number_id: String,
    /// Meta's id of the WhatsApp Business Account.
    waba_id: Option<String>,
    /// The number as Meta displays it.
    #[schema(example = "+1 555 010 2030")]
    display_phone_number: Option<String>,
    /// The name that people see; it and what follows only of a number that Meta's signup brought.
    verified_name: Option<String>,
    /// Whether the name is approved, in Meta's words.
    #[schema(example = "APPROVED")]
    name_status: Option<String>,
    /// GREEN, YELLOW, RED, NA or UNKNOWN.
    #[schema(example = "GREEN")]
    quality_rating: Option<String>,
    /// How many people it may write to, in Meta's words.
    #[schema(example = "TIER_250")]
    messaging_limit: Option<String>,
    /// CONNECTED, or why it cannot send.
    #[schema(example = "CONNECTED")]
    status: Option<String>,
}

impl ProjectAnswer {
    pub(crate) fn of(project: &Project, provisioning: &Provisioning) -> Self {
        let offer = project.transfer.as_ref().filter(|offer| offer.state != TransferState::Accepted);
        Self {
            id: project.id.to_string(),
            workspace_id: project.workspace.to_string(),
            name: project.name.clone(),
            status: project.status().as_str(),
            suspended_at: project.suspended_at,
            conversation_idle_seconds: project.conversation_idle_seconds,
            unknown_outcome: project.unknown_outcome,
            number: project.number.as_ref().map(|number| NumberAnswer::of(number, project.description.as_ref())),
            operation: OperationAnswer::of(project.id, &project.operation, provisioning),
            transfer: offer.map(|offer| TransferAnswer::of(project, offer)),
            version: project.version,
            created_at: project.created_at,
            updated_at: project.updated_at,
        }
    }

    /// The header that tells the version.
    pub(crate) fn etag(&self) -> [(HeaderName, String); 1] {
        etag(self.version)
    }
}

impl NumberAnswer {
    fn of(number: &Number, described: Option<&NumberDescribed>) -> Self {
        let connected = number.connected();
        let described = described.filter(|described| described.phone_number_id == connected.phone_number_id);
        let of = |field: fn(&NumberDescribed) -> &Option<String>| described.and_then(|described| field(described).clone());
        Self {
            phone_number_id: connected.phone_number_id,
            waba_id: connected.waba_id,
            display_phone_number: connected.display_phone_number,
            verified_name: of(|described| &described.verified_name),
            name_status: of(|described| &described.name_status),
            quality_rating: of(|described| &described.quality_rating),
            messaging_limit: of(|described| &described.messaging_limit),
            status: of(|described| &described.status),
        }
    }
}
