//! Carries out at Meta what somebody asked for: a template is created, changed or deleted there, once.
//!
//! The log says what is wanted before Meta is asked. If the process is interrupted in between, the step is found in the log as pending, and
//! Meta is asked first how things stand: an account has one template for each name and language. Only what Meta does not have is asked for
//! again, and not before the earlier call must have ended.

use std::sync::Arc;

use chrono::TimeDelta;
use contract::{HeardFrom, RawJson, TemplateRefused};
use projects::Line;
use serde_json::Value;
use whatsapp::graph::{Class, Error as GraphError, TemplateFacts};

use crate::Templates;
use crate::command::{Lock, Origin};
use crate::decide::compare::{is_edited, is_gone, listed, taken};
use crate::decide::{Refusal, outcome};
use crate::error::Error;
use crate::meta;
use crate::template::{Id, Pending, Step, Template};

/// After which a call that began has ended, whatever came of it. Longer than any call to Meta takes.
pub(crate) const SETTLE_AFTER: TimeDelta = TimeDelta::seconds(30);
/// After which nobody waits for Meta any more.
const PENDING_MAX: TimeDelta = TimeDelta::hours(24);

/// Who comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Whoever just asked for it: Meta has not heard of it.
    First,
    /// Somebody who found it pending: Meta may have done it.
    Again,
}

/// Of a step: what Meta said, or that it is known without asking again.
enum Came {
    /// It is in the log.
    Settled,
    /// It waits.
    Waits,
}

impl Templates {
    /// Brings what is pending to Meta, and gives the template as it is then. It is still pending if nobody knows yet what came of it.
    ///
    /// # Errors
    /// [`Error::Meta`]: Meta said no, which the log has then, or cannot be asked now.
    pub(crate) async fn push(&self, id: Id, line: &Line, turn: Turn, origin: &Origin) -> Result<Arc<Template>, Error> {
        let lock = self.locks.of(id).await;
        self.push_locked(id, line, turn, origin, lock).await
    }

    /// The same for whoever has the template's lock already: nobody steps between what was said and the call to Meta.
    pub(crate) async fn push_locked(&self, id: Id, line: &Line, turn: Turn, origin: &Origin, _lock: Lock) -> Result<Arc<Template>, Error> {
        let template = self.current(id).await?.ok_or(Refusal::NotFound)?;
        let Some(Pending { step, at }) = template.pending.clone() else { return Ok(template) };
        if template.waba_id != line.waba.as_str() {
            return Err(Refusal::OtherAccount.into());
        }
        let name = step.name();
        let age = self.clock.now() - at;
        if turn == Turn::Again {
            match self.settle(id, line, &template, &step, origin).await? {
                Came::Settled => return self.known(id).await,
                Came::Waits if age < SETTLE_AFTER => return Ok(template),
                Came::Waits if age >= PENDING_MAX => {
                    let reason = "Meta could not be asked for 24 hours".to_owned();
                    let refused = TemplateRefused { step: name.to_owned(), code: "meta_unavailable".to_owned(), meta_code: None, reason };
                    return self.refuse(id, &refused, origin).await;
                }
                Came::Waits => {}
            }
        }
        let came = match &step {
            Step::Create => self.create(id, line, &template, turn, origin).await,
            Step::Edit { edit, .. } => self.edit(id, line, &template, edit, origin).await,
            Step::Delete { .. } => self.delete(id, line, &template, origin).await,
        };
        let outcome = match &came {
            Ok(()) => "done",
            Err(Error::Meta { source, .. }) if source.class() == Class::Final && !source.ambiguous() => "refused",
            Err(_) => "waits",
        };
        metrics::counter!("templates_steps_total", "step" => name, "outcome" => outcome).increment(1);
        came?;
        self.known(id).await
    }

    async fn known(&self, id: Id) -> Result<Arc<Template>, Error> {
        Ok(self.library.get(id).ok_or(Refusal::ProjectEnds)?)
    }

    pub(crate) async fn refuse(&self, id: Id, refused: &TemplateRefused, origin: &Origin) -> Result<Arc<Template>, Error> {
        self.carry_out(id, origin, |template| Ok(template.map(|template| outcome::refused(template, refused)).unwrap_or_default())).await?;
        self.known(id).await
    }

    /// Looks whether Meta has done it.
    async fn settle(&self, id: Id, line: &Line, template: &Template, step: &Step, origin: &Origin) -> Result<Came, Error> {
        let read = |source| Error::Meta { step: "read", source };
        let done = match step {
            Step::Create => {
                let facts = meta::look(line, template).await.map_err(read)?;
                match facts {
                    Some(facts) => self.took(id, line, &facts, origin).await?,
                    None => return Ok(Came::Waits),
                }
                true
            }
            Step::Edit { edit, .. } => {
                let facts = meta::show(line, template.meta_id.as_deref().unwrap_or_default()).await.map_err(read)?;
                let edit: Value = serde_json::from_str(edit.get()).unwrap_or_default();
                match facts.filter(|facts| is_edited(&edit, facts)) {
                    Some(facts) => self.edited(id, Some(&facts), origin).await?,
                    None => return Ok(Came::Waits),
                }
                true
            }
            Step::Delete { .. } => {
                let facts = meta::show(line, template.meta_id.as_deref().unwrap_or_default()).await.map_err(read)?;
                let gone = facts.is_none_or(|facts| is_gone(&facts));
                if gone {
                    self.deleted(id, origin).await?;
                }
                gone
            }
        };
        Ok(if done { Came::Settled } else { Came::Waits })
    }

    async fn create(&self, id: Id, line: &Line, template: &Template, turn: Turn, origin: &Origin) -> Result<(), Error> {
        let definition: Value = serde_json::from_str(template.definition.get()).unwrap_or_default();
        let source = match line.graph.create_template(&line.token, &line.waba, &definition).await {
            Ok(created) => {
                self.carry_out(id, origin, |template| Ok(template.map(|it| outcome::created(it, &created)).unwrap_or_default())).await?;
                // What one from Meta's library says is Meta's to tell.
                if definition.get("components").is_none() {
                    self.asked.ask(id.project);
                }
                return Ok(());
            }
            Err(source) => source,
        };
        let step = "create";
        if source.ambiguous() {
            if let Ok(Some(facts)) = meta::look(line, template).await {
                return self.took(id, line, &facts, origin).await;
            }
            return Err(Error::Meta { step, source });
        }
        if source.class() == Class::Final {
            // The name may be taken: by a call of ours that was slow, or by somebody who made it elsewhere.
            if let Some(facts) = self.namesake(line, template, &source).await {
                if turn == Turn::Again {
                    return self.took(id, line, &facts, origin).await;
                }
                self.unless_strangers(id, line, &facts, origin).await?;
                let refused = TemplateRefused { code: "template_exists".to_owned(), ..meta::refused(step, &source) };
                let (waba, now) = (line.waba.as_str(), self.clock.now());
                self.carry_out(id, origin, |template| {
                    let Some(template) = template else { return Ok(Vec::new()) };
                    let refusal = outcome::refused(template, &refused);
                    let settled = Template { pending: None, ..template.clone() };
                    let found = listed(Some(&settled), &facts, waba, HeardFrom::Request, now);
                    Ok(if refusal.is_empty() { refusal } else { [refusal, found].concat() })
                })
                .await?;
                return Err(Refusal::Exists(id.template).into());
            }
            self.refuse(id, &meta::refused(step, &source), origin).await?;
        }
        Err(Error::Meta { step, source })
    }

    async fn namesake(&self, line: &Line, template: &Template, refusal: &GraphError) -> Option<TemplateFacts> {
        if refusal.code().is_none() || refusal.is_access_lost() {
            return None;
        }
        meta::look(line, template).await.ok().flatten().filter(|facts| !is_gone(facts))
    }

    async fn edit(&self, id: Id, line: &Line, template: &Template, edit: &RawJson, origin: &Origin) -> Result<(), Error> {
        let (step, meta_id) = ("edit", template.meta_id.as_deref().unwrap_or_default());
        let edit: Value = serde_json::from_str(edit.get()).unwrap_or_default();
        let source = match line.graph.edit_template(&line.token, meta_id, &edit).await {
            Ok(()) => {
                let facts = meta::show(line, meta_id).await.ok().flatten();
                return self.edited(id, facts.as_ref(), origin).await;
            }
            Err(source) => source,
        };
        if source.ambiguous() {
            return match meta::show(line, meta_id).await {
                Ok(Some(facts)) if is_edited(&edit, &facts) => self.edited(id, Some(&facts), origin).await,
                Ok(_) | Err(_) => Err(Error::Meta { step, source }),
            };
        }
        if source.class() == Class::Final {
            self.refuse(id, &meta::refused(step, &source), origin).await?;
        }
        Err(Error::Meta { step, source })
    }

    async fn delete(&self, id: Id, line: &Line, template: &Template, origin: &Origin) -> Result<(), Error> {
        let (step, meta_id) = ("delete", template.meta_id.as_deref());
        let Err(source) = line.graph.delete_template(&line.token, &line.waba, &template.name, meta_id).await else {
            return self.deleted(id, origin).await;
        };
        if source.ambiguous() || source.class() == Class::Final {
            // It may be gone, now or before.
            let shown = meta::show(line, meta_id.unwrap_or_default()).await;
            if shown.is_ok_and(|facts| facts.is_none_or(|facts| is_gone(&facts))) {
                return self.deleted(id, origin).await;
            }
        }
        if source.class() == Class::Final && !source.ambiguous() {
            self.refuse(id, &meta::refused(step, &source), origin).await?;
        }
        Err(Error::Meta { step, source })
    }

    /// Meta has what was asked for.
    async fn took(&self, id: Id, line: &Line, facts: &TemplateFacts, origin: &Origin) -> Result<(), Error> {
        self.unless_strangers(id, line, facts, origin).await?;
        let now = self.clock.now();
        let decide = |template: Option<&Template>| {
            Ok(template.map(|template| taken(template, facts, HeardFrom::Reconciliation, now)).unwrap_or_default())
        };
        self.carry_out(id, origin, decide).await.map(drop)
    }

    async fn edited(&self, id: Id, facts: Option<&TemplateFacts>, origin: &Origin) -> Result<(), Error> {
        let now = self.clock.now();
        let decide = |template: Option<&Template>| Ok(template.map(|it| outcome::edited(it, facts, now)).unwrap_or_default());
        self.carry_out(id, origin, decide).await.map(drop)
    }

    async fn deleted(&self, id: Id, origin: &Origin) -> Result<(), Error> {
        self.carry_out(id, origin, |template| Ok(template.map(outcome::deleted).unwrap_or_default())).await.map(drop)
    }
}
