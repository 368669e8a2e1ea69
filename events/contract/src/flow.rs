//! A project's WhatsApp Flows. So far the place where they are kept.

use serde::{Deserialize, Serialize};

use crate::OperationId;
use crate::event::events;

events! {
    /// What flow-sync says, on `flow.<prj>.space`.
    FlowEvent {
        FlowSpaceCreated = "flow.flow_space_created.v1",
        FlowSpaceErased = "flow.flow_space_erased.v1",
    }
}

/// The project has a place for its Flows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowSpaceCreated {}

/// The place and everything in it are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowSpaceErased {
    /// The operation that asked for it.
    pub operation: OperationId,
}
