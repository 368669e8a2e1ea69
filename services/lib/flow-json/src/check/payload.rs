//! The payload of an action: what each value stands for, whether the next screen takes it, and where values of pickers may go.

use std::borrow::Cow;

use super::dynamic::missing_message;
use super::facts::Screen;
use super::{Here, Judge};
use crate::component::{Action, Role};
use crate::data_type::DataType;
use crate::expression::{Expression, Written};
use crate::json::{Member, Node, Object, Value};
use crate::place::Place;
use crate::report::{quoted, shortened};

const FILES_DEFAULT: f64 = 30.0;
/// Names of fields that one message lists.
const LISTED_MAX: usize = 20;

/// Of the payload that is being judged.
struct Payload<'p, 'a> {
    here: &'p Here<'a>,
    action: Action,
    /// Pickers met so far.
    pickers: usize,
}

impl<'a> Judge<'a> {
    /// `target` is the screen that a navigate names.
    pub(super) fn payload(&mut self, here: &Here<'a>, member: &'a Member, action: Action, target: Option<&str>, place: &Place<'_>) {
        let Some(object) = self.object(&member.node, place) else { return };
        let mut payload = Payload { here, action, pickers: 0 };
        let facts = self.facts;
        let next = target.filter(|_| action == Action::Navigate).and_then(|target| facts.screen(target));
        for member in object.iter() {
            if self.collected.is_full() {
                return;
            }
            let at = place.key(&member.key);
            let found = self.payload_value(&mut payload, &member.key, &member.node, true, &at);
            let model = match action {
                Action::UpdateData => here.screen.data.as_ref(),
                Action::Navigate => next.and_then(|next| next.data.as_ref()),
                Action::Complete | Action::DataExchange | Action::OpenUrl => None,
            };
            match model.and_then(|data| data.get(&member.key)) {
                Some(wanted) if !wanted.takes(&found) => {
                    self.differs(here, member, action, (wanted, found.as_ref()), next.map(|next| next.id), &at)
                }
                None if action == Action::UpdateData => self.no_such_property(&member.key, &member.node, &at),
                _ => {}
            }
        }
        if let Some(next) = next {
            self.fields_of_next(next, member, object, place);
        }
    }

    /// Both have the same fields.
    fn fields_of_next(&mut self, next: &Screen<'_>, member: &Member, payload: &Object, place: &Place<'_>) {
        const CODE: &str = "INVALID_NAVIGATE_ACTION_PAYLOAD";
        let Some(model) = &next.data else {
            if !payload.is_empty() {
                let message = format!("No data model is defined in the next screen '{}'.", shortened(next.id));
                self.error(CODE, member.key_span, place, message);
            }
            return;
        };
        if let Some(names) = listed(payload.iter().map(|member| member.key.as_str()).filter(|key| !model.contains_key(*key))) {
            let message = format!("Following fields are missing in the next screen's data model: [{names}].");
            self.error(CODE, member.key_span, place, message);
        }
        if let Some(names) = listed(model.keys().map(String::as_str).filter(|key| !payload.has(key))) {
            let message = format!("Following fields are expected in the next screen's data model but missing in payload: [{names}].");
            self.error(CODE, member.key_span, place, message);
        }
    }

    fn differs(
        &mut self,
        here: &Here<'a>,
        member: &Member,
        action: Action,
        types: (&DataType, &DataType),
        next: Option<&str>,
        place: &Place<'_>,
    ) {
        let (key, source) = (shortened(&member.key), shortened(here.screen.id));
        let (wanted, found) = (types.0.name(), types.1.name());
        if action == Action::UpdateData {
            let message = format!("Property '{key}' of the screen data model is expecting '{wanted}' but got '{found}'.");
            return self.error("INVALID_ACTION_PAYLOAD_PROPERTY", member.node.span, place, message);
        }
        let next = shortened(next.unwrap_or_default());
        let message = match member.node.text() {
            Some(text) if Written::read(text, self.facts.version) != Written::Literal => {
                let text = shortened(text);
                format!(
                    "Schema of dynamic data '{text}' is not matching schema of data model field '{key}' on screen '{next}'. Property is expecting '{wanted}' but got '{found}'."
                )
            }
            _ => format!(
                "Schema of payload data at '{key}' on screen '{source}' is not matching with schema of data model field on screen '{next}'. Property is expecting '{wanted}' but got '{found}'."
            ),
        };
        self.error("INVALID_NAVIGATE_ACTION_PAYLOAD", member.node.span, place, message);
    }

    fn no_such_property(&mut self, key: &str, node: &Node, place: &Place<'_>) {
        let message = format!("The following property {} does not exist in the screen data model", shortened(key));
        self.error("INVALID_ACTION_PAYLOAD_PROPERTY", node.span, place, message);
    }

    fn payload_value(
        &mut self,
        payload: &mut Payload<'_, 'a>,
        key: &str,
        node: &'a Node,
        top: bool,
        place: &Place<'_>,
    ) -> Cow<'a, DataType> {
        match &node.value {
            Value::Null => self.wrong_type(node, place, "string, number, boolean, array or object"),
            Value::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.payload_value(payload, key, element, false, &place.index(index));
                }
            }
            Value::Object(object) => {
                for member in object.iter() {
                    self.payload_value(payload, &member.key, &member.node, false, &place.key(&member.key));
                }
            }
            Value::Text(text) => match Written::read(text, self.facts.version) {
                Written::Literal => {}
                Written::Dynamic(expression) => return Cow::Borrowed(self.payload_expression(payload, node, &expression, top, place)),
                Written::Malformed(_) => {
                    let message = format!("Invalid value found for the property {}.", quoted(key));
                    self.error("INVALID_ON_CLICK_ACTION_PAYLOAD", node.span, place, message);
                    return Cow::Owned(DataType::Any);
                }
            },
            Value::Bool(_) | Value::Number(_) => {}
        }
        match &node.value {
            // what an element refers to is judged, but not compared
            Value::List(elements)
                if elements
                    .iter()
                    .any(|element| element.text().is_some_and(|text| Written::read(text, self.facts.version) != Written::Literal)) =>
            {
                Cow::Owned(DataType::List(Box::new(DataType::Any)))
            }
            _ => Cow::Owned(DataType::of_literal(node)),
        }
    }

    fn payload_expression(
        &mut self,
        payload: &mut Payload<'_, 'a>,
        node: &Node,
        expression: &Expression,
        top: bool,
        place: &Place<'_>,
    ) -> &'a DataType {
        let here = payload.here;
        let missing = self.missing_in(here, expression);
        let is_whole = missing.is_empty();
        for (reference, why) in missing {
            if payload.action == Action::UpdateData {
                self.no_such_property(&reference.text, node, place);
            } else {
                let message = missing_message(here, &reference, why, true);
                self.error("INVALID_ON_CLICK_ACTION_PAYLOAD", node.span, place, message);
            }
        }
        let (found, faults) = self.type_of(here, expression);
        for fault in faults {
            self.error("INVALID_ON_CLICK_ACTION_PAYLOAD", node.span, place, fault.message);
        }
        self.pickers(payload, node, expression, top, place);
        if is_whole { found } else { &DataType::Any }
    }

    /// The value of a picker goes to the server or into the answer, whole and at the top.
    fn pickers(&mut self, payload: &mut Payload<'_, 'a>, node: &Node, expression: &Expression, top: bool, place: &Place<'_>) {
        const CODE: &str = "INVALID_ON_CLICK_ACTION_PAYLOAD";
        let alone = matches!(expression, Expression::Reference(_));
        for reference in expression.references() {
            let Some(input) = self.facts.input(payload.here.screen, reference).filter(|input| input.component.role == Role::Picker) else {
                continue;
            };
            payload.pickers += 1;
            let name = input.component.name;
            let property = if name == "PhotoPicker" { "max-uploaded-photos" } else { "max-uploaded-documents" };
            let files_max = input.object.get(property).map_or(Some(FILES_DEFAULT), Node::number);
            let message = match payload.action {
                Action::Navigate => format!("The {name} component's value is not allowed in the payload of the navigate action."),
                _ if !top || !alone => format!(
                    "The value of following components must be a top-level string in complete and data_exchange on-click-action payload: [{name}]."
                ),
                Action::Complete if files_max.is_some_and(|max| max > 1.0) => format!(
                    "{name} can only be used in complete action payload if value of property '{property}' doesn't exceed 1. Default value is {FILES_DEFAULT}."
                ),
                Action::Complete if payload.pickers == 2 => {
                    "Complete action payload can contain either a single PhotoPicker or a single DocumentPicker component.".to_owned()
                }
                Action::Complete | Action::DataExchange | Action::UpdateData | Action::OpenUrl => continue,
            };
            self.error(CODE, node.span, place, message);
        }
    }
}

/// The first of them; None if there are none. It looks no further than it lists.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let mut names = names.peekable();
    names.peek()?;
    let mut text = names.by_ref().take(LISTED_MAX).map(shortened).collect::<Vec<_>>().join(", ");
    if names.next().is_some() {
        text.push_str(", and more");
    }
    Some(text)
}
