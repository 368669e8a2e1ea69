//! The events of one Flow, applied in their order.

use contract::{DriftChoice, FlowEvent, FlowLinked, FlowRevised, Recorded};

use crate::decide::PUBLISHED;
use crate::flow::{Deleted, Drift, Failure, Flow, Health, Link, META, Revision, Status, Step, Uploaded};

/// Revisions that a document holds. Older ones are in the log.
const REVISIONS_KEPT: usize = 50;
/// Webhooks that are known to have been seen.
const REPORTS_KEPT: usize = 64;
/// Accounts that are remembered in which the Flow was before.
const ELSEWHERE_KEPT: usize = 8;
/// Kinds of health reports that are kept, the last of each.
const HEALTH_KEPT: usize = 16;

impl Flow {
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
        self.called.apply(&self.name, &event);
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
                self.changed = Some(step);
                // Where it would have overwritten what Meta has, it was refused: what is left to choose is the content.
                self.drift = self.drift.take().and_then(Drift::of_content);
                self.overwrite = self.overwrite.take().and_then(Drift::of_content);
            }
            FlowEvent::FlowNameTaken(event) => self.taken_by = Some(event.flow),
            FlowEvent::FlowRevised(event) => self.revise(step, event),
            FlowEvent::FlowLinked(event) => self.link(event),
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
                let (meta_sha256, revision, details, name) = (event.meta_sha256, event.revision, event.details, event.name);
                self.drift = Some(Drift { meta_sha256, content, details, name, revision, over_published: false, at: step.at });
                self.overwrite = None;
            }
            FlowEvent::FlowDriftResolved(event) => {
                let over_published = self.status() == Some(PUBLISHED);
                let chosen = self.drift.take().filter(|_| event.choice == DriftChoice::KeepOurs);
                self.overwrite = chosen.map(|drift| Drift { over_published, ..drift });
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
    fn link(&mut self, event: FlowLinked) {
        let before = self.link.take().zip(self.uploaded.take());
        self.elsewhere.extend(before.map(|(link, uploaded)| (link.flow_id, uploaded)));
        self.uploaded = self.elsewhere.iter().rfind(|(flow_id, _)| *flow_id == event.flow_id).map(|(_, uploaded)| uploaded.clone());
        self.elsewhere.retain(|(flow_id, _)| *flow_id != event.flow_id);
        let surplus = self.elsewhere.len().saturating_sub(ELSEWHERE_KEPT);
        self.elsewhere.drain(..surplus);
        self.link = Some(Link { flow_id: event.flow_id, waba_id: event.waba_id });
        (self.published, self.status, self.drift, self.overwrite) = (None, None, None, None);
        self.found_sha256 = event.meta_sha256;
        self.settled("create");
    }

    fn revise(&mut self, step: Step, event: FlowRevised) {
        let over_published = self.status() == Some(PUBLISHED);
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
            "create" => ["create", "read", "update"].contains(&failed),
            "upload" => ["upload", "read", "update"].contains(&failed),
            other => failed == other,
        };
        self.failure = self.failure.take().filter(|failure| !later(&failure.step));
    }
}
