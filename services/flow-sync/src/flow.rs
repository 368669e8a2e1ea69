//! One Flow as the log tells it: folded from `flow.<prj>.<flw>`, kept as a document so that a command reads only what is new.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::{DriftChoice, EventId, FlowDetails, FlowEvent, FlowId, HeardFrom, ProjectId, Recorded};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The actor of events that follow from webhooks.
pub(crate) const META: &str = "meta";
/// The form of the document. Another number: documents are folded anew from the log.
pub(crate) const FORM: i32 = 3;
/// Revisions that a document holds. Older ones are in the log.
const REVISIONS_KEPT: usize = 50;
/// Webhooks that are known to have been seen.
const REPORTS_KEPT: usize = 64;
/// Accounts that are remembered in which the Flow was before.
const ELSEWHERE_KEPT: usize = 8;
/// Kinds of health reports that are kept, the last of each.
const HEALTH_KEPT: usize = 16;

/// Which Flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id {
    pub(crate) project: ProjectId,
    pub(crate) flow: FlowId,
}

/// What the log says about one Flow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) name: String,
    pub(crate) categories: Vec<String>,
    pub(crate) endpoint_uri: Option<String>,
    /// None: there never was such a Flow.
    pub(crate) created: Option<Step>,
    /// The last change that somebody made here.
    pub(crate) changed: Option<Step>,
    /// The last ones, the newest last.
    pub(crate) revisions: Vec<Revision>,
    /// The highest number of a revision that Flows of this id had before it was created last: numbers are never given twice.
    pub(crate) numbered: u32,
    pub(crate) link: Option<Link>,
    /// When Meta was last told by us what it is called and for, or made it; by our clock.
    pub(crate) told: Option<DateTime<Utc>>,
    pub(crate) uploaded: Option<Uploaded>,
    /// What it was given in other accounts, by the ids of Meta's there: a number can come back to one.
    #[serde(default)]
    pub(crate) elsewhere: Vec<(String, Uploaded)>,
    /// What people can open, if anything was ever published.
    pub(crate) published: Option<u32>,
    pub(crate) status: Option<Status>,
    pub(crate) drift: Option<Drift>,
    /// What may be overwritten at Meta, because somebody chose so.
    pub(crate) overwrite: Option<Drift>,
    /// What Meta did not do, until it does.
    pub(crate) failure: Option<Failure>,
    /// The last report of each kind.
    pub(crate) health: BTreeMap<String, Health>,
    /// Events that followed from webhooks.
    pub(crate) reports: Vec<EventId>,
    pub(crate) deleted: Option<Deleted>,
    /// The Flow that was renamed to the name of this one.
    pub(crate) taken_by: Option<FlowId>,
    /// The sequence of the last event; 0: none.
    pub(crate) sequence: u64,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Option<String>,
}

/// One Flow JSON that the Flow has, or had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Revision {
    pub(crate) revision: u32,
    pub(crate) sha256: String,
    pub(crate) size_bytes: u64,
    pub(crate) json_version: Option<String>,
    /// Ours.
    pub(crate) findings: Vec<Value>,
    /// Meta's, once it was uploaded.
    pub(crate) validation_errors: Option<Vec<Value>>,
    /// Why Meta did not take it, or did not publish it.
    pub(crate) refusal: Option<Failure>,
    pub(crate) message: Option<String>,
    pub(crate) taken_from_meta: bool,
    /// It was made while the Flow was published, so whoever made it said that the Flow goes back to draft.
    pub(crate) over_published: bool,
    pub(crate) step: Step,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) flow_id: String,
    pub(crate) waba_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Uploaded {
    pub(crate) revision: u32,
    pub(crate) sha256: String,
    pub(crate) meta_sha256: String,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    /// In Meta's words.
    pub(crate) status: String,
    pub(crate) heard_from: HeardFrom,
    pub(crate) warning: Option<String>,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Drift {
    /// Of the JSON at Meta.
    pub(crate) meta_sha256: String,
    /// Whether that is another than was uploaded.
    pub(crate) content: bool,
    pub(crate) details: Option<FlowDetails>,
    pub(crate) revision: Option<u32>,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) step: String,
    pub(crate) code: String,
    pub(crate) meta_code: Option<i64>,
    pub(crate) reason: String,
    pub(crate) revision: Option<u32>,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    pub(crate) alert_state: Option<String>,
    /// The report as Meta sent it.
    pub(crate) raw: String,
    pub(crate) at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deleted {
    pub(crate) heard_from: HeardFrom,
    pub(crate) at: DateTime<Utc>,
}

impl Flow {
    /// There is such a Flow now.
    pub(crate) fn exists(&self) -> bool {
        self.created.is_some() && self.deleted.is_none()
    }

    /// The revision that counts here.
    pub(crate) fn current(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// The number of the next revision. Tokens of messages name Flow and revision for ever, also of a Flow that was deleted.
    pub(crate) fn next_revision(&self) -> u32 {
        self.current().map_or(self.numbered, |current| current.revision) + 1
    }

    pub(crate) fn revision(&self, number: u32) -> Option<&Revision> {
        self.revisions.iter().rfind(|revision| revision.revision == number)
    }

    pub(crate) fn details(&self) -> FlowDetails {
        FlowDetails { categories: self.categories.clone(), endpoint_uri: self.endpoint_uri.clone() }
    }

    /// Meta's word for how it stands.
    pub(crate) fn status(&self) -> Option<&str> {
        self.status.as_ref().map(|status| status.status.as_str())
    }

    pub(crate) fn uploaded_revision(&self) -> Option<u32> {
        self.uploaded.as_ref().map(|uploaded| uploaded.revision)
    }

    /// Meta has what counts here, as far as was heard.
    pub(crate) fn is_uploaded(&self) -> bool {
        self.link.is_some() && self.uploaded_revision() == self.current().map(|current| current.revision)
    }

    /// There is something that Meta was not told yet, and nothing that keeps it from being told.
    pub(crate) fn is_pending(&self) -> bool {
        self.exists() && !self.is_uploaded() && self.drift.is_none() && self.failure.is_none()
    }

    /// Applies one event.
    pub(crate) fn apply(&mut self, recorded: &Recorded, event: FlowEvent) {
        let step = Step { at: recorded.time, actor: recorded.context.actor.clone() };
        self.take(step, event);
        if recorded.context.actor.as_deref() == Some(META) {
            self.reports.push(recorded.id);
            let surplus = self.reports.len().saturating_sub(REPORTS_KEPT);
            self.reports.drain(..surplus);
        }
        self.sequence = recorded.sequence;
    }

    fn take(&mut self, step: Step, event: FlowEvent) {
        match event {
            FlowEvent::FlowCreated(event) => {
                // A name that is given again begins anew, but for its numbers; what its id stood for is over.
                let (reports, sequence, numbered) = (std::mem::take(&mut self.reports), self.sequence, self.next_revision() - 1);
                let (name, categories, endpoint_uri) = (event.name, event.categories, event.endpoint_uri);
                let (created, changed) = (Some(step.clone()), Some(step));
                *self = Self { name, categories, endpoint_uri, created, changed, reports, sequence, numbered, ..Self::default() };
            }
            FlowEvent::FlowUpdated(event) => {
                (self.name, self.categories, self.endpoint_uri) = (event.name, event.categories, event.endpoint_uri);
                self.told = self.link.as_ref().map(|_| step.at);
                self.changed = Some(step);
                self.overwrite = self.overwrite.take().map(|overwrite| Drift { details: None, ..overwrite });
            }
            FlowEvent::FlowNameTaken(event) => self.taken_by = Some(event.flow),
            FlowEvent::FlowRevised(event) => self.revise(step, event),
            FlowEvent::FlowLinked(event) => self.link(step, event),
            FlowEvent::FlowUploaded(event) => {
                let errors = serde_json::from_str(event.validation_errors.get()).unwrap_or_default();
                if let Some(revision) = self.revisions.iter_mut().rfind(|revision| revision.revision == event.revision) {
                    (revision.validation_errors, revision.refusal) = (Some(errors), None);
                }
                let (revision, sha256, meta_sha256) = (event.revision, event.sha256, event.meta_sha256);
                self.uploaded = Some(Uploaded { revision, sha256, meta_sha256, at: step.at });
                (self.drift, self.overwrite) = (None, None);
                self.settled("upload");
            }
            FlowEvent::FlowPublished(event) => {
                if let Some(revision) = self.revisions.iter_mut().rfind(|revision| revision.revision == event.revision) {
                    revision.refusal = None;
                }
                self.published = Some(event.revision);
                self.settled("publish");
            }
            FlowEvent::FlowStatusReported(event) => {
                let (status, heard_from, warning, at) = (event.status, event.heard_from, event.warning, event.at);
                if status == "DEPRECATED" {
                    self.settled("deprecate");
                }
                self.status = Some(Status { status, heard_from, warning, at });
            }
            FlowEvent::FlowDeleted(event) => {
                self.deleted = Some(Deleted { heard_from: event.heard_from, at: step.at });
                (self.drift, self.overwrite, self.failure) = (None, None, None);
            }
            FlowEvent::FlowSyncFailed(event) => {
                let (at, revision) = (step.at, event.revision);
                let (step, code, meta_code, reason) = (event.step, event.code, event.meta_code, event.reason);
                let failure = Failure { step, code, meta_code, reason, revision, at };
                if let Some(revised) = self.revisions.iter_mut().rfind(|one| Some(one.revision) == revision) {
                    revised.refusal = Some(failure.clone());
                }
                self.failure = Some(failure);
            }
            FlowEvent::FlowDriftFound(event) => {
                let content = self.uploaded.as_ref().map_or("", |uploaded| uploaded.meta_sha256.as_str()) != event.meta_sha256;
                let (meta_sha256, revision, details) = (event.meta_sha256, event.revision, event.details);
                self.drift = Some(Drift { meta_sha256, content, details, revision, at: step.at });
                self.overwrite = None;
            }
            FlowEvent::FlowDriftResolved(event) => {
                let drift = self.drift.take();
                self.told = self.link.as_ref().map(|_| step.at);
                self.overwrite = match event.choice {
                    DriftChoice::KeepOurs => drift,
                    DriftChoice::TakeTheirs => None,
                };
                self.failure = None;
            }
            FlowEvent::FlowHealthReported(event) => {
                if self.health.len() < HEALTH_KEPT || self.health.contains_key(&event.event) {
                    let (alert_state, raw, at) = (event.alert_state, event.raw.get().to_owned(), event.at);
                    self.health.insert(event.event, Health { alert_state, raw, at });
                }
            }
            // Of the place, not of a Flow.
            FlowEvent::FlowSpaceCreated(_) | FlowEvent::FlowSpaceErased(_) => {}
        }
    }

    /// Its past there, if it was there before: what was changed since is told from what is ours.
    fn link(&mut self, step: Step, event: contract::FlowLinked) {
        let before = self.link.take().zip(self.uploaded.take());
        self.elsewhere.extend(before.map(|(link, uploaded)| (link.flow_id, uploaded)));
        self.uploaded = self.elsewhere.iter().rfind(|(flow_id, _)| *flow_id == event.flow_id).map(|(_, uploaded)| uploaded.clone());
        self.elsewhere.retain(|(flow_id, _)| *flow_id != event.flow_id);
        let surplus = self.elsewhere.len().saturating_sub(ELSEWHERE_KEPT);
        self.elsewhere.drain(..surplus);
        self.link = Some(Link { flow_id: event.flow_id, waba_id: event.waba_id });
        (self.published, self.status, self.drift, self.overwrite) = (None, None, None, None);
        self.told = Some(step.at);
        self.settled("create");
    }

    fn revise(&mut self, step: Step, event: contract::FlowRevised) {
        let over_published = self.status() == Some("PUBLISHED");
        self.revisions.push(Revision {
            revision: event.revision,
            sha256: event.sha256,
            size_bytes: event.size_bytes,
            json_version: event.json_version,
            findings: serde_json::from_str(event.findings.get()).unwrap_or_default(),
            validation_errors: None,
            refusal: None,
            message: event.message,
            taken_from_meta: event.taken_from_meta,
            over_published,
            step: step.clone(),
        });
        let surplus = self.revisions.len().saturating_sub(REVISIONS_KEPT);
        self.revisions.drain(..surplus);
        self.changed = Some(step);
        // What Meta refused was another text.
        self.failure = None;
    }

    /// Meta did a step that it had not done before.
    fn settled(&mut self, step: &str) {
        let later = |failed: &str| match step {
            "create" => failed == "create",
            "upload" => ["upload", "read", "update"].contains(&failed),
            other => failed == other,
        };
        self.failure = self.failure.take().filter(|failure| !later(&failure.step));
    }
}
