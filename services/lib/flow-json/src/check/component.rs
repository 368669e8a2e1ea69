//! One component: its type, its properties, where it may stand.

use super::top::opening;
use super::{Here, Judge};
use crate::component::{Component, Property, Role};
use crate::json::{Node, Object, Span};
use crate::place::Place;

/// Ifs in each other.
const IFS_MAX: usize = 3;

impl<'a> Judge<'a> {
    /// The list of components that `property` holds.
    pub(super) fn components(&mut self, here: &Here<'a>, property: &str, node: &'a Node, min: usize, place: &Place<'_>) {
        let Some(children) = self.list(node, place) else { return };
        if children.len() < min {
            match property {
                "then" => {
                    let message = "Expected array to contain at least one component.".to_owned();
                    self.error("INVALID_PROPERTY_VALUE", node.span, place, message);
                }
                _ => self.too_few(property, min, node.span, place),
            }
        }
        for (index, child) in children.iter().enumerate() {
            if self.collected.is_full() {
                return;
            }
            self.component(here, child, &place.index(index));
        }
    }

    fn component(&mut self, here: &Here<'a>, node: &'a Node, place: &Place<'_>) {
        let Some(object) = self.object(node, place) else { return };
        let Some(kind) = object.get("type") else { return self.missing("type", opening(node.span), place) };
        let at = place.key("type");
        let Some(name) = kind.text() else { return self.wrong_type(kind, &at, "string") };
        let Some(component) = Component::find(name) else {
            if self.is_newer() {
                let message = format!(
                    "Component {} is not one that is known here; version {} may have it.",
                    crate::report::quoted(name),
                    self.facts.version
                );
                return self.note(kind.span, &at, message);
            }
            return self.bad_type(kind.span, place);
        };
        if component.since > self.facts.version {
            return self.bad_type(kind.span, place);
        }
        if let Some(why) = misplaced(here, component) {
            let message = format!("Component '{name}' is not allowed {why}.");
            self.error("INVALID_PROPERTY_VALUE", kind.span, &at, message);
        }
        let here = Here { component: component.name, ..*here };
        self.properties(&here, object, component.properties, component.is_open, node.span, place);
        self.rules(&here, component, node, object, place);
    }

    fn bad_type(&mut self, at: Span, place: &Place<'_>) {
        let message = format!("Invalid value found for property type at {place}.");
        self.error("INVALID_PROPERTY_VALUE", at, &place.key("type"), message);
    }

    /// The properties of a component, or of an option in one.
    pub(super) fn properties(
        &mut self,
        here: &Here<'a>,
        object: &'a Object,
        known: &[Property],
        is_open: bool,
        whole: Span,
        place: &Place<'_>,
    ) {
        for member in object.iter() {
            let key = member.key.as_str();
            let at = place.key(key);
            let property = known.iter().find(|property| property.name == key);
            match property {
                None if key == "type" => {}
                None => self.unknown_key(key, member.key_span, place, Some(here.component), is_open),
                Some(property) if property.since > self.facts.version => self.refused_key(here, key, member.key_span, place),
                Some(property) if property.outside_form && here.in_form => self.refused_key(here, key, member.key_span, place),
                Some(property) => self.value(here, object, member, property.kind, &at),
            }
        }
        for property in known.iter().filter(|property| property.required && !object.has(property.name)) {
            self.missing(property.name, opening(whole), place);
        }
    }

    /// A property that exists, but not in this version or not here.
    fn refused_key(&mut self, here: &Here<'a>, key: &str, at: Span, place: &Place<'_>) {
        let message = format!("Property {key} cannot be specified at {} on {place}.", here.component);
        self.error("INVALID_PROPERTY_KEY", at, place, message);
    }

    /// What goes beyond single properties.
    fn rules(&mut self, here: &Here<'a>, component: &Component, node: &Node, object: &Object, place: &Place<'_>) {
        self.pairs(here, object, place);
        match component.role {
            Role::Footer => self.captions(object, place),
            Role::Branch if component.name == "If" => self.footers_of_if(node, object, place),
            Role::Branch => self.footers_of_switch(object, place),
            Role::Form | Role::Shown | Role::Input | Role::Picker => {}
        }
    }
}

/// Why a component may not stand where it stands.
fn misplaced(here: &Here<'_>, component: &Component) -> Option<String> {
    if component.role == Role::Form && here.in_form {
        return Some("inside Form".to_owned());
    }
    if here.branches > 0 && !component.may_branch() {
        return Some("inside If or Switch".to_owned());
    }
    if component.name == "If" && here.in_switch {
        return Some("inside Switch".to_owned());
    }
    if component.name == "If" && here.branches >= IFS_MAX {
        return Some(format!("in more than {IFS_MAX} levels of If"));
    }
    (component.role == Role::Footer && here.branches > 1).then(|| "deeper than the first level of If or Switch".to_owned())
}
