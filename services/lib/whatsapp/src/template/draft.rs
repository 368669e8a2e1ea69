//! A template that is to be made.

use serde_json::Value;

use super::category::{Category, Format, check_ttl};
use super::components::{self, Rules};
use super::{TEMPLATE_BYTES_MAX, normalise};
use crate::field_error::{Code, FieldError};
use crate::outbound::{check_language, check_name};
use crate::strict::{Findings, Node, Object};

/// Ours: a value that Meta gives no limit for.
const LINE_MAX: usize = 512;
/// Ours: inputs of a template from Meta's library.
const INPUTS_MAX: usize = 10;

/// A template that Meta would take into review, as far as its own text tells.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateDraft {
    category: Category,
    json: Value,
}

impl TemplateDraft {
    /// # Errors
    /// All that is wrong, at most [`crate::FIELD_ERRORS_MAX`].
    pub fn parse(template: &Value) -> Result<Self, Vec<FieldError>> {
        let findings = Findings::default();
        let root = Node::root(template, &findings);
        let category = root.object().and_then(|object| check(&object));
        let (Some(category), true) = (category, findings.is_empty()) else { return Err(findings.take()) };
        let json = normalise::template(template);
        if is_short(&root, &json) { Ok(Self { category, json }) } else { Err(findings.take()) }
    }

    pub fn name(&self) -> &str {
        self.json["name"].as_str().unwrap_or_default()
    }

    /// With an underscore: `en_US`.
    pub fn language(&self) -> &str {
        self.json["language"].as_str().unwrap_or_default()
    }

    pub fn category(&self) -> Category {
        self.category
    }

    /// What is posted to Meta: constants in capitals, the language with an underscore.
    pub fn json(&self) -> &Value {
        &self.json
    }
}

fn check(template: &Object<'_>) -> Option<Category> {
    if let Some(name) = template.required("name") {
        check_name(&name);
    }
    if let Some(language) = template.required("language") {
        check_language(&language);
    }
    let category = template.required("category").and_then(|name| name.choice_in_any_case(&Category::ALL, Category::as_str));
    let format = template
        .optional("parameter_format")
        .map_or(Some(Format::Positional), |name| name.choice_in_any_case(&Format::ALL, Format::as_str));
    if let Some(ttl) = template.optional("message_send_ttl_seconds") {
        check_ttl(&ttl, category);
    }
    for key in ["allow_category_change", "cta_url_link_tracking_opted_out"] {
        if let Some(flag) = template.optional(key) {
            flag.flag();
        }
    }
    if let Some(sub_category) = template.optional("sub_category") {
        sub_category.id(LINE_MAX);
    }
    if !check_library(template)
        && let Some(list) = template.required("components")
    {
        components::check(&list, Rules { category, format });
    }
    category
}

/// Whether it is taken from Meta's library: then its components are Meta's.
fn check_library(template: &Object<'_>) -> bool {
    let inputs = [template.optional("library_template_body_inputs"), template.optional("library_template_button_inputs")];
    let Some(name) = template.optional("library_template_name") else {
        for input in inputs.iter().flatten() {
            input
                .refuse(Code::NotAllowed, "must be left out: it belongs to a template from the library, which library_template_name names");
        }
        return false;
    };
    name.id(LINE_MAX);
    template.forbidden("components", "must be left out: the components are those of the template in the library");
    let [body, buttons] = inputs;
    if let Some(body) = body {
        body.free_object();
    }
    if let Some(buttons) = buttons {
        buttons.list("button", 1..=INPUTS_MAX).iter().for_each(Node::free_object);
    }
    true
}

/// Says so if it is too long.
pub(super) fn is_short(root: &Node<'_>, json: &Value) -> bool {
    let length = json.to_string().len();
    if length > TEMPLATE_BYTES_MAX {
        root.refuse(Code::TooLong, format!("must have at most {TEMPLATE_BYTES_MAX} bytes as JSON, has {length}"));
    }
    length <= TEMPLATE_BYTES_MAX
}
