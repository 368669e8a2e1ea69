//! What Meta has of a Flow, compared with what is held here; and what somebody chose to overwrite of its name, categories and endpoint.

use bytes::Bytes;
use projects::Line;
use whatsapp::graph::FlowFacts;

use crate::command::Origin;
use crate::decide::{DRAFT, Theirs, given_back};
use crate::document::Digest;
use crate::error::Error;
use crate::flow::{Flow, Id, Link};
use crate::push::heard_from;
use crate::{FlowSync, details, keep, same};

/// Revisions that what Meta has is compared with, the newest first.
const COMPARED_MAX: usize = 10;

impl FlowSync {
    /// What Meta has, and its JSON. A choice for our name, categories or endpoint is carried out on the way.
    pub(crate) async fn theirs(
        &self,
        id: Id,
        flow: &Flow,
        link: &Link,
        facts: &FlowFacts,
        line: &Line,
        origin: Origin<'_>,
    ) -> Result<(Theirs, Option<Bytes>), Error> {
        let mut theirs = self.labels(id, flow, link, facts, line, origin).await?;
        if flow.current().is_none() {
            return Ok((theirs, None));
        }
        let json = self.noted(id, "read", None, line.graph.flow_json(&line.token, &link.flow_id).await, origin).await?;
        // A Flow without JSON has no bytes.
        if json.is_empty() {
            return Ok((theirs, None));
        }
        let json = Bytes::from(json);
        theirs.sha256 = Some(Digest::of(&json).to_string());
        theirs.revision = self.revision_of(id, flow, &json).await?;
        Ok((theirs, Some(json)))
    }

    /// Name, categories and endpoint at Meta, after it was given ours over exactly those that somebody chose to overwrite.
    async fn labels(&self, id: Id, flow: &Flow, link: &Link, facts: &FlowFacts, line: &Line, origin: Origin<'_>) -> Result<Theirs, Error> {
        let ours = flow.name_at_meta(id.flow);
        let name = facts.name.clone().filter(|name| *name != ours);
        let details = details::said(facts);
        let Some(chosen) = flow.chosen(facts.status.as_deref().unwrap_or(DRAFT)) else {
            return Ok(Theirs { name, details, ..Theirs::default() });
        };
        let renames = name.is_some() && name == chosen.name;
        let details_chosen = chosen.details.as_ref().zip(details.as_ref()).is_some_and(|(chosen, said)| details::same(chosen, said));
        if !renames && !details_chosen {
            return Ok(Theirs { name, details, ..Theirs::default() });
        }
        let given = renames.then_some(ours.as_str());
        let categories = details_chosen.then_some(flow.categories.as_slice());
        let endpoint = flow.endpoint_uri.as_deref().filter(|_| details_chosen);
        let told = line.graph.update_flow(&line.token, &link.flow_id, given, categories, endpoint).await;
        self.noted(id, "update", None, told, origin).await?;
        let (heard_from, now) = (heard_from(origin), self.clock.now());
        self.carry_out(id, origin, |flow| Ok(given_back(flow, heard_from, now))).await?;
        let details = if details_chosen { Some(flow.details()) } else { details };
        Ok(Theirs { name: name.filter(|_| !renames), details, ..Theirs::default() })
    }

    /// The newest revision that says the same, however it is written.
    pub(crate) async fn revision_of(&self, id: Id, flow: &Flow, json: &Bytes) -> Result<Option<u32>, Error> {
        let theirs = self.aside.json(json.clone()).await?;
        let current = flow.current().map(|current| current.revision);
        let newest = flow.revisions.iter().rev().take(COMPARED_MAX);
        // What was uploaded last, however much was revised since.
        let uploaded = flow.uploaded.iter().filter(|uploaded| newest.clone().all(|one| one.revision != uploaded.revision));
        let compared = newest.clone().map(|one| (one.revision, &one.sha256)).chain(uploaded.map(|one| (one.revision, &one.sha256)));
        for (revision, sha256) in compared {
            let ours = match keep::load(&self.storage, id.project, sha256).await {
                // An old one that is lost is no reason not to compare with the others.
                Err(Error::Lost(object)) if Some(revision) != current => {
                    tracing::error!(flow.id = %id.flow, object, "a revision is lost, it is not compared with what Meta has");
                    continue;
                }
                loaded => loaded?,
            };
            if same::same(&self.aside.json(ours).await?, &theirs) {
                return Ok(Some(revision));
            }
        }
        Ok(None)
    }
}
