//! One Flow as the log tells it: folded from `flow.<prj>.<flw>` (`fold`), kept as a document so that a command reads only what is new.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::{CalledAtMeta, EventId, FlowDetails, FlowId, HeardFrom, ProjectId, UNKNOWN_REVISION};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decide::PUBLISHED;

/// The actor of events that follow from webhooks.
pub(crate) const META: &str = "meta";
/// The form of the document. Another number: documents are folded anew from the log.
pub(crate) const FORM: i32 = 6;

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
    /// Of the JSON that Meta had for it when it was linked: no loss, if nothing of ours was uploaded.
    pub(crate) found_sha256: Option<String>,
    /// What somebody called it at Meta.
    pub(crate) called: CalledAtMeta,
    pub(crate) uploaded: Option<Uploaded>,
    /// What it was given in other accounts, by the ids of Meta's there: a number can come back to one.
    #[serde(default)]
    pub(crate) elsewhere: Vec<(String, Uploaded)>,
    /// What people can open, if anything was ever published; [`UNKNOWN_REVISION`]: nothing that is known here.
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
    /// What it is called there, if that is another name.
    pub(crate) name: Option<String>,
    pub(crate) revision: Option<u32>,
    /// Of a choice: it was made while the Flow was published, so whoever made it said that the Flow goes back to draft.
    pub(crate) over_published: bool,
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

impl Drift {
    /// What is left of it once name, categories and endpoint are agreed on.
    pub(crate) fn of_content(self) -> Option<Self> {
        self.content.then_some(Self { details: None, name: None, ..self })
    }
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

    /// What it is to be called at Meta.
    pub(crate) fn name_at_meta(&self, id: FlowId) -> String {
        self.called.wanted(&self.name, id)
    }

    /// What may be overwritten where it stands so at Meta: what was chosen of a draft says nothing of what somebody published since.
    pub(crate) fn chosen(&self, status: &str) -> Option<&Drift> {
        self.overwrite.as_ref().filter(|chosen| chosen.over_published || status != PUBLISHED)
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

    /// Meta has something else that somebody chose to overwrite.
    pub(crate) fn overwrites(&self) -> bool {
        self.overwrite.is_some()
    }

    /// There is something that Meta was not told yet, or not asked yet after somebody published it there; and nothing that keeps it from that.
    pub(crate) fn is_pending(&self) -> bool {
        let is_unseen = self.published == Some(UNKNOWN_REVISION) && self.status() == Some(PUBLISHED);
        let waits = is_unseen || !self.is_uploaded() || self.overwrites();
        self.exists() && waits && self.drift.is_none() && self.failure.is_none()
    }
}
