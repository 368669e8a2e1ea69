//! The data that a screen declares: definitions like JSON Schema's, each with a type and an example.

use super::Judge;
use super::top::opening;
use crate::json::{Member, Node, Object, Value};
use crate::place::Place;
use crate::report::quoted;

const CODE: &str = "INVALID_SCREEN_DATA";
const EXAMPLE: &str = "__example__";
const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];

impl Judge<'_> {
    pub(super) fn data_model(&mut self, member: &Member, place: &Place<'_>) {
        let Some(fields) = self.object(&member.node, place) else { return };
        for field in fields.iter() {
            if self.collected.is_full() {
                return;
            }
            let at = place.key(&field.key);
            let Some(definition) = self.definition(&field.node, &at) else { continue };
            match definition.member(EXAMPLE) {
                None => self.error(CODE, opening(field.node.span), &at, format!("Missing the definition of property '{EXAMPLE}'.")),
                Some(example) => self.example(&field.node, &example.node, &at.key(EXAMPLE)),
            }
        }
    }

    fn definition<'n>(&mut self, node: &'n Node, place: &Place<'_>) -> Option<&'n Object> {
        let definition = self.object(node, place)?;
        let Some(kind) = definition.get("type") else {
            self.error(CODE, opening(node.span), place, "Missing the definition of property 'type'.".to_owned());
            return Some(definition);
        };
        let at = place.key("type");
        match kind.text() {
            None => self.error(CODE, kind.span, &at, "Expected the property 'type' to be of type string.".to_owned()),
            Some("array") => self.items(node, definition, place),
            Some("object") => self.object_properties(node, definition, place),
            Some(name) if !TYPES.contains(&name) => {
                let message = format!("Invalid data model schema. Type {} is not one of: [{}].", quoted(name), TYPES.join(", "));
                self.error(CODE, kind.span, &at, message);
            }
            Some(_) => {}
        }
        Some(definition)
    }

    fn items(&mut self, node: &Node, definition: &Object, place: &Place<'_>) {
        let at = place.key("items");
        match definition.get("items") {
            None => self.error(CODE, opening(node.span), place, "Missing the schema for property 'items' in array.".to_owned()),
            Some(items) => match &items.value {
                Value::Bool(_) => {}
                Value::Object(_) => self.inner(items, &at),
                _ => self.error(CODE, items.span, &at, "Expected the property 'items' to be of type boolean or object.".to_owned()),
            },
        }
    }

    fn object_properties(&mut self, node: &Node, definition: &Object, place: &Place<'_>) {
        let at = place.key("properties");
        let Some(properties) = definition.get("properties") else {
            let message = "Missing the schema for property 'properties' in object.".to_owned();
            return self.error(CODE, opening(node.span), place, message);
        };
        let Some(object) = properties.object() else {
            return self.error(CODE, properties.span, &at, "Expected the property 'properties' to be of type object.".to_owned());
        };
        for member in object.iter() {
            let inner = at.key(&member.key);
            match member.key.as_str() {
                EXAMPLE => self.example_inside(member, &inner),
                _ => self.inner(&member.node, &inner),
            }
        }
    }

    /// A definition in another.
    fn inner(&mut self, node: &Node, place: &Place<'_>) {
        if let Some(member) = self.definition(node, place).and_then(|definition| definition.member(EXAMPLE)) {
            self.example_inside(member, &place.key(EXAMPLE));
        }
    }

    fn example_inside(&mut self, member: &Member, place: &Place<'_>) {
        let message = format!("Property '{EXAMPLE}' is allowed only as a top level property of data model. Invalid entry: '{place}'.");
        self.error(CODE, member.key_span, place, message);
    }

    /// The example is what its definition says.
    fn example(&mut self, definition: &Node, example: &Node, place: &Place<'_>) {
        let Some(definition) = definition.object() else { return };
        let wanted = definition.text("type").unwrap_or_default();
        let fits = match wanted {
            "string" | "number" | "boolean" | "array" | "object" => example.kind() == wanted,
            "integer" => example.number().is_some_and(|number| number.fract() == 0.0),
            _ => return,
        };
        if !fits {
            let found = example.kind();
            let message = format!("Invalid data model schema. Expected property '{EXAMPLE}' to be of type {wanted}, but found {found}.");
            return self.error(CODE, example.span, place, message);
        }
        match &example.value {
            Value::List(elements) => {
                let Some(items) = definition.get("items").filter(|items| items.object().is_some()) else { return };
                elements.iter().enumerate().for_each(|(index, element)| self.example(items, element, &place.index(index)));
            }
            Value::Object(object) => {
                let Some(properties) = definition.object("properties") else { return };
                for member in object.iter() {
                    let Some(inner) = properties.get(&member.key).filter(|_| member.key != EXAMPLE) else { continue };
                    self.example(inner, &member.node, &place.key(&member.key));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }
}
