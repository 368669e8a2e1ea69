//! Forms and names: with a Form on the screen no input stands outside it, and no two inputs have one name.

use std::collections::HashSet;

use super::facts::below;
use super::{Here, Judge};
use crate::component::{Component, Role};
use crate::data_type::DataType;
use crate::expression::{Expression, Written};
use crate::json::{Node, Value};
use crate::place::Place;
use crate::report::shortened;

impl<'a> Judge<'a> {
    pub(super) fn form_rules(&mut self, children: &[Node], place: &Place<'_>) {
        if !has_form(children) {
            return;
        }
        let mut outside = Vec::new();
        collect_outside(children, &mut outside);
        let Some((first, _)) = outside.first() else { return };
        let at = super::top::opening(first.span);
        let mut names: Vec<&str> = Vec::new();
        for (_, name) in &outside {
            if !names.contains(name) {
                names.push(name);
            }
        }
        let verb = if names.len() == 1 { ("Component", "is") } else { ("Components", "are") };
        let message = format!("{} '{}' {} not allowed outside Form when Form component is present.", verb.0, names.join("', '"), verb.1);
        let index = children.iter().position(|child| child.span.start <= at.start && at.start < child.span.end);
        self.error("COMPONENTS_OUTSIDE_FORM", at, &index.map_or(*place, |index| place.index(index)), message);
    }

    /// In all branches: a name stands for one input.
    pub(super) fn names(&mut self, children: &'a [Node], place: &Place<'_>) {
        self.names_below(children, place, &mut HashSet::new());
    }

    fn names_below(&mut self, children: &'a [Node], place: &Place<'_>, seen: &mut HashSet<&'a str>) {
        for (index, object) in children.iter().enumerate().filter_map(|(index, node)| Some((index, node.object()?))) {
            let place = place.index(index);
            let takes_input = object.text("type").and_then(Component::find).is_some_and(Component::takes_input);
            if let Some(node) = object.get("name").filter(|_| takes_input)
                && let Some(name) = node.text()
                && !seen.insert(name)
            {
                let message = format!("Duplicate name found for Form components: {}.", shortened(name));
                self.error("DUPLICATE_FORM_COMPONENT_NAMES", node.span, &place.key("name"), message);
            }
            for key in ["children", "then", "else"] {
                self.names_below(object.list(key).unwrap_or_default(), &place.key(key), seen);
            }
            let cases = place.key("cases");
            for case in object.object("cases").into_iter().flat_map(crate::json::Object::iter) {
                self.names_below(case.node.list().unwrap_or_default(), &cases.key(&case.key), seen);
            }
        }
    }

    pub(super) fn init_value(&mut self, here: &Here<'a>, key: &str, node: &Node, wanted: &DataType, place: &Place<'_>) {
        match (&node.value, wanted) {
            (Value::Text(_), _) => self.reference_or(here, key, node, wanted, place, |judge| {
                if !wanted.takes(&DataType::Text) {
                    judge.wrong_type(node, place, wanted.name());
                }
            }),
            (Value::List(elements), DataType::List(wanted)) => {
                for (index, element) in elements.iter().enumerate() {
                    if self.collected.is_full() {
                        return;
                    }
                    self.init_value(here, key, element, wanted, &place.index(index));
                }
            }
            _ if !wanted.takes(&DataType::of_literal(node)) => self.wrong_type(node, place, wanted.name()),
            _ => {}
        }
    }

    /// `init-values` of a Form.
    pub(super) fn init_values(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        match &node.value {
            Value::Object(values) => {
                for member in values.iter() {
                    let at = place.key(&member.key);
                    match here.screen.inputs.get(member.key.as_str()) {
                        None => self.note(
                            member.key_span,
                            &at,
                            format!("No input of this screen is named {}.", crate::report::quoted(&member.key)),
                        ),
                        Some(input) if input.component.role == Role::Picker => self.native(&[input.component.name], &member.node, &at),
                        Some(input) => self.init_value(here, &member.key, &member.node, &input.data_type, &at),
                    }
                }
            }
            Value::Text(text) => {
                self.reference_or(here, key, node, &DataType::Object(None), place, |judge| judge.wrong_type(node, place, "object"));
                let Written::Dynamic(Expression::Reference(reference)) = Written::read(text, self.facts.version) else { return };
                let Ok(DataType::Object(Some(properties))) = self.facts.resolve(here.screen, &reference) else { return };
                let named = here.screen.pickers.iter().filter(|(name, _)| properties.contains_key(*name));
                let mut pickers: Vec<&str> = named.map(|(_, component)| *component).collect();
                pickers.sort_unstable();
                if !pickers.is_empty() {
                    self.native(&pickers, node, place);
                }
            }
            _ => self.wrong_type(node, place, "object"),
        }
    }

    fn native(&mut self, components: &[&str], node: &Node, place: &Place<'_>) {
        let message = format!("Property 'init-values' should not contain value for components: [{}].", components.join(", "));
        self.error("NATIVE_COMPONENT_IN_FORM_INIT_VALUES", node.span, place, message);
    }

    /// Texts by the names of inputs, one text, or a reference to either.
    pub(super) fn error_messages(&mut self, here: &Here<'a>, key: &str, node: &Node, place: &Place<'_>) {
        match &node.value {
            Value::Object(messages) => {
                messages.iter().for_each(|member| self.text(here, &member.key, &member.node, usize::MAX, &place.key(&member.key)));
            }
            Value::Text(text) if self.gives_object(here, text) => {}
            Value::Text(_) if here.component != "Form" => self.text(here, key, node, usize::MAX, place),
            Value::Text(_) => {
                self.reference_or(here, key, node, &DataType::Object(None), place, |judge| judge.wrong_type(node, place, "object"));
            }
            _ => self.wrong_type(node, place, "object"),
        }
    }

    fn gives_object(&self, here: &Here<'a>, text: &str) -> bool {
        let Written::Dynamic(Expression::Reference(reference)) = Written::read(text, self.facts.version) else { return false };
        matches!(self.facts.resolve(here.screen, &reference), Ok(DataType::Object(_)))
    }
}

fn has_form(children: &[Node]) -> bool {
    children.iter().filter_map(Node::object).any(|object| object.text("type") == Some("Form") || below(object).any(has_form))
}

fn collect_outside<'n>(children: &'n [Node], found: &mut Vec<(&'n Node, &'static str)>) {
    for (node, object) in children.iter().filter_map(|node| Some((node, node.object()?))) {
        match object.text("type").and_then(Component::find) {
            Some(component) if component.role == Role::Form => {}
            Some(component) if component.takes_input() => found.push((node, component.name)),
            _ => below(object).for_each(|children| collect_outside(children, found)),
        }
    }
}
