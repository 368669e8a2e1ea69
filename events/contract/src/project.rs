//! A project's life and its number.

use serde::{Deserialize, Serialize};

use crate::ProjectId;
use crate::event::events;

events! {
    /// What lifecycle says, on `project.<prj>` and, for the claim of a number, on `project.number.<phone_number_id>`.
    ProjectEvent {
        ProjectCreated = "project.project_created.v1",
        ProjectReady = "project.project_ready.v1",
        ProjectFailed = "project.project_failed.v1",
        NumberConnected = "project.number_connected.v1",
        NumberDisconnected = "project.number_disconnected.v1",
        NumberClaimed = "project.number_claimed.v1",
        NumberReleased = "project.number_released.v1",
    }
}

/// Someone asked for a project; provisioning starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectCreated {
    /// 1 to 100 characters.
    pub name: String,
    /// After how many seconds without a message a conversation ends; absent: never.
    pub conversation_idle_seconds: Option<u32>,
}

/// Everything that a project needs exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectReady {}

/// Provisioning was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectFailed {
    /// The step that failed.
    pub step: String,
    /// Why, for the owner to read.
    pub reason: String,
}

/// From now on, what reaches this number belongs to this project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberConnected {
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<String>,
    /// The number as Meta displays it.
    pub display_phone_number: Option<String>,
}

/// The number belongs to this project no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberDisconnected {
    /// Meta's id of the number.
    pub phone_number_id: String,
}

/// On the number's own subject: it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberClaimed {
    /// By whom.
    pub project: ProjectId,
}

/// On the number's own subject: it is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberReleased {
    /// Who had it.
    pub project: ProjectId,
}
