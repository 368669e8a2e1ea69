//! References and expressions in properties: does each name something, and is it of the type that the place wants.

use super::facts::Missing;
use super::{Here, Judge};
use crate::data_type::DataType;
use crate::expression::{EXPRESSIONS_SINCE, Expression, Mode, Reference, Source, Written, judge, parse};
use crate::json::Node;
use crate::place::Place;
use crate::report::shortened;

static ANY: DataType = DataType::Any;

/// What was found wrong, for the caller to report under the code of the place.
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl<'a> Judge<'a> {
    /// An expression as the value of a component's property.
    pub(super) fn dynamic(&mut self, here: &Here<'a>, node: &Node, expression: &Expression, wanted: &DataType, place: &Place<'_>) {
        let missing = self.missing_in(here, expression);
        let is_whole = missing.is_empty();
        for (reference, why) in missing {
            self.error("INVALID_SCREEN_DYNAMIC_DATA", node.span, place, missing_message(here, &reference, why, false));
        }
        let (found, faults) = self.type_of(here, expression);
        for fault in faults {
            self.error(fault.code, node.span, place, fault.message);
        }
        if is_whole && !wanted.takes(found) {
            let message = format!("Expected '{}' to be of type '{}'.", shortened(node.text().unwrap_or_default()), wanted.name());
            self.error("INVALID_SCREEN_DYNAMIC_DATA", node.span, place, message);
        }
    }

    /// References that stand for nothing.
    pub(super) fn missing_in(&self, here: &Here<'a>, expression: &Expression) -> Vec<(Reference, Missing)> {
        let mut found: Vec<(Reference, Missing)> = Vec::new();
        for reference in expression.references() {
            if let Err(why) = self.facts.resolve(here.screen, reference)
                && !found.iter().any(|(told, _)| told == reference)
            {
                found.push((reference.clone(), why));
            }
        }
        found
    }

    pub(super) fn type_of(&self, here: &Here<'a>, expression: &Expression) -> (&'a DataType, Vec<Fault>) {
        let facts = self.facts;
        let judged = judge(expression, &|reference| facts.resolve(here.screen, reference).unwrap_or(&ANY));
        let faults = judged.faults.into_iter().map(|message| Fault { code: "INVALID_PROPERTY_VALUE", message }).collect();
        (judged.data_type, faults)
    }

    /// Whether a text is a reference to a list of texts, which some properties take as well as one text.
    pub(super) fn gives_list(&self, here: &Here<'a>, text: &str) -> bool {
        let Written::Dynamic(Expression::Reference(reference)) = Written::read(text, self.facts.version) else { return false };
        let wanted = DataType::List(Box::new(DataType::Text));
        self.facts.resolve(here.screen, &reference).is_ok_and(|found| *found != DataType::Any && wanted.takes(found))
    }

    pub(super) fn condition(&mut self, here: &Here<'a>, node: &Node, place: &Place<'_>) {
        let Some(text) = node.text() else { return self.wrong_type(node, place, "string") };
        if text.trim_matches(['`', ' ']).is_empty() {
            let message = "Expected property 'condition' to contain at least one operand.".to_owned();
            return self.error("INVALID_PROPERTY_VALUE", node.span, place, message);
        }
        let expression = match self.parsed_condition(text) {
            Ok(expression) => expression,
            Err(why) => return self.error("INVALID_PROPERTY_VALUE", node.span, place, why),
        };
        let missing = self.missing_in(here, &expression);
        for (reference, why) in missing {
            self.error("INVALID_SCREEN_DYNAMIC_DATA", node.span, place, missing_message(here, &reference, why, false));
        }
        let (found, mut faults) = self.type_of(here, &expression);
        if faults.is_empty() && !DataType::Bool.takes(found) {
            faults.push(Fault { code: "INVALID_PROPERTY_VALUE", message: "Expected single operand to be a boolean.".to_owned() });
        }
        if faults.is_empty() && expression.references().is_empty() {
            let message = "The only operand is a literal value. Expected single operand to be a boolean.".to_owned();
            faults.push(Fault { code: "INVALID_PROPERTY_VALUE", message });
        }
        for fault in faults {
            self.error(fault.code, node.span, place, fault.message);
        }
    }

    /// A condition compares in every version; back-ticks and arithmetic came later.
    fn parsed_condition(&self, text: &str) -> Result<Expression, String> {
        let is_early = self.facts.version < EXPRESSIONS_SINCE;
        if is_early && text.starts_with('`') {
            return Err("Unexpected character '`' found at column 1.".to_owned());
        }
        match parse(text, Mode::Condition)? {
            expression if is_early && expression.calculates() => {
                Err(format!("Arithmetic is possible from version {EXPRESSIONS_SINCE} on."))
            }
            expression => Ok(expression),
        }
    }

    /// What a Switch looks at.
    pub(super) fn subject(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        if node.text().is_none() {
            return self.wrong_type(node, place, "string");
        }
        self.reference_or(here, key, node, &DataType::Text, place, |judge| {
            let message = format!("Property {key} should have dynamic data format of the form ${{data.your_value}}.");
            judge.error("PATTERN_MISMATCH", node.span, place, message);
        });
    }
}

/// In the words that Meta has for it, which differ between a payload and other properties.
pub(super) fn missing_message(here: &Here<'_>, reference: &Reference, why: Missing, in_payload: bool) -> String {
    let (text, id) = (shortened(&reference.text), shortened(here.screen.id));
    let other = reference.screen.as_deref().map(shortened);
    match (why, other, reference.source) {
        (Missing::Form, ..) => "Value of 'Form' component cannot be used in form binding.".to_owned(),
        (Missing::Itself, ..) => format!(
            "Global dynamic data '{text}' used on screen '{id}' is invalid since screen '{id}' represents current screen. Convert expression to local referencing."
        ),
        (Missing::Screen, other, _) => {
            let other = other.unwrap_or_default();
            format!("Global dynamic data '{text}' used on screen '{id}' is invalid since screen '{other}' is missing in the Flow JSON.")
        }
        (Missing::Name, Some(other), _) => {
            format!("Global Dynamic data '{text}' on screen {other} does not exist, but is used on screen {id}.")
        }
        (Missing::Name, None, Source::Form) => format!("Missing Form component {text} for screen '{id}'."),
        (Missing::Name, None, Source::Data) if in_payload => format!("Missing dynamic data '{text}' in the data model for screen {id}."),
        (Missing::Name, None, Source::Data) => format!("Missing dynamic data '{text}' in the screen data model."),
    }
}
