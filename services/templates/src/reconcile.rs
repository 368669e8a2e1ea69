//! Compares all templates of an account with what Meta has. It needs no input and can be run at any time, any number of times: it goes on
//! with what is pending, takes over what changed, takes in what was made elsewhere, and notes what is gone. Templates that another
//! workspace made are left alone.
//!
//! If the log learns something about a template after Meta was asked for the list, that is newer than the list, and stays.

use std::collections::HashSet;
use std::sync::Arc;

use contract::{HeardFrom, ProjectId, TemplateEvent, TemplateId};
use journal::AppendError;
use projects::{Line, Project};
use whatsapp::graph::{Class, TemplateFacts};

use crate::Templates;
use crate::command::Origin;
use crate::decide::Refusal;
use crate::decide::compare::{listed, vanished};
use crate::error::Error;
use crate::meta;
use crate::push::Turn;
use crate::template::{Id, Template};

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Templates that Meta listed.
    pub(crate) listed: usize,
    /// Of these, how many were not known.
    pub(crate) found: usize,
    /// Templates that were not known to be gone.
    pub(crate) missed: usize,
    /// Templates about which something else was heard.
    pub(crate) changed: usize,
    /// Templates of which something is on its way still.
    pub(crate) pending: usize,
    /// Why it ended early: Meta does not answer, or wants fewer calls.
    pub(crate) stopped: Option<Error>,
}

impl Templates {
    /// # Errors
    /// [`Error::NoLine`] where Meta cannot be asked; whatever keeps the log from answering.
    pub(crate) async fn reconcile(&self, project: ProjectId, origin: &Origin) -> Result<Report, Error> {
        let Some(known) = self.projects.fresh(project).await? else { return Ok(Report::default()) };
        let line = self.line(&known).await?;
        self.library.catch_up(project).await?;
        let mut report = Report::default();
        if let Err(error) = self.compare(&known, &line, origin, &mut report).await {
            match error {
                Error::Meta { .. } => report.stopped = Some(error),
                error => return Err(error),
            }
        }
        report.pending = self.of_account(project, line.waba.as_str()).filter(|template| template.pending.is_some()).count();
        metrics::counter!("templates_compared_total").increment(report.listed as u64);
        Ok(report)
    }

    async fn compare(&self, project: &Project, line: &Line, origin: &Origin, report: &mut Report) -> Result<(), Error> {
        for template in self.of_account(project.id, line.waba.as_str()).filter(|template| template.pending.is_some()) {
            let id = Id { project: project.id, template: template.id };
            match self.push(id, line, Turn::Again, origin).await {
                // The log says what is wrong with this one; the others go on.
                Err(Error::Meta { source, .. }) if source.class() == Class::Final => {}
                Err(Error::Refused(Refusal::OfOtherWorkspace)) => {}
                other => drop(other?),
            }
        }
        // Everything up to here is older than the list that Meta gives now.
        let through = self.library.reached();
        let facts = line.graph.templates(&line.token, &line.waba).await.map_err(|source| Error::Meta { step: "read", source })?;
        report.listed = facts.len();
        let strangers = self.strangers(project, line.waba.as_str()).await?;
        let mut there = HashSet::new();
        for facts in &facts {
            // One that is here already, from before the two had different workspaces, is kept up as it is.
            let is_here = self.library.by_meta_id(project.id, &facts.id).is_some();
            if !is_here && self.is_strangers(&strangers, line.waba.as_str(), facts) {
                continue;
            }
            let id =
                Id { project: project.id, template: TemplateId::of_name(project.id, line.waba.as_str(), &facts.name, &facts.language) };
            there.insert(id.template);
            match self.hear_facts(id, facts, line, through, origin).await? {
                Some(Came::New) => report.found += 1,
                Some(Came::Other) => report.changed += 1,
                None => {}
            }
        }
        self.miss(project, line, &there, through, origin, report).await
    }

    /// What the complete list lacks. Meta is asked for each by its id: only what is not there either is gone.
    async fn miss(
        &self,
        project: &Project,
        line: &Line,
        there: &HashSet<TemplateId>,
        through: u64,
        origin: &Origin,
        report: &mut Report,
    ) -> Result<(), Error> {
        let missing = |template: &Arc<Template>| !vanished(Some(template)).is_empty() && !there.contains(&template.id);
        for template in self.of_account(project.id, line.waba.as_str()).filter(missing) {
            if template.sequence > through {
                continue;
            }
            let id = Id { project: project.id, template: template.id };
            let shown = meta::show(line, template.meta_id.as_deref().unwrap_or_default()).await;
            match shown.map_err(|source| Error::Meta { step: "read", source })? {
                Some(facts) => {
                    let heard = self.hear_facts(id, &facts, line, through, origin).await?;
                    report.changed += usize::from(heard.is_some());
                }
                None => {
                    self.carry_out(id, origin, |template| Ok(if is_known(template, through) { vanished(template) } else { Vec::new() }))
                        .await?;
                    report.missed += 1;
                }
            }
        }
        Ok(())
    }

    async fn hear_facts(&self, id: Id, facts: &TemplateFacts, line: &Line, through: u64, origin: &Origin) -> Result<Option<Came>, Error> {
        let (waba, now) = (line.waba.as_str(), self.clock.now());
        let news = |template: Option<&Template>| -> Vec<TemplateEvent> {
            if is_known(template, through) { listed(template, facts, waba, HeardFrom::Reconciliation, now) } else { Vec::new() }
        };
        // Mostly there are none.
        if news(self.library.get(id).as_deref()).is_empty() {
            return Ok(None);
        }
        let _lock = self.locks.of(id).await;
        let mut came = None;
        let heard = self
            .carry_out(id, origin, |template| {
                let events = news(template);
                let new = events.iter().any(|event| matches!(event, TemplateEvent::TemplateFound(_)));
                came = (!events.is_empty()).then_some(if new { Came::New } else { Came::Other });
                Ok(events)
            })
            .await;
        match heard {
            Err(Error::Append(error @ AppendError::TooLarge { .. })) => {
                tracing::error!(%error, template.id = %id.template, "what Meta says of a template is more than the log takes, passed over");
                Ok(None)
            }
            other => other.map(|_| came),
        }
    }

    /// The templates of an account, also deleted ones.
    pub(crate) fn of_account(&self, project: ProjectId, waba: &str) -> impl Iterator<Item = Arc<Template>> + use<> {
        let waba = waba.to_owned();
        self.library.all(project).into_iter().filter(move |template| template.waba_id == waba)
    }
}

/// What came of one.
enum Came {
    New,
    Other,
}

/// Whether nothing was said of it since.
fn is_known(template: Option<&Template>, through: u64) -> bool {
    template.is_none_or(|template| template.sequence <= through)
}
