//! One Flow on its way to Meta: first an id, then the JSON. Every step can be interrupted and begun again: what is done is looked up before
//! it is done, and said in the log before the next step.

use bytes::Bytes;
use contract::{FlowDriftFound, HeardFrom, UNKNOWN_REVISION, flow_name_at_meta};
use projects::Line;
use serde_json::Value;
use whatsapp::graph::{Error as GraphError, FlowFacts};

use crate::command::Origin;
use crate::decide::{self, DRAFT, Plan, Refusal, found, plan};
use crate::document::{Digest, bounded};
use crate::error::Error;
use crate::flow::{Flow, Id, Link, Status};
use crate::meta::{INVALID_PARAMETER, NOT_UPDATABLE};
use crate::{FlowSync, keep};

/// What came of it.
pub(crate) struct Pushed {
    pub(crate) flow: Flow,
    /// A published Flow was not put back to draft, because nobody asked for it.
    pub(crate) held: bool,
}

/// Every Flow of the account, as Meta listed them.
#[derive(Clone, Copy)]
pub(crate) struct Listed<'a> {
    pub(crate) facts: &'a [FlowFacts],
    /// The sequence of this Flow's last event before Meta was asked.
    pub(crate) sequence: u64,
}

/// What Meta said of a Flow.
struct Said {
    facts: FlowFacts,
    is_listed: bool,
    /// How it stood here before Meta was asked: what was heard since is newer.
    before: Option<Status>,
}

impl FlowSync {
    /// Brings Meta to where the Flow is here, unless somebody changed it there. `listed` is passed over where something was said of the Flow
    /// since. The Flow's lock is held by the caller.
    ///
    /// # Errors
    /// [`Error::Meta`], after which it can be repeated; and whatever keeps log and storage from answering.
    pub(crate) async fn push(&self, id: Id, line: &Line, listed: Option<Listed<'_>>, origin: Origin<'_>) -> Result<Pushed, Error> {
        let flow = self.flow(id).await?;
        if !flow.exists() {
            return Ok(Pushed { flow, held: false });
        }
        let listed = listed.filter(|listed| listed.sequence == flow.sequence).map(|listed| listed.facts);
        let linked = flow.link.as_ref().is_some_and(|link| link.waba_id == line.waba.as_str());
        let flow = if linked { flow } else { self.link(id, &flow, line, listed, origin).await? };
        let Some(link) = flow.link.clone() else { return Ok(Pushed { flow, held: false }) };
        match self.facts(id, &link, line, listed, origin).await? {
            Some(facts) => {
                let said = Said { facts, is_listed: listed.is_some(), before: flow.status };
                self.content(id, &link, &said, line, origin).await
            }
            None => Ok(Pushed { flow: self.flow(id).await?, held: false }),
        }
    }

    /// What Meta says of the Flow; none, and the log says so, if Meta has it no more.
    async fn facts(
        &self,
        id: Id,
        link: &Link,
        line: &Line,
        listed: Option<&[FlowFacts]>,
        origin: Origin<'_>,
    ) -> Result<Option<FlowFacts>, Error> {
        let of_list = |listed: &[FlowFacts]| listed.iter().find(|facts| facts.id == link.flow_id).cloned();
        if let Some(facts) = listed.and_then(of_list) {
            return Ok(Some(facts));
        }
        let asked = line.graph.flow(&line.token, &link.flow_id).await;
        if asked.as_ref().is_err_and(GraphError::is_no_such_object) {
            // Meta says the same of what a token may not see: gone is what is not in the account's list either.
            let listed = self.noted(id, "read", None, line.graph.flows(&line.token, &line.waba).await, origin).await?;
            if let Some(facts) = of_list(&listed) {
                return Ok(Some(facts));
            }
            self.carry_out(id, origin, |flow| Ok(decide::gone(flow, HeardFrom::Reconciliation))).await?;
            return Ok(None);
        }
        self.noted(id, "read", None, asked, origin).await.map(Some)
    }

    /// Finds the Flow in the account, or makes it there. Making is not repeatable, but the name is unique: it is looked for first.
    async fn link(&self, id: Id, flow: &Flow, line: &Line, listed: Option<&[FlowFacts]>, origin: Origin<'_>) -> Result<Flow, Error> {
        let name = flow_name_at_meta(&flow.name, id.flow);
        let found = match listed {
            Some(listed) => find(listed, flow, &name),
            None => find(&self.noted(id, "read", None, line.graph.flows(&line.token, &line.waba).await, origin).await?, flow, &name),
        };
        let (flow_id, theirs) = match found {
            Some(found) => found,
            None => match line.graph.create_flow(&line.token, &line.waba, &name, &flow.categories, None).await {
                Ok(created) => (created.id, None),
                // Another process was faster, or a request of ours that nobody heard of any more.
                Err(error) if error.code() == Some(INVALID_PARAMETER) => {
                    let again = self.noted(id, "read", None, line.graph.flows(&line.token, &line.waba).await, origin).await?;
                    match find(&again, flow, &name) {
                        Some(found) => found,
                        None => self.noted(id, "create", None, Err(error), origin).await?,
                    }
                }
                Err(error) => self.noted(id, "create", None, Err(error), origin).await?,
            },
        };
        // Before it is said that Meta has it: where its data come from is ours from the beginning. One that it has there already is compared.
        if let (Some(endpoint), None) = (&flow.endpoint_uri, theirs) {
            let told = line.graph.update_flow(&line.token, &flow_id, None, None, Some(endpoint)).await;
            self.noted(id, "update", None, told, origin).await?;
        }
        // What it has by now is Meta's own, or from a call of ours whose answer was lost; what it has otherwise later is somebody's work.
        let found = self.noted(id, "read", None, line.graph.flow_json(&line.token, &flow_id).await, origin).await?;
        let (found, link) = (Digest::of(&found), Link { flow_id, waba_id: line.waba.to_string() });
        self.carry_out(id, origin, |flow| Ok(decide::linked(flow, &link, found.as_str()))).await
    }

    /// First the content, then the status that it has: a publication that nobody heard of is one of what Meta has.
    async fn content(&self, id: Id, link: &Link, said: &Said, line: &Line, origin: Origin<'_>) -> Result<Pushed, Error> {
        let Said { facts, is_listed, before } = said;
        let status = facts.status.as_deref().unwrap_or(DRAFT);
        let flow = self.flow(id).await?;
        if *is_listed && self.seen.knows(id, &flow, facts) {
            return Ok(Pushed { flow: self.hear(id, status, flow.uploaded_revision(), before.as_ref(), origin).await?, held: false });
        }
        let (theirs, json) = self.theirs(id, &flow, link, facts, line, origin).await?;
        let there = theirs.revision;
        let plan = plan(&flow, status, &theirs);
        let held = plan == Plan::Hold;
        match plan {
            Plan::Nothing | Plan::Hold => {}
            Plan::Agree => {
                self.carry_out(id, origin, |flow| Ok(decide::agreed(flow))).await?;
            }
            Plan::Record(revision) => {
                let meta_sha256 = theirs.sha256.as_deref().unwrap_or_default();
                self.record(id, revision, meta_sha256, facts.validation_errors.clone(), origin).await?;
            }
            Plan::Drift(found) => self.say_drift(id, &found, json, origin).await?,
            Plan::Upload(revision) => {
                // What is overwritten is kept, whoever's it is.
                if let Some(json) = json.filter(|_| theirs.revision.is_none()) {
                    keep::store(&self.storage, id.project, &Digest::of(&json), &json).await?;
                }
                self.hear(id, status, there, before.as_ref(), origin).await?;
                return self.upload(id, link, revision, line, origin).await;
            }
        }
        let flow = self.hear(id, status, there, before.as_ref(), origin).await?;
        self.seen.note(id, &flow, facts, self.clock.now());
        Ok(Pushed { flow, held })
    }

    /// Somebody changed it at Meta: what there is to choose from is kept before it is said.
    async fn say_drift(&self, id: Id, found: &FlowDriftFound, json: Option<Bytes>, origin: Origin<'_>) -> Result<(), Error> {
        if let Some(json) = json {
            keep::store(&self.storage, id.project, &Digest::of(&json), &json).await?;
        }
        self.carry_out(id, origin, |flow| Ok(decide::drifted(flow, found))).await?;
        Ok(())
    }

    /// Refuses if somebody published the Flow at Meta, or changed it there and nobody has chosen yet which version counts. What is found is
    /// written to the log first. A Flow that Meta no longer has cannot lose anything.
    pub(crate) async fn deletable_at_meta(&self, id: Id, flow: &Flow, link: &Link, line: &Line, origin: Origin<'_>) -> Result<(), Error> {
        let asked = line.graph.flow(&line.token, &link.flow_id).await;
        if asked.as_ref().is_err_and(GraphError::is_no_such_object) {
            return Ok(());
        }
        let facts = self.noted(id, "read", None, asked, origin).await?;
        let status = facts.status.as_deref().unwrap_or(DRAFT);
        let (theirs, json) = self.theirs(id, flow, link, &facts, line, origin).await?;
        let drifted = match plan(flow, status, &theirs) {
            Plan::Drift(found) => {
                self.say_drift(id, &found, json, origin).await?;
                true
            }
            // It was found before, and is as it was.
            Plan::Nothing => flow.drift.is_some(),
            Plan::Record(_) | Plan::Upload(_) | Plan::Agree | Plan::Hold => false,
        };
        if status != DRAFT {
            self.hear(id, status, theirs.revision, flow.status.as_ref(), origin).await?;
            return Err(Refusal::NotDraft(status.to_owned()).into());
        }
        if drifted { Err(Refusal::Drifted.into()) } else { Ok(()) }
    }

    /// Writes how the Flow stands at Meta, and which revision of ours Meta has. If a webhook about it came after Meta was asked, that
    /// webhook is newer, and Meta is asked once more.
    pub(crate) async fn hear(
        &self,
        id: Id,
        status: &str,
        there: Option<u32>,
        before: Option<&Status>,
        origin: Origin<'_>,
    ) -> Result<Flow, Error> {
        let (there, heard_from, now) = (there.unwrap_or(UNKNOWN_REVISION), heard_from(origin), self.clock.now());
        let mut overtaken = false;
        let news = |flow: &Flow| {
            overtaken = flow.status.as_ref() != before;
            Ok(if overtaken { Vec::new() } else { found(flow, status, there, heard_from, now) })
        };
        let flow = self.carry_out(id, origin, news).await?;
        if overtaken {
            self.asked.ask(id.project);
        }
        Ok(flow)
    }

    async fn record(&self, id: Id, revision: u32, meta_sha256: &str, errors: Vec<Value>, origin: Origin<'_>) -> Result<Flow, Error> {
        let errors = bounded(errors);
        self.carry_out(id, origin, |flow| {
            let revision = flow.revision(revision);
            Ok(revision.map(|revision| decide::uploaded(flow, revision, meta_sha256, errors.clone())).unwrap_or_default())
        })
        .await
    }

    async fn upload(&self, id: Id, link: &Link, number: u32, line: &Line, origin: Origin<'_>) -> Result<Pushed, Error> {
        let flow = self.flow(id).await?;
        let Some(revision) = flow.revision(number) else { return Ok(Pushed { flow, held: false }) };
        let bytes = keep::load(&self.storage, id.project, &revision.sha256).await?;
        let send = || line.graph.upload_flow_json(&line.token, &link.flow_id, bytes.to_vec());
        let mut sent = send().await;
        // Meta says to repeat the same request once.
        if sent.as_ref().is_err_and(|error| error.code() == Some(NOT_UPDATABLE)) {
            sent = send().await;
        }
        let errors = self.noted(id, "upload", Some(number), sent, origin).await?;
        let read = line.graph.flow_json(&line.token, &link.flow_id).await;
        let back = Bytes::from(self.noted(id, "read", Some(number), read, origin).await?);
        // What comes back and is not what was sent is somebody's who was as fast: the next comparison finds it, and it is asked for.
        let theirs = self.revision_of(id, &flow, &back).await?;
        let meta_sha256 = if theirs == Some(number) { Digest::of(&back).to_string() } else { revision.sha256.clone() };
        let (errors, heard_from, now) = (bounded(errors), heard_from(origin), self.clock.now());
        let said = |flow: &Flow| {
            let overwritten = |revision| decide::overwritten(flow, revision, &meta_sha256, errors.clone(), heard_from, now);
            flow.revision(number).map(overwritten).unwrap_or_default()
        };
        let before = self.carry_out(id, origin, |flow| Ok(said(flow))).await?.status;
        if theirs.is_none() && !back.is_empty() {
            self.asked.ask(id.project);
        }
        let facts = self.noted(id, "read", None, line.graph.flow(&line.token, &link.flow_id).await, origin).await?;
        let flow = self.hear(id, facts.status.as_deref().unwrap_or(DRAFT), theirs, before.as_ref(), origin).await?;
        Ok(Pushed { flow, held: false })
    }
}

pub(crate) fn heard_from(origin: Origin<'_>) -> HeardFrom {
    match origin {
        Origin::Request { .. } => HeardFrom::Request,
        Origin::Webhook(_) => HeardFrom::Webhook,
        Origin::Work => HeardFrom::Reconciliation,
    }
}

/// Finds the Flow among those of the account; returns Meta's id of it and the endpoint that it has there. It is the one that was linked in
/// this account before, whatever it is called now, or else the one with this name.
fn find(listed: &[FlowFacts], flow: &Flow, name: &str) -> Option<(String, Option<String>)> {
    let known = listed.iter().find(|facts| flow.elsewhere.iter().any(|(flow_id, _)| *flow_id == facts.id));
    let found = known.or_else(|| listed.iter().find(|facts| facts.name.as_deref() == Some(name)))?;
    Some((found.id.clone(), found.endpoint_uri.clone()))
}
