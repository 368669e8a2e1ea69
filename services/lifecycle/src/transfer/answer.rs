//! An offer as callers see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Transfer;
use crate::project::Project;

/// An offer of a project to another workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransferAnswer {
    #[schema(example = "trf_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: String,
    project_id: String,
    /// What the project is called.
    project_name: String,
    /// Who owned it when it was offered.
    from_workspace_id: String,
    /// Who is to own it.
    to_workspace_id: String,
    /// `pending`, `accepted`, `declined`, `withdrawn` or `expired`.
    #[schema(example = "pending")]
    status: &'static str,
    requested_at: DateTime<Utc>,
    /// First instant at which it can no longer be accepted.
    expires_at: DateTime<Utc>,
}

impl TransferAnswer {
    pub(crate) fn of(project: &Project, transfer: &Transfer) -> Self {
        Self {
            id: transfer.id.to_string(),
            project_id: project.id.to_string(),
            project_name: project.name.clone(),
            from_workspace_id: transfer.from.to_string(),
            to_workspace_id: transfer.to.to_string(),
            status: transfer.state.as_str(),
            requested_at: transfer.requested_at,
            expires_at: transfer.expires_at,
        }
    }

    /// The last offer of `project`, which there is after a command about one.
    pub(crate) fn last(project: &Project) -> Option<Self> {
        project.transfer.as_ref().map(|transfer| Self::of(project, transfer))
    }
}
