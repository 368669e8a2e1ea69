//! The parts of a template that have something to be filled.

use super::parameter::{self, Parameter};
use crate::field_error::Code;
use crate::outbound::interactive::card_index;
use crate::strict::{Node, Object};

const BUTTONS_MAX: usize = 10;
const CARDS_MAX: usize = 10;
/// Header, body, carousel, limited-time offer and the buttons.
const COMPONENTS_MAX: usize = 4 + BUTTONS_MAX;
/// As many as a body of 1,024 characters has room for.
const PARAMETERS_MAX: usize = 200;

const HEADER_TEXT_MAX: usize = 60;
const BODY_TEXT_MAX: usize = 1024;
/// Of a template that is nothing but a body.
pub(crate) const LONE_BODY_TEXT_MAX: usize = 32_768;
const URL_TEXT_MAX: usize = 2000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Header,
    Body,
    Button,
    Carousel,
    LimitedTimeOffer,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Button {
    QuickReply,
    Url,
    CopyCode,
    Flow,
    Catalog,
    Mpm,
    VoiceCall,
}

impl Part {
    const OF_MESSAGE: [Self; 5] = [Self::Header, Self::Body, Self::Button, Self::Carousel, Self::LimitedTimeOffer];
    const OF_CARD: [Self; 3] = [Self::Header, Self::Body, Self::Button];

    fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Body => "body",
            Self::Button => "button",
            Self::Carousel => "carousel",
            Self::LimitedTimeOffer => "limited_time_offer",
        }
    }
}

impl Button {
    const ALL: [Self; 7] = [Self::QuickReply, Self::Url, Self::CopyCode, Self::Flow, Self::Catalog, Self::Mpm, Self::VoiceCall];

    fn name(self) -> &'static str {
        match self {
            Self::QuickReply => "quick_reply",
            Self::Url => "url",
            Self::CopyCode => "copy_code",
            Self::Flow => "flow",
            Self::Catalog => "catalog",
            Self::Mpm => "mpm",
            Self::VoiceCall => "voice_call",
        }
    }

    fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::QuickReply => &[Parameter::Payload],
            Self::Url => &[Parameter::Text],
            Self::CopyCode => &[Parameter::CouponCode],
            Self::Flow => &[Parameter::FlowAction],
            Self::Catalog => &[Parameter::CatalogAction],
            Self::Mpm => &[Parameter::ProductsAction],
            Self::VoiceCall => &[Parameter::Payload, Parameter::TtlMinutes],
        }
    }
}

pub(super) fn check(components: &Node<'_>) {
    check_parts(components, &Part::OF_MESSAGE);
}

fn check_parts(components: &Node<'_>, parts: &[Part]) {
    let list = components.list("component", 0..=COMPONENTS_MAX);
    let (mut seen, mut indexes) = (Vec::new(), Vec::new());
    for component in &list {
        let Some(object) = component.object() else { continue };
        let Some(part) = object.required("type").and_then(|name| name.choice_in_any_case(parts, Part::name)) else {
            object.leave_the_rest();
            continue;
        };
        if part != Part::Button && seen.contains(&part) {
            component.refuse(Code::Duplicate, format!("must be the only component of type {}", part.name()));
        }
        seen.push(part);
        match part {
            Part::Header => parameters(&object, 1, &Parameter::OF_HEADER, HEADER_TEXT_MAX),
            Part::Body => {
                let text_max = if list.len() == 1 { LONE_BODY_TEXT_MAX } else { BODY_TEXT_MAX };
                parameters(&object, PARAMETERS_MAX, &Parameter::OF_BODY, text_max);
            }
            Part::Button => check_button(&object, &mut indexes),
            Part::Carousel => check_cards(&object),
            Part::LimitedTimeOffer => parameters(&object, 1, &[Parameter::LimitedTimeOffer], 0),
        }
    }
}

fn parameters(component: &Object<'_>, count_max: usize, allowed: &[Parameter], text_max: usize) {
    if let Some(list) = component.required("parameters") {
        parameter::check(&list, 1..=count_max, allowed, text_max);
    }
}

fn check_button(button: &Object<'_>, indexes: &mut Vec<String>) {
    if let Some(index) = button.required("index")
        && let Some(text) = read_index(&index)
    {
        if indexes.contains(&text) {
            index.refuse(Code::Duplicate, "must be different from the index of every other button");
        }
        indexes.push(text);
    }
    let Some(sub_type) = button.required("sub_type").and_then(|name| name.choice_in_any_case(&Button::ALL, Button::name)) else {
        return button.leave_the_rest();
    };
    let allowed = sub_type.parameters();
    parameters(button, allowed.len(), allowed, URL_TEXT_MAX);
}

/// `"0"`, or 0.
fn read_index(index: &Node<'_>) -> Option<String> {
    if index.value().is_number() {
        return index.integer(0..=9).map(|number| number.to_string());
    }
    let text = index.string()?;
    let is_digit = text.len() == 1 && text.starts_with(|c: char| c.is_ascii_digit());
    index.matches(text, is_digit, "must be one digit as text, \"0\" to \"9\"").map(str::to_owned)
}

fn check_cards(carousel: &Object<'_>) {
    let Some(cards) = carousel.required("cards") else { return };
    for (index, card) in cards.list("card", 1..=CARDS_MAX).iter().enumerate() {
        let Some(object) = card.object() else { continue };
        card_index(&object, index);
        if let Some(components) = object.required("components") {
            check_parts(&components, &Part::OF_CARD);
        }
    }
}
