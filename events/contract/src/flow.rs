//! A project's WhatsApp Flows: the place where they are kept, and each of them with its revisions and how it stands at Meta.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::{FlowId, OperationId, RawJson};

events! {
    /// What flow-sync says, on `flow.<prj>.<flw>`; of the place, on `flow.<prj>.space`.
    FlowEvent {
        FlowSpaceCreated = "flow.flow_space_created.v1",
        FlowSpaceErased = "flow.flow_space_erased.v1",
        FlowCreated = "flow.flow_created.v1",
        FlowUpdated = "flow.flow_updated.v2",
        FlowNameTaken = "flow.flow_name_taken.v1",
        FlowRevised = "flow.flow_revised.v1",
        FlowLinked = "flow.flow_linked.v2",
        FlowUploaded = "flow.flow_uploaded.v1",
        FlowPublished = "flow.flow_published.v2",
        FlowStatusReported = "flow.flow_status_reported.v1",
        FlowDeleted = "flow.flow_deleted.v1",
        FlowSyncFailed = "flow.flow_sync_failed.v1",
        FlowDriftFound = "flow.flow_drift_found.v2",
        FlowDriftResolved = "flow.flow_drift_resolved.v1",
        FlowHealthReported = "flow.flow_health_reported.v1",
    }
}

/// In place of a revision's number, which counts from 1: what people can open is none that is known here.
pub const UNKNOWN_REVISION: u32 = 0;

/// The project has a place for its Flows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowSpaceCreated {}

/// The place and everything in it are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowSpaceErased {
    /// The operation that asked for it.
    pub operation: OperationId,
}

/// How something at Meta came to be known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeardFrom {
    /// Somebody asked for it here, and Meta said yes.
    Request,
    /// Meta said so.
    Webhook,
    /// It was looked for.
    Reconciliation,
}

/// Which of two documents is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftChoice {
    /// Ours: it is uploaded again.
    KeepOurs,
    /// Meta's: it becomes a revision here.
    TakeTheirs,
}

/// Somebody made a Flow. Meta does not know of it yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowCreated {
    /// Unique within the project; also the name of its file.
    pub name: String,
    /// Meta's words for what it is for, at least one.
    pub categories: Vec<String>,
    /// Where Meta asks for data, of a Flow with an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_uri: Option<String>,
}

/// Its name, categories or endpoint changed. Holds all of them as they are from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowUpdated {
    /// Unique within the project; also the name of its file.
    pub name: String,
    /// Meta's words for what it is for, at least one.
    pub categories: Vec<String>,
    /// Where Meta asks for data, of a Flow with an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_uri: Option<String>,
    /// Whether Meta was given this name although it is the same as before: what somebody called the Flow there counts no more.
    pub name_given_back: bool,
}

/// Another Flow was renamed to the name from which this id follows. Nobody can be given the name while that Flow has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowNameTaken {
    /// Which.
    pub flow: FlowId,
}

/// The Flow has another Flow JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowRevised {
    /// Counts from 1.
    pub revision: u32,
    /// Of its bytes, hexadecimal; its object is named by it.
    pub sha256: String,
    /// How large it is.
    pub size_bytes: u64,
    /// The version that the document names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_version: Option<String>,
    /// What our validator says, in Meta's shape; empty: it is valid.
    pub findings: RawJson,
    /// What changed, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether it was changed at Meta and taken over.
    pub taken_from_meta: bool,
}

/// Meta has a Flow of this name for us: its id, for life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowLinked {
    /// Meta's id of the Flow.
    pub flow_id: String,
    /// Meta's id of the WhatsApp Business Account that it belongs to.
    pub waba_id: String,
    /// Of the JSON that Meta had for it then, hexadecimal; of no bytes, if it had none. Absent: nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta_sha256: Option<String>,
}

/// Meta has a revision as its draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowUploaded {
    /// Which.
    pub revision: u32,
    /// Of its bytes, hexadecimal.
    pub sha256: String,
    /// Of the bytes as Meta gives them back, hexadecimal.
    pub meta_sha256: String,
    /// What Meta says, as it says it; empty: nothing.
    pub validation_errors: RawJson,
}

/// What of the Flow is published: what people can open where its status lets them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowPublished {
    /// Which revision; [`UNKNOWN_REVISION`]: none that is known here, or nobody has looked yet.
    pub revision: u32,
}

/// How the Flow stands at Meta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowStatusReported {
    /// DRAFT, PUBLISHED, THROTTLED, BLOCKED, DEPRECATED; others may come.
    pub status: String,
    /// How we know.
    pub heard_from: HeardFrom,
    /// Meta's words, if it gave any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The Flow is gone, here and at Meta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowDeleted {
    /// How we know.
    pub heard_from: HeardFrom,
}

/// Meta did not do what was asked of it for this Flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowSyncFailed {
    /// Which step: `create`, `upload`, `publish`, `deprecate`, `delete`, `update`, `read`.
    pub step: String,
    /// Stable name of the cause.
    pub code: String,
    /// Meta's code, if Meta refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta_code: Option<i64>,
    /// Why, for people.
    pub reason: String,
    /// Of which revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
}

/// What Meta has is not what was uploaded: somebody changed it there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowDriftFound {
    /// Of the bytes at Meta, hexadecimal; kept as an object of that name.
    pub meta_sha256: String,
    /// The revision that was uploaded last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// Categories and endpoint as Meta has them, if those are others than ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<FlowDetails>,
    /// What it is called at Meta, if that is another name than ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a Flow is for, and where Meta asks for its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowDetails {
    /// Meta's words for what it is for.
    pub categories: Vec<String>,
    /// Where Meta asks for data, of a Flow with an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_uri: Option<String>,
}

/// Somebody chose which of the two is right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowDriftResolved {
    /// Of the bytes at Meta that were decided on, hexadecimal.
    pub meta_sha256: String,
    /// Whose.
    pub choice: DriftChoice,
}

/// Meta reported error rates, latency or availability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowHealthReported {
    /// Meta's name of it.
    pub event: String,
    /// ACTIVATED or DEACTIVATED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_state: Option<String>,
    /// The report as Meta sent it.
    pub raw: RawJson,
    /// When it was received.
    pub at: DateTime<Utc>,
}
