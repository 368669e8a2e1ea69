//! Facts about an *operation* on a project, which is work that takes time: started, its steps reported one by one, completed or failed, tried
//! again. One at a time.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::OperationId;

/// Work that takes time has begun; the project takes no other until it has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationStarted {
    /// The work.
    pub operation: OperationId,
    /// What it does.
    pub kind: OperationKind,
    /// When it is given up unless it has ended.
    pub deadline: DateTime<Utc>,
    /// Of a deletion: whether the events are also overwritten on the broker's disk, one by one, which is slow.
    pub overwrite: bool,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Makes what a new project needs.
    CreateProject,
    /// Connects a number through Meta.
    ConnectNumber,
    /// Gives a number back at Meta.
    DisconnectNumber,
    /// Brings the bot's code to its initial state.
    ResetProject,
    /// Deletes the project for ever.
    DeleteProject,
}

impl OperationKind {
    /// As written in events and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateProject => "create_project",
            Self::ConnectNumber => "connect_number",
            Self::DisconnectNumber => "disconnect_number",
            Self::ResetProject => "reset_project",
            Self::DeleteProject => "delete_project",
        }
    }
}

/// One step of an operation is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationStepCompleted {
    /// The work.
    pub operation: OperationId,
    /// Which step; or which call of one that consists of several calls to Meta.
    pub step: String,
    /// What stays at Meta, if it is done as far as Meta lets it be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<LeftAtMeta>,
}

/// What Meta did not take back, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftAtMeta {
    /// Stable name of the cause.
    pub code: String,
    /// What is left, and Meta's own words, for the owner to read.
    pub reason: String,
}

/// An operation was given up; it can be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationFailed {
    /// The work.
    pub operation: OperationId,
    /// The step that failed.
    pub step: String,
    /// Stable name of the cause.
    pub code: String,
    /// Why, for the owner to read; Meta's own words where Meta refused.
    pub reason: String,
}

/// An operation that had failed goes on from the step that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRetried {
    /// The work.
    pub operation: OperationId,
    /// When it is given up unless it has ended.
    pub deadline: DateTime<Utc>,
}

/// An operation did all that it was to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationCompleted {
    /// The work.
    pub operation: OperationId,
}
