//! A limited-time offer.

use super::category::Category;
use super::components::Rules;
use crate::field_error::Code;
use crate::strict::Object;

const TEXT_MAX: usize = 16;
/// Of the body beside it.
pub(super) const BODY_MAX: usize = 600;

pub(super) fn check(component: &Object<'_>, rules: Rules) {
    if rules.category == Some(Category::Utility) {
        component.node().refuse(Code::NotAllowed, "must be left out: only the category MARKETING has offers");
    }
    let Some(offer) = component.required("limited_time_offer").and_then(|offer| offer.object()) else { return };
    if let Some(text) = offer.required("text") {
        text.line(TEXT_MAX);
    }
    if let Some(expires) = offer.optional("has_expiration") {
        expires.flag();
    }
}
