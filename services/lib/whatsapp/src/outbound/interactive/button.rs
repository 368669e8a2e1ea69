//! One to three reply buttons.

use crate::strict::{Distinct, Node, Object};

const BUTTONS_MAX: usize = 3;
const ID_MAX: usize = 256;
pub(super) const TITLE_MAX: usize = 20;

pub(super) fn check(action: &Object<'_>) {
    if let Some(buttons) = action.required("buttons") {
        replies(&buttons, "reply", BUTTONS_MAX, ID_MAX);
    }
}

/// `[{"type":"reply","reply":{"id":"…","title":"…"}}]`, no id and no title twice.
pub(super) fn replies(buttons: &Node<'_>, kind: &'static str, count_max: usize, id_max: usize) {
    let (mut ids, mut titles) = (Distinct::default(), Distinct::default());
    for button in buttons.list("button", 1..=count_max) {
        let Some(object) = button.object() else { continue };
        if let Some(name) = object.required("type") {
            name.fixed(kind);
        }
        let Some(reply) = object.required(kind).and_then(|reply| reply.object()) else { continue };
        if let Some(id) = reply.required("id")
            && let Some(text) = id.id(id_max)
        {
            ids.see(&id, text);
        }
        if let Some(title) = reply.required("title")
            && let Some(text) = title.line(TITLE_MAX)
        {
            titles.see(&title, text);
        }
    }
}
