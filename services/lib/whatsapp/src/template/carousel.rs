//! Cards beside each other, all built alike.

use super::components::{Component, Part, Rules, read};
use super::{body, buttons, header};
use crate::field_error::Code;
use crate::strict::{Node, Object};

const CARDS_MIN: usize = 2;
const CARDS_MAX: usize = 10;
const BODY_MAX: usize = 160;

/// What must be the same on all cards.
#[derive(Default, PartialEq)]
struct Build {
    shown: Option<header::Shown>,
    has_body: bool,
    buttons: Vec<buttons::Kind>,
}

pub(super) fn check(carousel: &Object<'_>, rules: Rules) {
    let Some(list) = carousel.required("cards") else { return };
    let mut first: Option<Build> = None;
    for card in list.list("card", CARDS_MIN..=CARDS_MAX) {
        let Some(components) = card.object().and_then(|object| object.required("components")) else { continue };
        let build = check_card(&components, rules);
        match &first {
            None => first = Some(build),
            Some(first) if *first != build => {
                card.refuse(Code::Value, "must be built like the first card: the same header, a body or none, the same buttons");
            }
            Some(_) => {}
        }
    }
}

fn check_card(list: &Node<'_>, rules: Rules) -> Build {
    let mut build = Build::default();
    let components = read(list, &Part::OF_CARD);
    for Component { part, object } in &components {
        match part {
            Part::Header => build.shown = header::check_of_card(object, rules),
            Part::Body => {
                body::check(object, rules, BODY_MAX);
                build.has_body = true;
            }
            Part::Buttons => build.buttons = buttons::check_of_card(object, rules),
            // not among the parts of a card
            Part::Footer | Part::Carousel | Part::Offer | Part::CallPermission => {}
        }
    }
    for needed in [Part::Header, Part::Buttons] {
        if list.value().is_array() && !components.iter().any(|component| component.part == needed) {
            list.refuse(Code::Required, format!("must have a component of type {}", needed.name()));
        }
    }
    build
}
