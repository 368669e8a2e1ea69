//! Examples: what a reviewer sees in the place of each variable.

use super::variables::{Variable, is_position};
use crate::field_error::Code;
use crate::strict::{Distinct, Node, Object};

/// Ours: one example.
const EXAMPLE_MAX: usize = 1024;
/// Ours: the file that was uploaded. Meta gives long ones, of several lines for large files.
const HANDLE_MAX: usize = 8192;

/// Where the examples of a text are.
pub(super) struct Keys {
    pub(super) positional: &'static str,
    pub(super) named: &'static str,
    /// A list in a list, as in a body.
    pub(super) nested: bool,
}

/// The `example` of a text with these variables: one for each, and none without any.
pub(super) fn check(component: &Object<'_>, found: &[Variable<'_>], keys: &Keys) {
    let mut names: Vec<_> = found.iter().map(|variable| variable.name).collect();
    names.sort_unstable();
    names.dedup();
    let Some(first) = names.first() else {
        return component.forbidden("example", "must be left out: there is no variable");
    };
    let Some(example) = component.optional("example") else {
        return component.missing("example", "is required: an example for each variable");
    };
    let Some(object) = example.object() else { return };
    if !is_position(first) {
        if let Some(list) = object.required(keys.named) {
            check_named(&list, &names);
        }
    } else if let Some(list) = object.required(keys.positional) {
        if keys.nested {
            list.list("list of examples", 1..=1).iter().for_each(|inner| check_listed(inner, names.len()));
        } else {
            check_listed(&list, names.len());
        }
    }
}

fn check_listed(list: &Node<'_>, count: usize) {
    for example in list.list("example", count..=count) {
        example.line(EXAMPLE_MAX);
    }
}

fn check_named(list: &Node<'_>, names: &[&str]) {
    let mut seen = Distinct::default();
    for example in list.list("example", names.len()..=names.len()) {
        let Some(object) = example.object() else { continue };
        if let Some(name) = object.required("param_name")
            && let Some(text) = name.string()
        {
            seen.see(&name, text);
            if !names.contains(&text) {
                name.refuse(Code::Value, "must be the name of a variable in the text");
            }
        }
        if let Some(text) = object.required("example") {
            text.line(EXAMPLE_MAX);
        }
    }
}

/// `{"header_handle":["4::aW…"]}`
pub(super) fn check_handle(component: &Object<'_>) {
    let Some(example) = component.optional("example") else {
        return component.missing("example", "is required: the handle of an uploaded file as header_handle");
    };
    let Some(handles) = example.object().and_then(|object| object.required("header_handle")) else { return };
    for handle in handles.list("handle", 1..=1) {
        handle.prose(HANDLE_MAX);
    }
}

/// Text, or a list of one: Meta takes both for a button.
pub(super) fn of_button(example: &Node<'_>, check: impl Fn(&Node<'_>)) {
    if example.value().is_array() {
        example.list("example", 1..=1).iter().for_each(check);
    } else {
        check(example);
    }
}
