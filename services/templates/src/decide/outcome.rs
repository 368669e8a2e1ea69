//! What came of a step that Meta was asked to do.

use chrono::{DateTime, Utc};
use contract::{
    HeardFrom, RawJson, TemplateDeleted, TemplateEdited, TemplateEvent, TemplateRefused, TemplateStatusReported, TemplateSubmitted,
};
use serde_json::Value;
use whatsapp::graph::{CreatedTemplate, TemplateFacts};

use super::compare::{definition, differences, raw};
use crate::template::{Pending, Step, Template};

/// What Meta answers when it says nothing: most templates are reviewed.
const PENDING: &str = "PENDING";

/// Meta took it.
pub(crate) fn created(template: &Template, created: &CreatedTemplate) -> Vec<TemplateEvent> {
    if !is_pending(template, "create") {
        return Vec::new();
    }
    let submitted = TemplateSubmitted {
        template_id: created.id.clone(),
        waba_id: template.waba_id.clone(),
        status: created.status.clone().unwrap_or_else(|| PENDING.to_owned()),
        category: created.category.clone().unwrap_or_else(|| template.category.clone()),
    };
    vec![submitted.into()]
}

/// Meta took the change. `facts` is the template as it is now, if Meta said so.
pub(crate) fn edited(template: &Template, facts: Option<&TemplateFacts>, at: DateTime<Utc>) -> Vec<TemplateEvent> {
    let Some(Pending { step: Step::Edit { edit, .. }, .. }) = &template.pending else { return Vec::new() };
    let Some(facts) = facts else {
        let status =
            TemplateStatusReported { status: PENDING.to_owned(), reason: None, explanation: None, heard_from: HeardFrom::Request, at };
        return vec![TemplateEdited { definition: merged(template, edit) }.into(), status.into()];
    };
    let edited = TemplateEdited { definition: definition(facts) };
    let as_edited = Template { definition: edited.definition.clone(), ..template.clone() };
    [vec![edited.into()], differences(&as_edited, facts, HeardFrom::Request, at)].concat()
}

/// It is gone at Meta.
pub(crate) fn deleted(template: &Template) -> Vec<TemplateEvent> {
    if is_pending(template, "delete") { vec![TemplateDeleted { heard_from: HeardFrom::Request }.into()] } else { Vec::new() }
}

/// Meta did not do it, and will not.
pub(crate) fn refused(template: &Template, refused: &TemplateRefused) -> Vec<TemplateEvent> {
    let concerns = refused.step == "unpause" || is_pending(template, &refused.step);
    if concerns { vec![refused.clone().into()] } else { Vec::new() }
}

fn is_pending(template: &Template, step: &str) -> bool {
    template.pending.as_ref().is_some_and(|pending| pending.step.name() == step)
}

/// The definition with a change in it.
fn merged(template: &Template, edit: &RawJson) -> RawJson {
    let mut definition: Value = serde_json::from_str(template.definition.get()).unwrap_or_default();
    let edit: Value = serde_json::from_str(edit.get()).unwrap_or_default();
    if let (Some(definition), Some(edit)) = (definition.as_object_mut(), edit.as_object()) {
        definition.extend(edit.clone());
    }
    raw(&definition)
}
