//! A button that opens a link.

use super::named;
use crate::strict::Object;

const DISPLAY_TEXT_MAX: usize = 20;
const URL_MAX: usize = 2000;

pub(super) fn check(action: &Object<'_>) {
    named(action, "cta_url");
    let Some(parameters) = action.required("parameters").and_then(|parameters| parameters.object()) else { return };
    if let Some(text) = parameters.required("display_text") {
        text.line(DISPLAY_TEXT_MAX);
    }
    if let Some(url) = parameters.required("url") {
        url.link(URL_MAX);
    }
}
