//! One template as the log tells of it, folded from `template.<prj>.<tpl>`. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{HeardFrom, ProjectId, RawJson, Recorded, Subject, TemplateEvent, TemplateId};

/// Edits of an approved template that are remembered: Meta takes so many in [`EDITS_SPAN`].
pub(crate) const EDITS_MAX: usize = 10;
/// The span in which Meta counts them.
pub(crate) const EDITS_SPAN: TimeDelta = TimeDelta::days(30);
/// Changes of category that are remembered, the last ones.
const CATEGORIES_MAX: usize = 10;
/// What Meta calls a template that can be sent.
pub(crate) const APPROVED: &str = "APPROVED";

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Id {
    pub(crate) project: ProjectId,
    pub(crate) template: TemplateId,
}

impl Id {
    pub(crate) fn subject(self) -> Subject {
        Subject::template(self.project, self.template)
    }
}

/// When something was said, and by whose clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) at: DateTime<Utc>,
    /// Meta's clock; else ours.
    pub(crate) by_meta: bool,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) at: DateTime<Utc>,
    pub(crate) by: Option<String>,
}

/// What is on its way to Meta.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Create,
    Edit {
        edit: RawJson,
        /// It was approved when this was asked for: then Meta counts it.
        approved: bool,
    },
    Delete {
        /// It was approved when this was asked for, or before: then its name is not free for a while, whatever Meta called it meanwhile.
        approved: bool,
    },
}

impl Step {
    /// As events and answers name it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
        }
    }
}

/// A step, and since when.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    pub(crate) step: Step,
    pub(crate) at: DateTime<Utc>,
}

/// A change of category, also one that Meta has announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CategoryChange {
    pub(crate) category: String,
    pub(crate) previous: Option<String>,
    pub(crate) effective_at: Option<DateTime<Utc>>,
    pub(crate) at: DateTime<Utc>,
}

/// The last thing that Meta did not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) step: String,
    pub(crate) code: String,
    pub(crate) meta_code: Option<i64>,
    pub(crate) reason: String,
    pub(crate) at: DateTime<Utc>,
}

/// It is gone. What is left says why its name may not be free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deleted {
    pub(crate) at: DateTime<Utc>,
    pub(crate) heard_from: HeardFrom,
    pub(crate) was_approved: bool,
}

/// A template, as it was asked for and as Meta says it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(crate) id: TemplateId,
    pub(crate) waba_id: String,
    pub(crate) name: String,
    /// As `en_US`.
    pub(crate) language: String,
    /// Meta's id, once Meta has it.
    pub(crate) meta_id: Option<String>,
    /// Meta's word; none: Meta does not have it.
    pub(crate) status: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) explanation: Option<String>,
    pub(crate) status_said: Option<Said>,
    pub(crate) category: String,
    pub(crate) category_said: Option<Said>,
    pub(crate) categories: Vec<CategoryChange>,
    pub(crate) quality: Option<String>,
    pub(crate) quality_said: Option<Said>,
    /// In Meta's shape, as it is.
    pub(crate) definition: RawJson,
    pub(crate) components_said: Option<Said>,
    /// In Meta's shape, as somebody asked for it here. None: it was made elsewhere.
    pub(crate) asked: Option<RawJson>,
    pub(crate) pending: Option<Pending>,
    pub(crate) refused: Option<Refused>,
    /// When an approved template was changed, the last ones.
    pub(crate) edits: Vec<DateTime<Utc>>,
    pub(crate) deleted: Option<Deleted>,
    pub(crate) created: Done,
    pub(crate) changed: Done,
    /// Of its last event. Also its version.
    pub(crate) sequence: u64,
}

impl Template {
    /// It is there, here or at Meta.
    pub(crate) fn is_there(&self) -> bool {
        self.deleted.is_none()
    }

    pub(crate) fn is_approved(&self) -> bool {
        self.status.as_deref() == Some(APPROVED)
    }

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

    /// The change of category that Meta has announced and that is not in force.
    pub(crate) fn announced(&self) -> Option<&CategoryChange> {
        self.categories.last().filter(|change| change.effective_at.is_some() && change.category != self.category)
    }
}

fn said(heard_from: HeardFrom, at: DateTime<Utc>) -> Option<Said> {
    Some(Said { at, by_meta: heard_from == HeardFrom::Webhook })
}
