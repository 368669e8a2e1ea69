//! A change of a template. Components are replaced all together, as Meta does it.

use serde_json::Value;

use super::category::{Category, check_ttl};
use super::components::{self, Rules};
use super::{draft, normalise};
use crate::field_error::{Code, FieldError};
use crate::strict::{Findings, Node};

/// At least one of category, components and time to live. How variables are written is known to the template alone, so they may
/// be written either way, but only in one.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateEdit {
    json: Value,
}

impl TemplateEdit {
    /// # Errors
    /// All that is wrong, at most [`crate::FIELD_ERRORS_MAX`].
    pub fn parse(edit: &Value) -> Result<Self, Vec<FieldError>> {
        let findings = Findings::default();
        let root = Node::root(edit, &findings);
        check(&root);
        if !findings.is_empty() {
            return Err(findings.take());
        }
        let json = normalise::template(edit);
        if draft::is_short(&root, &json) { Ok(Self { json }) } else { Err(findings.take()) }
    }

    pub fn category(&self) -> Option<Category> {
        self.json.get("category").and_then(Value::as_str).and_then(Category::parse)
    }

    /// The new components, all of them.
    pub fn components(&self) -> Option<&Value> {
        self.json.get("components")
    }

    /// -1 stands for 30 days.
    pub fn message_send_ttl_seconds(&self) -> Option<i64> {
        self.json.get("message_send_ttl_seconds").and_then(Value::as_i64)
    }

    /// What is posted to Meta.
    pub fn json(&self) -> &Value {
        &self.json
    }
}

fn check(edit: &Node<'_>) {
    let Some(object) = edit.object() else { return };
    if object.is_empty() {
        edit.refuse(Code::TooFew, "must have at least 1 of category, components, message_send_ttl_seconds");
    }
    let category = object.optional("category").and_then(|name| name.choice_in_any_case(&Category::ALL, Category::as_str));
    if let Some(ttl) = object.optional("message_send_ttl_seconds") {
        check_ttl(&ttl, category);
    }
    if let Some(list) = object.optional("components") {
        components::check(&list, Rules { category, format: None });
    }
}
