//! A template as it is sent: its name, its language, and what fills its variables. Whether that fits the template is said by
//! [`crate::template::check_parameters`], which has the template.

mod component;
mod parameter;

pub(crate) use component::LONE_BODY_TEXT_MAX;

use crate::strict::Node;

const NAME_MAX: usize = 512;

pub(super) fn check(template: &Node<'_>) {
    let Some(object) = template.object() else { return };
    if let Some(name) = object.required("name") {
        check_name(&name);
    }
    if let Some(language) = object.required("language").and_then(|language| language.object()) {
        if let Some(code) = language.required("code") {
            check_language(&code);
        }
        if let Some(policy) = language.optional("policy") {
            policy.fixed("deterministic");
        }
    }
    if let Some(components) = object.optional("components") {
        component::check(&components);
    }
}

/// Also of a template that is to be made.
pub(crate) fn check_name(name: &Node<'_>) {
    if let Some(text) = name.line(NAME_MAX) {
        let fits = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        name.matches(text, fits, "must be lower-case letters, digits and underscores");
    }
}

/// `en`, `en_US`; `en-US` is the same.
pub(crate) fn check_language(code: &Node<'_>) {
    let Some(text) = code.string() else { return };
    let (language, country) = text.split_once(['_', '-']).unwrap_or((text, "US"));
    let fits = (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && (2..=4).contains(&country.len())
        && country.bytes().all(|byte| byte.is_ascii_alphanumeric());
    code.matches(text, fits, "must be a language such as en or en_US");
}
