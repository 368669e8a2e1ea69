//! Templates, each as the log last told of it. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{Event, ProjectId, Recorded, TemplateEvent, TemplateId};
use serde_json::Value;

/// The only status in which Meta sends a template.
const APPROVED: &str = "APPROVED";
/// The category of those that advertise.
const MARKETING: &str = "MARKETING";

/// A template in one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Our id of it.
    pub id: TemplateId,
    /// Its name, here and at Meta.
    pub name: String,
    /// As `en_US`.
    pub language: String,
    /// Meta's word.
    pub category: String,
    /// The account that it belongs to, once Meta has it.
    pub waba_id: Option<String>,
    /// Meta's word; none: Meta does not have it.
    pub status: Option<String>,
    /// Why it is not approved, as far as somebody said.
    pub reason: Option<String>,
    /// Meta's `components`.
    pub components: Value,
}

impl Template {
    /// Whether Meta sends it.
    pub fn is_approved(&self) -> bool {
        self.status.as_deref() == Some(APPROVED)
    }

    /// Whether it advertises, which a contact may have stopped.
    pub fn is_marketing(&self) -> bool {
        self.category == MARKETING
    }

    /// The template in that language. One that Meta has comes before one that Meta does not have, and an approved one before others.
    pub fn best(templates: &[Arc<Self>], language: &str) -> Option<Arc<Self>> {
        let rank = |template: &&Arc<Self>| (template.waba_id.is_some(), template.is_approved(), template.id);
        templates.iter().filter(|template| template.language == language).max_by_key(rank).cloned()
    }

    /// A number sends only templates of its own account; one that Meta does not have yet may come to be of it.
    fn is_reachable(&self, waba: Option<&str>) -> bool {
        self.waba_id.is_none() || waba.is_none() || self.waba_id.as_deref() == waba
    }
}

/// Every template of every project.
#[derive(Default)]
pub(crate) struct Templates(HashMap<ProjectId, HashMap<TemplateId, Arc<Template>>>);

impl Templates {
    pub(crate) fn named(&self, project: ProjectId, name: &str, waba: Option<&str>) -> Vec<Arc<Template>> {
        let own = self.0.get(&project).into_iter().flat_map(HashMap::values);
        own.filter(|template| template.name == name && template.is_reachable(waba)).cloned().collect()
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

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    #[test]
    fn a_template_is_one_of_the_numbers_account_or_of_none_yet() {
        let project = ProjectId::from_ulid(Ulid::from_parts(1, 9));
        let of = |waba: Option<&str>, status: &str, n: u128| {
            let id = TemplateId::from_ulid(Ulid::from_parts(1, n));
            let template = Template {
                id,
                name: "hello".into(),
                language: "en".into(),
                category: "UTILITY".into(),
                waba_id: waba.map(str::to_owned),
                status: Some(status.to_owned()),
                reason: None,
                components: Value::Null,
            };
            (id, Arc::new(template))
        };
        let all = [of(Some("104"), "PENDING", 1), of(Some("105"), APPROVED, 2), of(None, "PENDING", 3)];
        let templates = Templates(HashMap::from([(project, HashMap::from(all))]));
        let taken = |waba: Option<&str>, language: &str| {
            Template::best(&templates.named(project, "hello", waba), language).map(|template| template.id)
        };
        let id = |n: u128| Some(TemplateId::from_ulid(Ulid::from_parts(1, n)));
        assert_eq!((taken(Some("104"), "en"), taken(Some("105"), "en"), taken(Some("106"), "en")), (id(1), id(2), id(3)));
        assert_eq!(taken(None, "en"), id(2), "nobody knows the number's account");
        assert_eq!(taken(Some("105"), "de"), None);
    }
}
