//! Plain text.

use crate::strict::Node;

const BODY_MAX: usize = 4096;

pub(super) fn check(text: &Node<'_>) {
    let Some(object) = text.object() else { return };
    if let Some(body) = object.required("body") {
        body.prose(BODY_MAX);
    }
    if let Some(preview) = object.optional("preview_url") {
        preview.flag();
    }
}
