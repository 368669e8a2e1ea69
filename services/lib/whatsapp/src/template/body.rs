//! The text.

use super::components::Rules;
use super::{example, variables};
use crate::strict::Object;

pub(super) const TEXT_MAX: usize = 1024;

pub(super) fn check(body: &Object<'_>, rules: Rules, text_max: usize) {
    let keys = example::Keys { positional: "body_text", named: "body_text_named_params", nested: true };
    let found = body.required("text").and_then(|node| {
        let text = node.prose(text_max)?;
        let found = variables::check(&node, text, rules.format)?;
        variables::check_places(&node, text, &found);
        Some(found)
    });
    match found {
        Some(found) => example::check(body, &found, &keys),
        // what the examples must be cannot be told
        None => _ = body.optional("example"),
    }
}
