//! What stands above the text: a line, a file or a place.

use super::category::Category;
use super::components::Rules;
use super::{example, variables};
use crate::field_error::Code;
use crate::strict::Object;

pub(super) const TEXT_MAX: usize = 60;
const VARIABLES_MAX: usize = 1;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Text,
    Image,
    Video,
    Gif,
    Document,
    Location,
    Product,
}

impl Shown {
    const ALL: [Self; 7] = [Self::Text, Self::Image, Self::Video, Self::Gif, Self::Document, Self::Location, Self::Product];
    const OF_OFFER: [Self; 2] = [Self::Image, Self::Video];
    const OF_CARD: [Self; 3] = [Self::Image, Self::Video, Self::Product];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::Gif => "GIF",
            Self::Document => "DOCUMENT",
            Self::Location => "LOCATION",
            Self::Product => "PRODUCT",
        }
    }
}

pub(super) fn check(header: &Object<'_>, rules: Rules, beside_offer: bool) {
    let among: &[Shown] = if beside_offer { &Shown::OF_OFFER } else { &Shown::ALL };
    check_shown(header, rules, among);
}

pub(super) fn check_of_card(header: &Object<'_>, rules: Rules) -> Option<Shown> {
    check_shown(header, rules, &Shown::OF_CARD)
}

fn check_shown(header: &Object<'_>, rules: Rules, among: &[Shown]) -> Option<Shown> {
    let format = header.required("format");
    let Some(shown) = format.as_ref().and_then(|name| name.choice_in_any_case(among, Shown::name)) else {
        header.leave_the_rest();
        return None;
    };
    if let (Shown::Gif, Some(Category::Utility), Some(format)) = (shown, rules.category, format) {
        format.refuse(Code::NotAllowed, "must not be GIF: only the category MARKETING has it");
    }
    match shown {
        Shown::Text => check_text(header, rules),
        Shown::Image | Shown::Video | Shown::Gif | Shown::Document => example::check_handle(header),
        Shown::Location | Shown::Product => {}
    }
    Some(shown)
}

/// A heading may be nothing but its variable: the rules on places are for running text.
fn check_text(header: &Object<'_>, rules: Rules) {
    let keys = example::Keys { positional: "header_text", named: "header_text_named_params", nested: false };
    let found = header.required("text").and_then(|node| {
        let text = node.line(TEXT_MAX)?;
        let found = variables::check(&node, text, rules.format)?;
        if found.len() > VARIABLES_MAX {
            node.refuse(Code::TooMany, format!("must have at most {VARIABLES_MAX} variable, has {}", found.len()));
            return None;
        }
        Some(found)
    });
    match found {
        Some(found) => example::check(header, &found, &keys),
        // what the examples must be cannot be told
        None => _ = header.optional("example"),
    }
}
