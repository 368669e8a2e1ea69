//! The parts of a template: which there may be, each once, and which go together.

use super::category::{Category, Format};
use super::{authentication, body, buttons, carousel, header, offer};
use crate::field_error::Code;
use crate::strict::{Node, Object};

const FOOTER_MAX: usize = 60;

/// What is known of the template as a whole. `None`: it may be either.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) category: Option<Category>,
    pub(super) format: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Header,
    Body,
    Footer,
    Buttons,
    Carousel,
    Offer,
    CallPermission,
}

impl Part {
    const ALL: [Self; 7] = [Self::Header, Self::Body, Self::Footer, Self::Buttons, Self::Carousel, Self::Offer, Self::CallPermission];
    pub(super) const OF_CARD: [Self; 3] = [Self::Header, Self::Body, Self::Buttons];
    pub(super) const OF_AUTHENTICATION: [Self; 3] = [Self::Body, Self::Footer, Self::Buttons];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Header => "HEADER",
            Self::Body => "BODY",
            Self::Footer => "FOOTER",
            Self::Buttons => "BUTTONS",
            Self::Carousel => "CAROUSEL",
            Self::Offer => "LIMITED_TIME_OFFER",
            Self::CallPermission => "CALL_PERMISSION_REQUEST",
        }
    }
}

/// A component that can be told what it is.
pub(super) struct Component<'a> {
    pub(super) part: Part,
    pub(super) object: Object<'a>,
}

/// The components, told what they are, none of them twice.
pub(super) fn read<'a>(list: &Node<'a>, parts: &[Part]) -> Vec<Component<'a>> {
    let mut components: Vec<Component<'a>> = Vec::new();
    for component in list.list("component", 1..=parts.len()) {
        let Some(object) = component.object() else { continue };
        let Some(part) = object.required("type").and_then(|name| name.choice_in_any_case(parts, Part::name)) else {
            object.leave_the_rest();
            continue;
        };
        if components.iter().any(|other| other.part == part) {
            component.refuse(Code::Duplicate, format!("must be the only component of type {}", part.name()));
        }
        components.push(Component { part, object });
    }
    components
}

pub(super) fn check(list: &Node<'_>, rules: Rules) {
    if rules.category.map_or_else(|| authentication::is_meant(list.value()), |category| category == Category::Authentication) {
        return authentication::check(list);
    }
    let components = read(list, &Part::ALL);
    let has = |part: Part| components.iter().any(|component| component.part == part);
    if !has(Part::Body) && list.value().is_array() {
        list.refuse(Code::Required, "must have a component of type BODY");
    }
    let body_max = if has(Part::Offer) { offer::BODY_MAX } else { body::TEXT_MAX };
    for Component { part, object } in &components {
        match part {
            Part::Header => header::check(object, rules, has(Part::Offer)),
            Part::Body => body::check(object, rules, body_max),
            Part::Footer => check_footer(object),
            Part::Buttons => buttons::check(object, rules),
            Part::Carousel => carousel::check(object, rules),
            Part::Offer => offer::check(object, rules),
            Part::CallPermission => {}
        }
        let excluded_by = match part {
            Part::Header | Part::Buttons => has(Part::Carousel).then_some(Part::Carousel),
            Part::Footer => [Part::Carousel, Part::Offer].into_iter().find(|other| has(*other)),
            Part::Offer => has(Part::Carousel).then_some(Part::Carousel),
            Part::Body | Part::Carousel | Part::CallPermission => None,
        };
        if let Some(other) = excluded_by {
            object.node().refuse(Code::NotAllowed, format!("must be left out beside a component of type {}", other.name()));
        }
    }
}

fn check_footer(footer: &Object<'_>) {
    if let Some(node) = footer.required("text")
        && let Some(text) = node.line(FOOTER_MAX)
    {
        no_variables(&node, text);
    }
}

pub(super) fn no_variables(node: &Node<'_>, text: &str) {
    if text.contains("{{") || text.contains("}}") {
        node.refuse(Code::NotAllowed, "must have no variables");
    }
}
