//! A project as callers see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Project;
use super::provisioning::Provisioning;
use crate::number::Number;
use crate::operation::answer::OperationAnswer;
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
    /// The number that is connected.
    number: Option<NumberAnswer>,
    /// The operation that runs, or ran last.
    operation: OperationAnswer,
    /// The offer to another workspace that nobody has answered.
    transfer: Option<TransferAnswer>,
    /// Grows with every change, also with the steps of an operation; also the `ETag`.
    version: u64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A connected WhatsApp number.
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
}

impl ProjectAnswer {
    pub(crate) fn of(project: &Project, provisioning: &Provisioning) -> Self {
        Self {
            id: project.id.to_string(),
            workspace_id: project.workspace.to_string(),
            name: project.name.clone(),
            status: project.status().as_str(),
            suspended_at: project.suspended_at,
            conversation_idle_seconds: project.conversation_idle_seconds,
            number: project.number.as_ref().map(NumberAnswer::of),
            operation: OperationAnswer::of(project.id, &project.operation, provisioning),
            transfer: project.pending_transfer().map(|transfer| TransferAnswer::of(project, transfer)),
            version: project.version,
            created_at: project.created_at,
            updated_at: project.updated_at,
        }
    }

    /// The version as an `ETag`.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }
}

impl NumberAnswer {
    fn of(number: &Number) -> Self {
        let connected = number.connected();
        Self {
            phone_number_id: connected.phone_number_id,
            waba_id: connected.waba_id,
            display_phone_number: connected.display_phone_number,
        }
    }
}
