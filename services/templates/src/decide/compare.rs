//! A template as the log has it against what Meta says it is now.

use chrono::{DateTime, Utc};
use contract::{
    HeardFrom, RawJson, TemplateCategoryReported, TemplateComponentsReported, TemplateDeleted, TemplateEvent, TemplateFound,
    TemplateQualityReported, TemplateStatusReported, TemplateSubmitted,
};
use serde_json::{Map, Value, json};
use whatsapp::graph::TemplateFacts;

use crate::template::{Step, Template};

/// What Meta says of a template that is going, or is gone: it is listed for a while.
const GONE: [&str; 2] = ["PENDING_DELETION", DELETED];
const DELETED: &str = "DELETED";
/// What stands where Meta names no status or category.
const UNKNOWN: &str = "UNKNOWN";
/// Of a template that Meta is deciding about.
const IN_REVIEW: [&str; 2] = ["PENDING", "IN_APPEAL"];

/// What is new about a template that Meta listed.
pub(crate) fn listed(
    template: Option<&Template>,
    facts: &TemplateFacts,
    waba: &str,
    heard_from: HeardFrom,
    at: DateTime<Utc>,
) -> Vec<TemplateEvent> {
    let Some(template) = template else { return found(facts, waba) };
    let known = template.meta_id.as_deref();
    match (&template.deleted, &template.pending) {
        // It was deleted here, and Meta has not finished with it.
        (Some(deleted), _) if deleted.heard_from == HeardFrom::Request && known == Some(&facts.id) => Vec::new(),
        (Some(_), _) => found(facts, waba),
        // Whoever brings it to Meta says what came of it.
        (None, Some(_)) => Vec::new(),
        (None, None) if known == Some(&facts.id) && facts.status.as_deref() == Some(DELETED) => vec![TemplateDeleted { heard_from }.into()],
        (None, None) if known == Some(&facts.id) => differences(template, facts, heard_from, at),
        (None, None) if known.is_some() => {
            let anew = found(facts, waba);
            if anew.is_empty() { anew } else { [vec![TemplateDeleted { heard_from }.into()], anew].concat() }
        }
        // Meta refused it here and has it now: somebody made it elsewhere.
        (None, None) => found(facts, waba),
    }
}

/// A template that Meta has no more. Only what a complete list lacks, and Meta does not know by its id either.
pub(crate) fn vanished(template: Option<&Template>) -> Vec<TemplateEvent> {
    match template {
        Some(template) if template.is_there() && template.meta_id.is_some() && template.pending.is_none() => {
            vec![TemplateDeleted { heard_from: HeardFrom::Reconciliation }.into()]
        }
        Some(_) | None => Vec::new(),
    }
}

/// Meta has what was asked for here, however that was learnt.
pub(crate) fn taken(template: &Template, facts: &TemplateFacts, heard_from: HeardFrom, at: DateTime<Utc>) -> Vec<TemplateEvent> {
    if !matches!(&template.pending, Some(pending) if pending.step == Step::Create) {
        return Vec::new();
    }
    let submitted = TemplateSubmitted {
        template_id: facts.id.clone(),
        waba_id: template.waba_id.clone(),
        status: facts.status.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
        category: facts.category.clone().unwrap_or_else(|| template.category.clone()),
    };
    let as_submitted =
        Template { status: Some(submitted.status.clone()), category: submitted.category.clone(), reason: None, ..template.clone() };
    [vec![submitted.into()], differences(&as_submitted, facts, heard_from, at)].concat()
}

/// Whether a change is done at Meta: it is there, or Meta decides about the template anew, which it does after every change.
pub(crate) fn is_edited(edit: &Value, facts: &TemplateFacts) -> bool {
    let in_review = facts.status.as_deref().is_some_and(|status| IN_REVIEW.contains(&status));
    let category = edit.get("category").map(|category| category.as_str() == facts.category.as_deref());
    let components = edit.get("components").map(|components| same(components, &facts.components));
    let said: Vec<bool> = category.into_iter().chain(components).collect();
    in_review || (!said.is_empty() && said.into_iter().all(|is| is))
}

/// Whether a template is going, or gone, by what Meta says of it.
pub(crate) fn is_gone(facts: &TemplateFacts) -> bool {
    facts.status.as_deref().is_some_and(|status| GONE.contains(&status))
}

/// Meta's facts as a definition in Meta's shape.
pub(crate) fn definition(facts: &TemplateFacts) -> RawJson {
    let mut definition = Map::new();
    definition.insert("name".to_owned(), json!(facts.name));
    definition.insert("language".to_owned(), json!(facts.language));
    if let Some(category) = &facts.category {
        definition.insert("category".to_owned(), json!(category));
    }
    if let Some(format) = &facts.parameter_format {
        definition.insert("parameter_format".to_owned(), json!(format));
    }
    definition.insert("components".to_owned(), facts.components.clone());
    raw(&Value::Object(definition))
}

pub(crate) fn raw(value: &Value) -> RawJson {
    RawJson::parse(&value.to_string()).expect("what was a value is JSON")
}

fn found(facts: &TemplateFacts, waba: &str) -> Vec<TemplateEvent> {
    if is_gone(facts) {
        return Vec::new();
    }
    let found = TemplateFound {
        template_id: facts.id.clone(),
        waba_id: waba.to_owned(),
        name: facts.name.clone(),
        language: facts.language.clone(),
        category: facts.category.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
        status: facts.status.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
        definition: definition(facts),
    };
    vec![found.into()]
}

pub(crate) fn differences(template: &Template, facts: &TemplateFacts, heard_from: HeardFrom, at: DateTime<Utc>) -> Vec<TemplateEvent> {
    let mut events = Vec::new();
    let reason = facts.rejected_reason.clone();
    let another_reason = reason.is_some() && reason != template.reason;
    if let Some(status) = facts.status.clone()
        && (template.status.as_ref() != Some(&status) || another_reason)
    {
        events.push(TemplateStatusReported { status, reason, explanation: None, heard_from, at }.into());
    }
    if let Some(category) = facts.category.clone()
        && template.category != category
    {
        let previous = facts.previous_category.clone().or_else(|| Some(template.category.clone()));
        events.push(TemplateCategoryReported { category, previous, effective_at: None, heard_from, at }.into());
    }
    if let Some(score) = facts.quality_score.clone()
        && template.quality.as_deref().unwrap_or(UNKNOWN) != score
    {
        events.push(TemplateQualityReported { score, previous: template.quality.clone(), heard_from, at }.into());
    }
    if !same(&components(template), &facts.components) {
        events.push(TemplateComponentsReported { definition: definition(facts), heard_from, at }.into());
    }
    events
}

/// As the log has them; a template from Meta's library has none of its own.
pub(crate) fn components(template: &Template) -> Value {
    let definition: Value = serde_json::from_str(template.definition.get()).unwrap_or_default();
    definition.get("components").cloned().unwrap_or_default()
}

/// Whether Meta has what is held. What Meta adds inside of an element is no difference, nor are examples: Meta names their files anew each
/// time.
fn same(held: &Value, at_meta: &Value) -> bool {
    match (held, at_meta) {
        (Value::Object(held), Value::Object(at_meta)) => held
            .iter()
            .filter(|(key, _)| key.as_str() != "example")
            .all(|(key, held)| at_meta.get(key).map_or(held == &Value::Bool(false), |at_meta| same(held, at_meta))),
        (Value::Array(held), Value::Array(at_meta)) => {
            held.len() == at_meta.len() && held.iter().zip(at_meta).all(|(held, at_meta)| same(held, at_meta))
        }
        // Ids come as numbers or as texts.
        (Value::String(held), Value::Number(at_meta)) => *held == at_meta.to_string(),
        (Value::Number(held), Value::String(at_meta)) => held.to_string() == *at_meta,
        (held, at_meta) => held == at_meta,
    }
}
