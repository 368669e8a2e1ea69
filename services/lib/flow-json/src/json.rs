//! A JSON document in which every value knows where it stands in the text.
//!
//! The validator must say line and column of what it complains about, which `serde_json::Value` forgets. [`reader`] makes this tree and
//! nothing else does.

use std::collections::HashMap;

pub(crate) mod reader;
mod text;

/// Bytes of the text, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Node>),
    Object(Object),
}

/// Members up to which an object is searched from the first to the last. Most have fewer, and there may be hundreds of thousands of them.
const SEARCHED_MAX: usize = 16;

/// Members in the order of the text. Of a key that stands twice the last counts, as everywhere; the reader reports it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    members: Vec<Member>,
    /// Of all members, once they are more than [`SEARCHED_MAX`].
    index: HashMap<String, usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) key: String,
    /// With its quotes.
    pub(crate) key_span: Span,
    pub(crate) node: Node,
}

impl Object {
    /// Whether the key is new.
    fn insert(&mut self, member: Member) -> bool {
        if let Some(at) = self.position(&member.key) {
            self.members[at] = member;
            return false;
        }
        self.members.push(member);
        if self.members.len() > SEARCHED_MAX {
            let from = self.index.len();
            self.index.extend(self.members.iter().enumerate().skip(from).map(|(at, member)| (member.key.clone(), at)));
        }
        true
    }

    /// No member follows: room for more is given back.
    fn close(&mut self) {
        self.members.shrink_to_fit();
    }

    fn position(&self, key: &str) -> Option<usize> {
        match self.members.len() {
            ..=SEARCHED_MAX => self.members.iter().position(|member| member.key == key),
            _ => self.index.get(key).copied(),
        }
    }

    pub(crate) fn member(&self, key: &str) -> Option<&Member> {
        self.position(key).map(|at| &self.members[at])
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|member| &member.node)
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub(crate) fn list(&self, key: &str) -> Option<&[Node]> {
        self.get(key)?.list()
    }

    pub(crate) fn object(&self, key: &str) -> Option<&Object> {
        self.get(key)?.object()
    }

    pub(crate) fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Node { value: Value::Bool(true), .. }))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

impl Node {
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(elements) => Some(elements),
            _ => None,
        }
    }

    pub(crate) fn object(&self) -> Option<&Object> {
        match &self.value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match &self.value {
            Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// Meta's word for what this is.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::List(_) => "array",
            Value::Object(_) => "object",
        }
    }

    /// The same without positions.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(truth) => (*truth).into(),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::Text(text) => text.as_str().into(),
            Value::List(elements) => elements.iter().map(Self::to_json).collect(),
            Value::Object(object) => object.iter().map(|member| (member.key.clone(), member.node.to_json())).collect(),
        }
    }
}
