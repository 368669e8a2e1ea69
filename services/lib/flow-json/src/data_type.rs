//! What kind of value stands behind a reference, as far as the document says.

use std::collections::BTreeMap;

use crate::json::{Node, Object, Value};

/// Properties up to which two types are compared one by one, those of objects in objects with them; what is larger is taken to fit. The same
/// type can be referred to a hundred thousand times.
const COMPARED_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DataType {
    /// Cannot be told: fits everything.
    Any,
    Text,
    Number,
    Bool,
    /// What an input for numbers gives: its text, which also counts and compares as a number.
    Numeral,
    List(Box<DataType>),
    /// None: any properties.
    Object(Option<BTreeMap<String, DataType>>),
    /// What a picker gives.
    Files,
}

impl DataType {
    /// Of a definition in a screen's `data`.
    pub(crate) fn of_definition(definition: &Node) -> Self {
        let Some(definition) = definition.object() else { return Self::Any };
        match definition.text("type") {
            Some("string") => Self::Text,
            Some("number" | "integer") => Self::Number,
            Some("boolean") => Self::Bool,
            Some("array") => Self::List(Box::new(definition.get("items").map_or(Self::Any, Self::of_definition))),
            Some("object") => Self::Object(definition.object("properties").map(Self::of_properties)),
            _ => Self::Any,
        }
    }

    fn of_properties(properties: &Object) -> BTreeMap<String, Self> {
        let definitions = properties.iter().filter(|member| member.key != "__example__");
        definitions.map(|member| (member.key.clone(), Self::of_definition(&member.node))).collect()
    }

    /// Of a value that stands in the document itself and holds no reference.
    pub(crate) fn of_literal(node: &Node) -> Self {
        match &node.value {
            Value::Null => Self::Any,
            Value::Bool(_) => Self::Bool,
            Value::Number(_) => Self::Number,
            Value::Text(_) => Self::Text,
            Value::List(elements) => Self::List(Box::new(elements.first().map_or(Self::Any, Self::of_literal))),
            Value::Object(_) => Self::Object(None),
        }
    }

    /// The type of a property further in: of `a.b` in `${data.a.b}`.
    pub(crate) fn property(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(Some(properties)) => properties.get(name),
            Self::Any | Self::Object(None) => Some(&Self::Any),
            Self::Text | Self::Number | Self::Bool | Self::Numeral | Self::List(_) | Self::Files => None,
        }
    }

    pub(crate) fn takes(&self, found: &Self) -> bool {
        let mut left = COMPARED_MAX;
        self.takes_within(found, &mut left)
    }

    /// `left`: properties that may still be compared.
    fn takes_within(&self, found: &Self, left: &mut usize) -> bool {
        match (self, found) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Numeral, Self::Text | Self::Number) | (Self::Text | Self::Number, Self::Numeral) => true,
            (Self::List(wanted), Self::List(found)) => wanted.takes_within(found, left),
            (Self::Files, Self::List(_)) | (Self::List(_), Self::Files) => true,
            (Self::Object(Some(wanted)), Self::Object(Some(found))) if wanted.len() <= *left => {
                *left -= wanted.len();
                wanted.iter().all(|(name, wanted)| found.get(name).is_some_and(|found| wanted.takes_within(found, left)))
            }
            (Self::Object(_), Self::Object(_)) => true,
            _ => self == found,
        }
    }

    /// Meta's word for it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Text | Self::Numeral => "string",
            Self::Number => "number",
            Self::Bool => "boolean",
            Self::List(_) | Self::Files => "array",
            Self::Object(_) => "object",
        }
    }
}
