//! A Flow as callers see it.

use chrono::{DateTime, Utc};
use contract::{FlowId, HeardFrom};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::flow::{Failure, Flow, Revision};
use crate::same::Difference;

/// A Flow: what is kept here, and how it stands at Meta.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowAnswer {
    #[serde(flatten)]
    summary: FlowSummary,
    /// The last 50, the newest first.
    revisions: Vec<RevisionAnswer>,
    /// What Meta has, if somebody changed it there.
    drift: Option<DriftAnswer>,
    /// The last report of each kind that Meta sent.
    health: Vec<HealthAnswer>,
    /// What to know about this answer; null: nothing.
    notice: Option<String>,
}

/// A Flow in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FlowSummary {
    #[schema(value_type = String, example = "flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D")]
    id: FlowId,
    #[schema(example = "booking")]
    name: String,
    #[schema(example = json!(["APPOINTMENT_BOOKING"]))]
    categories: Vec<String>,
    endpoint_uri: Option<String>,
    /// In Meta's words: DRAFT, PUBLISHED, THROTTLED, BLOCKED, DEPRECATED. Null: Meta does not know the Flow yet.
    #[schema(example = "DRAFT")]
    status: Option<String>,
    /// The revision that counts here, also the `ETag`; 0: the Flow has no JSON yet.
    revision: u32,
    /// What people can open; 0: no revision that is known here, somebody published it at Meta; null: nothing was ever published.
    published_revision: Option<u32>,
    /// Errors that our validator finds in the current revision.
    findings_count: usize,
    at_meta: AtMeta,
    created_at: Option<DateTime<Utc>>,
    created_by: Option<String>,
    changed_at: Option<DateTime<Utc>>,
    changed_by: Option<String>,
    /// It is no more since then.
    deleted_at: Option<DateTime<Utc>>,
}

/// How it stands at Meta.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AtMeta {
    /// `not_uploaded`, `pending`, `in_sync`, `drifted`, `failed`, `deleted`.
    #[schema(example = "in_sync")]
    state: &'static str,
    /// Meta's id of it.
    flow_id: Option<String>,
    waba_id: Option<String>,
    /// What it is to be called there; another name that it has instead is in `drift`.
    name: String,
    uploaded_revision: Option<u32>,
    uploaded_at: Option<DateTime<Utc>>,
    status_at: Option<DateTime<Utc>>,
    /// `request`, `webhook` or `reconciliation`.
    status_heard_from: Option<&'static str>,
    /// Meta's words with the status.
    warning: Option<String>,
    /// What Meta did not do, and why.
    failure: Option<FailureAnswer>,
}

/// What Meta did not do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureAnswer {
    /// `create`, `upload`, `publish`, `deprecate`, `delete`, `update` or `read`.
    step: String,
    code: String,
    meta_code: Option<i64>,
    /// In Meta's words.
    reason: String,
    revision: Option<u32>,
    at: DateTime<Utc>,
}

/// A revision of the Flow JSON.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevisionAnswer {
    revision: u32,
    sha256: String,
    size_bytes: u64,
    /// The version that the document names.
    json_version: Option<String>,
    /// What our validator finds, in Meta's shape; at most 100.
    #[schema(value_type = Vec<Object>)]
    findings: Vec<Value>,
    /// What Meta found, as it says it; null: it was not uploaded.
    #[schema(value_type = Option<Vec<Object>>)]
    validation_errors: Option<Vec<Value>>,
    /// Why Meta did not take or publish it.
    refusal: Option<FailureAnswer>,
    message: Option<String>,
    /// It was changed at Meta and taken over.
    taken_from_meta: bool,
    at: DateTime<Utc>,
    by: Option<String>,
}

/// What differs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriftAnswer {
    /// Of the JSON at Meta; what a choice is about.
    meta_sha256: String,
    found_at: DateTime<Utc>,
    /// The revision that was uploaded last.
    uploaded_revision: Option<u32>,
    /// Between the current revision and what Meta has; at most 100.
    differences: Vec<Difference>,
    /// There are more.
    more_differences: bool,
    /// Categories at Meta, if they are others.
    categories: Option<Vec<String>>,
    /// The endpoint at Meta, if it is another one.
    endpoint_uri: Option<String>,
    /// What it is called, if Meta has another name.
    name: Option<NamesAnswer>,
}

/// What a Flow is called at Meta, and what it was to be called there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamesAnswer {
    #[schema(example = "booking flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D")]
    ours: String,
    #[schema(example = "Summer booking")]
    theirs: String,
}

/// A report about how well the Flow works.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
    #[schema(example = "ENDPOINT_LATENCY")]
    event: String,
    /// ACTIVATED or DEACTIVATED.
    alert_state: Option<String>,
    at: DateTime<Utc>,
    /// As Meta sent it.
    #[schema(value_type = Object)]
    report: Value,
}

impl FlowAnswer {
    /// `differences` are of what Meta has, where there is drift.
    pub(crate) fn of(id: FlowId, flow: Flow, differences: (Vec<Difference>, bool), notice: Option<String>) -> Self {
        let (found, more_differences) = differences;
        let drift = flow.drift.clone().map(|drift| DriftAnswer {
            meta_sha256: drift.meta_sha256,
            found_at: drift.at,
            uploaded_revision: drift.revision,
            differences: found,
            more_differences,
            categories: drift.details.as_ref().map(|details| details.categories.clone()),
            endpoint_uri: drift.details.and_then(|details| details.endpoint_uri),
            name: drift.name.map(|theirs| NamesAnswer { ours: flow.name_at_meta(id), theirs }),
        });
        let health = flow.health.iter().map(|(event, health)| HealthAnswer {
            event: event.clone(),
            alert_state: health.alert_state.clone(),
            at: health.at,
            report: serde_json::from_str(&health.raw).unwrap_or_default(),
        });
        let (health, summary) = (health.collect(), FlowSummary::of(id, &flow));
        let revisions = flow.revisions.into_iter().rev().map(RevisionAnswer::of).collect();
        Self { summary, revisions, drift, health, notice }
    }
}

impl FlowSummary {
    pub(crate) fn of(id: FlowId, flow: &Flow) -> Self {
        let current = flow.current();
        let (created, changed) = (flow.created.as_ref(), flow.changed.as_ref());
        Self {
            id,
            name: flow.name.clone(),
            categories: flow.categories.clone(),
            endpoint_uri: flow.endpoint_uri.clone(),
            status: flow.status().map(str::to_owned),
            revision: current.map_or(0, |current| current.revision),
            published_revision: flow.published,
            findings_count: current.map_or(0, |current| current.findings.len()),
            at_meta: AtMeta::of(id, flow),
            created_at: created.map(|step| step.at),
            created_by: created.and_then(|step| step.actor.clone()),
            changed_at: changed.map(|step| step.at),
            changed_by: changed.and_then(|step| step.actor.clone()),
            deleted_at: flow.deleted.as_ref().map(|deleted| deleted.at),
        }
    }
}

impl AtMeta {
    fn of(id: FlowId, flow: &Flow) -> Self {
        let (link, uploaded, status) = (flow.link.as_ref(), flow.uploaded.as_ref(), flow.status.as_ref());
        Self {
            state: state(flow),
            flow_id: link.map(|link| link.flow_id.clone()),
            waba_id: link.map(|link| link.waba_id.clone()),
            name: flow.name_at_meta(id),
            uploaded_revision: uploaded.map(|uploaded| uploaded.revision),
            uploaded_at: uploaded.map(|uploaded| uploaded.at),
            status_at: status.map(|status| status.at),
            status_heard_from: status.map(|status| match status.heard_from {
                HeardFrom::Request => "request",
                HeardFrom::Webhook => "webhook",
                HeardFrom::Reconciliation => "reconciliation",
            }),
            warning: status.and_then(|status| status.warning.clone()),
            failure: flow.failure.clone().map(FailureAnswer::of),
        }
    }
}

/// How far it is.
fn state(flow: &Flow) -> &'static str {
    if flow.deleted.is_some() {
        "deleted"
    } else if flow.drift.is_some() {
        "drifted"
    } else if flow.failure.is_some() {
        "failed"
    } else if flow.is_uploaded() && !flow.overwrites() {
        "in_sync"
    } else if flow.link.is_none() {
        "not_uploaded"
    } else {
        "pending"
    }
}

impl FailureAnswer {
    pub(crate) fn of(failure: Failure) -> Self {
        let Failure { step, code, meta_code, reason, revision, at } = failure;
        Self { step, code, meta_code, reason, revision, at }
    }
}

impl RevisionAnswer {
    pub(crate) fn of(revision: Revision) -> Self {
        Self {
            revision: revision.revision,
            sha256: revision.sha256,
            size_bytes: revision.size_bytes,
            json_version: revision.json_version,
            findings: revision.findings,
            validation_errors: revision.validation_errors,
            refusal: revision.refusal.map(FailureAnswer::of),
            message: revision.message,
            taken_from_meta: revision.taken_from_meta,
            at: revision.step.at,
            by: revision.step.actor,
        }
    }
}
