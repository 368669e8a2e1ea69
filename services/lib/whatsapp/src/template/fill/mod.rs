//! Whether a message fills the template that it names: every variable, with what belongs there, and nothing that is not asked for.
//!
//! The template's side is read as Meta gives it, so it is never refused: what is not understood there asks for nothing.

mod length;
mod need;

use need::{Need, Takes};
use serde_json::Value;

use super::variables::{is_position, names};
use super::{body, header};
use crate::field_error::{Code, FieldError};
use crate::outbound::{LONE_BODY_TEXT_MAX, Outbound};
use crate::strict::{Findings, counted};

const COMPONENTS: &str = "/template/components";

/// What is wrong with the components of a template message, at their places in the message. `components_of_template` is what Meta
/// (or [`super::TemplateDraft::json`]) has under `components`. A message that is no template has nothing to fill. Nothing is said where the
/// template's components are not known: those from Meta's library are Meta's to tell.
pub fn check_parameters(components_of_template: &Value, used: &Outbound) -> Vec<FieldError> {
    let findings = Findings::default();
    if let Some(template) = components_of_template.as_array()
        && used.template().is_some()
    {
        let nothing = Vec::new();
        let given = used.json().pointer(COMPONENTS).and_then(Value::as_array).unwrap_or(&nothing);
        Level { findings: &findings, template, given, at: COMPONENTS.to_owned() }.check();
    }
    findings.take()
}

/// The components of the message, or those of one card.
struct Level<'a> {
    findings: &'a Findings,
    template: &'a [Value],
    given: &'a [Value],
    at: String,
}

impl<'a> Level<'a> {
    fn check(&self) {
        self.fill("header", &self.part("HEADER").map_or(Need::Nothing, Need::of_header));
        self.check_length("header", header::TEXT_MAX);
        self.fill("body", &self.need_of_body());
        self.check_length("body", if self.template.len() == 1 { LONE_BODY_TEXT_MAX } else { body::TEXT_MAX });
        self.fill("limited_time_offer", &self.part("LIMITED_TIME_OFFER").map_or(Need::Nothing, Need::of_offer));
        self.check_buttons();
        self.check_cards();
    }

    /// A component of the template.
    fn part(&self, name: &str) -> Option<&'a Value> {
        self.template.iter().find(|component| is(component, "type", name))
    }

    fn buttons(&self) -> &'a [Value] {
        list(self.part("BUTTONS"), "buttons")
    }

    fn need_of_body(&self) -> Need<'a> {
        let text = self.part("BODY").and_then(|body| body.get("text")).and_then(Value::as_str);
        match text {
            Some(text) => Need::texts(names(text)),
            // as a template with a code is made: its text is Meta's, with one variable
            None if self.buttons().iter().any(|button| is(button, "type", "OTP")) => Need::Texts(vec!["1"]),
            None => Need::Nothing,
        }
    }

    fn fill(&self, kind: &str, need: &Need<'_>) {
        let given = self.given.iter().enumerate().find(|(_, component)| is(component, "type", kind));
        match (need, given) {
            (Need::Nothing, None) | (Need::Anything, _) => {}
            (Need::Nothing, Some((index, _))) => {
                self.say(
                    &format!("/{index}"),
                    Code::NotAllowed,
                    format!("must be left out: the template has nothing to fill in its {kind}"),
                );
            }
            (Need::Texts(_) | Need::One(_), None) => {
                self.say("", Code::Required, format!("must have a component of type {kind}: the template has something to fill there"));
            }
            (Need::Texts(names), Some((index, component))) => self.fill_texts(names, list(Some(component), "parameters"), index),
            (Need::One(name), Some((index, component))) => {
                if !list(Some(component), "parameters").first().is_some_and(|parameter| is(parameter, "type", name)) {
                    self.say(&format!("/{index}/parameters/0/type"), Code::Value, format!("must be {name}, as in the template"));
                }
            }
        }
    }

    /// Meta measures a text with everything filled in (132005).
    fn check_length(&self, kind: &str, length_max: usize) {
        let text = self.part(kind).and_then(|part| part.get("text")).and_then(Value::as_str);
        let given = self.given.iter().enumerate().find(|(_, component)| is(component, "type", kind));
        let (Some(text), Some((index, component))) = (text, given) else { return };
        let length = length::filled(text, list(Some(component), "parameters"));
        if length > length_max {
            let allowed = counted(length_max, "character");
            self.say(
                &format!("/{index}/parameters"),
                Code::TooLong,
                format!("must leave the {kind} with at most {allowed} once it is filled, has {length}"),
            );
        }
    }

    fn fill_texts(&self, names: &[&str], given: &[Value], index: usize) {
        let at = format!("/{index}/parameters");
        for (place, parameter) in given.iter().enumerate() {
            if !["text", "currency", "date_time"].iter().any(|name| is(parameter, "type", name)) {
                self.say(&format!("{at}/{place}/type"), Code::Value, "must be text, currency or date_time, as in the template".to_owned());
            }
        }
        if names.iter().all(|name| is_position(name)) {
            self.fill_positions(names.len(), given, &at);
        } else {
            self.fill_names(names, given, &at);
        }
    }

    fn fill_positions(&self, count: usize, given: &[Value], at: &str) {
        if given.len() != count {
            let code = if given.len() < count { Code::TooFew } else { Code::TooMany };
            self.say(at, code, format!("must have as many parameters as the template has variables, {count}, has {}", given.len()));
        }
        for (place, _) in given.iter().enumerate().filter(|(_, parameter)| parameter.get("parameter_name").is_some()) {
            let detail = "must be left out: the template's variables are numbered";
            self.say(&format!("{at}/{place}/parameter_name"), Code::NotAllowed, detail.to_owned());
        }
    }

    fn fill_names(&self, names: &[&str], given: &[Value], at: &str) {
        let mut filled = Vec::new();
        for (place, parameter) in given.iter().enumerate() {
            let at = format!("{at}/{place}/parameter_name");
            match parameter.get("parameter_name").and_then(Value::as_str) {
                None => self.say(&at, Code::Required, "is required: the template's variables have names".to_owned()),
                Some(name) if !names.contains(&name) => {
                    self.say(&at, Code::Value, format!("must be one of the template's variables: {}", names.join(", ")));
                }
                Some(name) => filled.push(name),
            }
        }
        for name in names.iter().filter(|name| !filled.contains(name)) {
            self.say(at, Code::Required, format!("must have a parameter with the name {name}"));
        }
    }

    fn check_buttons(&self) {
        let buttons = self.buttons();
        let mut pressed = Vec::new();
        for (place, given) in self.given.iter().enumerate().filter(|(_, component)| is(component, "type", "button")) {
            let index = given.get("index").and_then(Value::as_str).and_then(|index| index.parse::<usize>().ok());
            let Some((index, button)) = index.and_then(|index| Some((index, buttons.get(index)?))) else {
                self.say(
                    &format!("/{place}/index"),
                    Code::Value,
                    format!("must be the index of a button: the template has {}", buttons.len()),
                );
                continue;
            };
            pressed.push(index);
            match Takes::of(button) {
                Takes::Nothing => {
                    self.say(&format!("/{place}"), Code::NotAllowed, "must be left out: this button has nothing to fill".to_owned())
                }
                Takes::Always(name) | Takes::Perhaps(name) if !is(given, "sub_type", name) => {
                    self.say(&format!("/{place}/sub_type"), Code::Value, format!("must be {name}, as in the template"));
                }
                Takes::Always(_) | Takes::Perhaps(_) => {}
            }
        }
        for (index, button) in buttons.iter().enumerate().filter(|(index, _)| !pressed.contains(index)) {
            if let Takes::Always(name) = Takes::of(button) {
                self.say("", Code::Required, format!("must have a component of type button with sub_type {name} and index {index}"));
            }
        }
    }

    fn check_cards(&self) {
        let cards = self.part("CAROUSEL").map(|carousel| list(Some(carousel), "cards"));
        let given = self.given.iter().enumerate().find(|(_, component)| is(component, "type", "carousel"));
        let (place, cards, given) = match (cards, given) {
            (None, None) => return,
            (Some(_), None) => return self.say("", Code::Required, "must have a component of type carousel, as the template".to_owned()),
            (None, Some((place, _))) => {
                return self.say(&format!("/{place}"), Code::NotAllowed, "must be left out: the template has no carousel".to_owned());
            }
            (Some(cards), Some((place, carousel))) => (place, cards, list(Some(carousel), "cards")),
        };
        if given.len() != cards.len() {
            let code = if given.len() < cards.len() { Code::TooFew } else { Code::TooMany };
            self.say(
                &format!("/{place}/cards"),
                code,
                format!("must have as many cards as the template, {}, has {}", cards.len(), given.len()),
            );
        }
        for (index, (card, given)) in cards.iter().zip(given).enumerate() {
            let at = format!("{}/{place}/cards/{index}/components", self.at);
            let (template, given) = (list(Some(card), "components"), list(Some(given), "components"));
            Level { findings: self.findings, template, given, at }.check();
        }
    }

    fn say(&self, place: &str, code: Code, detail: String) {
        self.findings.add(format!("{}{place}", self.at), code, detail);
    }
}

/// Whether the value under `key` is this text, in capitals or not.
pub(crate) fn is(holder: &Value, key: &str, text: &str) -> bool {
    holder.get(key).and_then(Value::as_str).is_some_and(|found| found.eq_ignore_ascii_case(text))
}

fn list<'v>(holder: Option<&'v Value>, key: &str) -> &'v [Value] {
    holder.and_then(|holder| holder.get(key)).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
