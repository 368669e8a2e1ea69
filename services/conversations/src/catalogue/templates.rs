//! Templates, each as the log last told of it. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{Event, ProjectId, Recorded, TemplateEvent, TemplateId};
use serde_json::Value;

/// A template in one language.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(crate) id: TemplateId,
    pub(crate) name: String,
    /// As `en_US`.
    pub(crate) language: String,
    /// Meta's word.
    pub(crate) category: String,
    /// The account that it belongs to, once Meta has it.
    pub(crate) waba_id: Option<String>,
    /// Meta's word; none: Meta does not have it.
    pub(crate) status: Option<String>,
    /// Why it is not approved, as far as somebody said.
    pub(crate) reason: Option<String>,
    /// Meta's `components`.
    pub(crate) components: Value,
}

/// Every template of every project.
#[derive(Default)]
pub(crate) struct Templates(HashMap<ProjectId, HashMap<TemplateId, Arc<Template>>>);

impl Templates {
    pub(crate) fn named(&self, project: ProjectId, name: &str) -> Vec<Arc<Template>> {
        let own = self.0.get(&project).into_iter().flat_map(HashMap::values);
        own.filter(|template| template.name == name).cloned().collect()
    }

    /// Applies an event; a second time changes nothing.
    pub(crate) fn apply(&mut self, event: &Recorded) {
        let Some(project) = event.subject.project_id() else { return };
        match TemplateEvent::decode(event) {
            Ok(TemplateEvent::TemplatesErased(_)) => _ = self.0.remove(&project),
            Ok(fact) => {
                let Some(id) = event.subject.template_id() else { return };
                let own = self.0.entry(project).or_default();
                match evolve(own.get(&id).map(|template| Template::clone(template)), id, fact) {
                    Some(template) => _ = own.insert(id, Arc::new(template)),
                    None => _ = own.remove(&id),
                }
            }
            Err(error) => tracing::error!(%error, stream.seq = event.sequence, "template event is not readable, passed over"),
        }
    }
}

/// What an event makes of a template; none: it is not there before, or not any more.
fn evolve(before: Option<Template>, id: TemplateId, fact: TemplateEvent) -> Option<Template> {
    match (fact, before) {
        (TemplateEvent::TemplateRequested(asked), before) => Some(Template {
            id,
            name: asked.name,
            language: asked.language,
            category: asked.category,
            // Asked for again after Meta refused it, or after it was deleted.
            waba_id: before.as_ref().and_then(|before| before.waba_id.clone()),
            status: before.and_then(|before| before.status),
            reason: None,
            components: components(asked.definition.get()),
        }),
        (TemplateEvent::TemplateFound(found), _) => Some(Template {
            id,
            name: found.name,
            language: found.language,
            category: found.category,
            waba_id: Some(found.waba_id),
            status: Some(found.status),
            reason: None,
            components: components(found.definition.get()),
        }),
        (TemplateEvent::TemplateDeleted(_) | TemplateEvent::TemplatesErased(_), _) | (_, None) => None,
        (TemplateEvent::TemplateSubmitted(submitted), Some(before)) => Some(Template {
            waba_id: Some(submitted.waba_id),
            status: Some(submitted.status),
            category: submitted.category,
            reason: None,
            ..before
        }),
        (TemplateEvent::TemplateStatusReported(reported), Some(before)) => {
            Some(Template { status: Some(reported.status), reason: reported.explanation.or(reported.reason), ..before })
        }
        // One that is announced is not in force yet.
        (TemplateEvent::TemplateCategoryReported(reported), Some(before)) => {
            let category = if reported.effective_at.is_none() { reported.category } else { before.category };
            Some(Template { category, ..before })
        }
        (TemplateEvent::TemplateRefused(refused), Some(before)) => Some(Template { reason: Some(refused.reason), ..before }),
        (TemplateEvent::TemplateEdited(edited), Some(before)) => {
            Some(Template { components: components(edited.definition.get()), ..before })
        }
        (TemplateEvent::TemplateComponentsReported(reported), Some(before)) => {
            Some(Template { components: components(reported.definition.get()), ..before })
        }
        (
            TemplateEvent::TemplateEditRequested(_) | TemplateEvent::TemplateQualityReported(_) | TemplateEvent::TemplateDeleteRequested(_),
            before,
        ) => before,
    }
}

fn components(definition: &str) -> Value {
    let definition: Value = serde_json::from_str(definition).unwrap_or_default();
    definition.get("components").cloned().unwrap_or_default()
}
