//! The events of one template, `template.<prj>.<tpl>`, applied in their order. Pure.

use chrono::{DateTime, Utc};
use contract::{HeardFrom, RawJson, Recorded, TemplateEvent, TemplateId};

use crate::template::{CategoryChange, Deleted, Done, EDITS_MAX, EDITS_SPAN, Pending, Refused, Said, Step, Template};

/// Changes of category that are remembered, the last ones.
const CATEGORIES_MAX: usize = 10;

impl Template {
    /// It is approved, or was when its deletion was asked for.
    fn was_approved(&self) -> bool {
        self.is_approved() || matches!(&self.pending, Some(Pending { step: Step::Delete { approved: true }, .. }))
    }

    /// What an event makes of it. An event about a template that was never asked for or found says nothing.
    pub(crate) fn evolve(before: Option<Self>, id: TemplateId, recorded: &Recorded, event: TemplateEvent) -> Option<Self> {
        let done = Done { at: recorded.time, by: recorded.context.actor.clone() };
        let after = match event {
            TemplateEvent::TemplateRequested(asked) => {
                let new = Self::new(id, asked.waba_id, asked.name, asked.language, asked.category, asked.definition, done.clone());
                let pending = Some(Pending { step: Step::Create, at: done.at });
                Some(Self { asked: Some(new.definition.clone()), pending, ..new })
            }
            TemplateEvent::TemplateFound(found) => {
                let new = Self::new(id, found.waba_id, found.name, found.language, found.category, found.definition, done.clone());
                let said = Some(Said { at: done.at, by_meta: false });
                Some(Self {
                    meta_id: Some(found.template_id),
                    status: Some(found.status),
                    status_said: said,
                    category_said: said,
                    components_said: said,
                    ..new
                })
            }
            said @ (TemplateEvent::TemplateSubmitted(_)
            | TemplateEvent::TemplateRefused(_)
            | TemplateEvent::TemplateEditRequested(_)
            | TemplateEvent::TemplateEdited(_)
            | TemplateEvent::TemplateStatusReported(_)
            | TemplateEvent::TemplateCategoryReported(_)
            | TemplateEvent::TemplateQualityReported(_)
            | TemplateEvent::TemplateComponentsReported(_)
            | TemplateEvent::TemplateDeleteRequested(_)
            | TemplateEvent::TemplateDeleted(_)
            | TemplateEvent::TemplatesErased(_)) => before.map(|mut template| {
                template.take(said, &done);
                template
            }),
        };
        after.map(|template| Self { changed: done, sequence: recorded.sequence, ..template })
    }

    fn new(id: TemplateId, waba_id: String, name: String, language: String, category: String, definition: RawJson, done: Done) -> Self {
        Self {
            id,
            waba_id,
            name,
            language,
            meta_id: None,
            status: None,
            reason: None,
            explanation: None,
            status_said: None,
            category,
            category_said: None,
            categories: Vec::new(),
            quality: None,
            quality_said: None,
            definition,
            components_said: None,
            asked: None,
            pending: None,
            refused: None,
            edits: Vec::new(),
            deleted: None,
            created: done.clone(),
            changed: done,
            sequence: 0,
        }
    }

    fn take(&mut self, event: TemplateEvent, done: &Done) {
        let ours = Some(Said { at: done.at, by_meta: false });
        match event {
            // Both begin anew, see `evolve`; all of them going is the library's.
            TemplateEvent::TemplateRequested(_) | TemplateEvent::TemplateFound(_) | TemplateEvent::TemplatesErased(_) => {}
            TemplateEvent::TemplateSubmitted(submitted) => {
                (self.meta_id, self.waba_id) = (Some(submitted.template_id), submitted.waba_id);
                (self.status, self.status_said) = (Some(submitted.status), ours);
                (self.category, self.category_said) = (submitted.category, ours);
                (self.pending, self.refused) = (None, None);
            }
            TemplateEvent::TemplateRefused(refused) => {
                if self.pending.as_ref().is_some_and(|pending| pending.step.name() == refused.step) {
                    self.pending = None;
                }
                let contract::TemplateRefused { step, code, meta_code, reason } = refused;
                self.refused = Some(Refused { step, code, meta_code, reason, at: done.at });
            }
            TemplateEvent::TemplateEditRequested(asked) => {
                let step = Step::Edit { edit: asked.edit, approved: self.is_approved() };
                self.pending = Some(Pending { step, at: done.at });
            }
            TemplateEvent::TemplateEdited(edited) => self.edited(edited.definition, done.at),
            TemplateEvent::TemplateDeleteRequested(_) => {
                let step = Step::Delete { approved: self.was_approved() };
                self.pending = Some(Pending { step, at: done.at });
            }
            TemplateEvent::TemplateDeleted(deleted) => {
                let was_approved = self.was_approved();
                self.deleted = Some(Deleted { at: done.at, heard_from: deleted.heard_from, was_approved });
                (self.pending, self.asked) = (None, None);
            }
            TemplateEvent::TemplateStatusReported(reported) => {
                self.status_said = said(reported.heard_from, reported.at);
                (self.status, self.reason, self.explanation) = (Some(reported.status), reported.reason, reported.explanation);
            }
            TemplateEvent::TemplateCategoryReported(reported) => self.categorised(reported),
            TemplateEvent::TemplateQualityReported(reported) => {
                (self.quality, self.quality_said) = (Some(reported.score), said(reported.heard_from, reported.at));
            }
            TemplateEvent::TemplateComponentsReported(reported) => {
                (self.definition, self.components_said) = (reported.definition, said(reported.heard_from, reported.at));
            }
        }
    }

    fn edited(&mut self, definition: RawJson, at: DateTime<Utc>) {
        if matches!(&self.pending, Some(Pending { step: Step::Edit { approved: true, .. }, .. })) {
            self.edits.retain(|edit| at - *edit < EDITS_SPAN);
            self.edits.push(at);
            let surplus = self.edits.len().saturating_sub(EDITS_MAX);
            self.edits.drain(..surplus);
        }
        (self.definition, self.components_said) = (definition, Some(Said { at, by_meta: false }));
        (self.pending, self.refused) = (None, None);
    }

    fn categorised(&mut self, reported: contract::TemplateCategoryReported) {
        let contract::TemplateCategoryReported { category, previous, effective_at, heard_from, at } = reported;
        // One that is announced is not in force yet.
        if effective_at.is_none() {
            self.category = category.clone();
        }
        self.category_said = said(heard_from, at);
        self.categories.push(CategoryChange { category, previous, effective_at, at });
        let surplus = self.categories.len().saturating_sub(CATEGORIES_MAX);
        self.categories.drain(..surplus);
    }
}

fn said(heard_from: HeardFrom, at: DateTime<Utc>) -> Option<Said> {
    Some(Said { at, by_meta: heard_from == HeardFrom::Webhook })
}
