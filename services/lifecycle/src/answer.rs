//! Projects and operations as callers see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::number::Number;
use crate::project::{Project, Status};
use crate::provisioning::{Provisioning, Step, StepStatus, steps};

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectAnswer {
    #[schema(example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: String,
    /// 1 to 100 characters.
    name: String,
    /// `provisioning`, `ready` or `failed`.
    #[schema(example = "ready")]
    status: &'static str,
    /// After how many seconds without a message a conversation ends; null: never.
    conversation_idle_seconds: Option<u32>,
    /// The number that is connected.
    number: Option<NumberAnswer>,
    provisioning: ProvisioningAnswer,
    /// Grows with every change of the project itself (its provisioning steps do not count); also the `ETag`.
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

/// How far the making of a project has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProvisioningAnswer {
    /// The operation that makes it.
    #[schema(example = "op_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    operation: String,
    /// `running`, `succeeded` or `failed`.
    status: &'static str,
    /// In order: `project`, `roles`, `database`, `tables`, `privileges`, `ready`.
    steps: Vec<StepAnswer>,
}

/// One named step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepAnswer {
    name: &'static str,
    /// `pending`, `done` or `failed`.
    status: &'static str,
    /// When it was done or failed.
    at: Option<DateTime<Utc>>,
}

/// Work that goes on after its request was answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperationAnswer {
    #[schema(example = "op_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: String,
    #[schema(example = "create_project")]
    kind: &'static str,
    /// `running`, `succeeded` or `failed`.
    status: &'static str,
    project_id: String,
    /// In order.
    steps: Vec<StepAnswer>,
    /// Why it failed.
    error: Option<OperationError>,
    created_at: DateTime<Utc>,
    /// When it succeeded or failed.
    finished_at: Option<DateTime<Utc>>,
}

/// Why an operation failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperationError {
    /// The step that failed.
    step: String,
    /// What happened, for people.
    reason: String,
}

impl ProjectAnswer {
    pub(crate) fn of(project: &Project, provisioning: &Provisioning) -> Self {
        Self {
            id: project.id.to_string(),
            name: project.name.clone(),
            status: match project.status {
                Status::Provisioning => "provisioning",
                Status::Ready => "ready",
                Status::Failed { .. } => "failed",
            },
            conversation_idle_seconds: project.conversation_idle_seconds,
            number: project.number.as_ref().map(NumberAnswer::of),
            provisioning: ProvisioningAnswer {
                operation: project.operation().to_string(),
                status: operation_status(project),
                steps: steps(project, provisioning).into_iter().map(StepAnswer::of).collect(),
            },
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

impl OperationAnswer {
    pub(crate) fn of(project: &Project, provisioning: &Provisioning) -> Self {
        Self {
            id: project.operation().to_string(),
            kind: "create_project",
            status: operation_status(project),
            project_id: project.id.to_string(),
            steps: steps(project, provisioning).into_iter().map(StepAnswer::of).collect(),
            error: match &project.status {
                Status::Failed { step, reason } => Some(OperationError { step: step.clone(), reason: reason.clone() }),
                Status::Provisioning | Status::Ready => None,
            },
            created_at: project.created_at,
            finished_at: project.settled_at,
        }
    }
}

impl StepAnswer {
    fn of(step: Step) -> Self {
        let status = match step.status {
            StepStatus::Pending => "pending",
            StepStatus::Done => "done",
            StepStatus::Failed => "failed",
        };
        Self { name: step.name, status, at: step.at }
    }
}

fn operation_status(project: &Project) -> &'static str {
    match project.status {
        Status::Provisioning => "running",
        Status::Ready => "succeeded",
        Status::Failed { .. } => "failed",
    }
}
