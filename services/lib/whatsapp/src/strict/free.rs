//! JSON whose shape is the caller's own business. It is walked once, not too deep, for what no store takes.

use serde_json::Value;

use super::{Node, join};
use crate::field_error::Code;

/// Levels of nesting in it.
const DEPTH_MAX: usize = 32;

impl Node<'_> {
    /// Says so at each text and key with a NUL, and where it is nested too deep.
    pub(crate) fn free(&self) {
        self.walk(self.value, self.pointer.clone(), 0);
    }

    /// An object with at least one property, else as `free`.
    pub(crate) fn free_object(&self) {
        match self.value {
            Value::Object(members) if members.is_empty() => {
                self.refuse(Code::TooFew, "must have at least 1 property; leave it out if there is none");
            }
            Value::Object(_) => self.free(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                self.refuse(Code::Type, "must be an object");
            }
        }
    }

    fn walk(&self, value: &Value, pointer: String, depth: usize) {
        if depth > DEPTH_MAX {
            return self.findings.add(pointer, Code::Value, format!("must be nested at most {DEPTH_MAX} levels deep"));
        }
        match value {
            Value::String(text) if text.contains('\0') => self.findings.add(pointer, Code::Format, "must not have the character NUL"),
            Value::Array(elements) => {
                elements.iter().enumerate().for_each(|(index, inner)| self.walk(inner, join(&pointer, &index.to_string()), depth + 1));
            }
            Value::Object(members) => {
                for (key, inner) in members {
                    let pointer = join(&pointer, key);
                    if key.contains('\0') {
                        self.findings.add(pointer.clone(), Code::Format, "must not have the character NUL in its name");
                    }
                    self.walk(inner, pointer, depth + 1);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
