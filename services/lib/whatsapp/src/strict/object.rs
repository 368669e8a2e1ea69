//! An object whose properties are asked for by name. What nobody has asked for when it goes out of scope is unknown, and said so.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::{Node, join};
use crate::field_error::Code;

pub(crate) struct Object<'a> {
    node: Node<'a>,
    members: &'a Map<String, Value>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Object<'a> {
    pub(super) fn new(node: Node<'a>, members: &'a Map<String, Value>) -> Self {
        Self { node, members, asked: RefCell::default() }
    }

    pub(crate) fn node(&self) -> &Node<'a> {
        &self.node
    }

    pub(crate) fn optional(&self, key: &'static str) -> Option<Node<'a>> {
        self.asked.borrow_mut().push(key);
        self.members.get(key).map(|value| self.node.child(key, value))
    }

    pub(crate) fn required(&self, key: &'static str) -> Option<Node<'a>> {
        let found = self.optional(key);
        if found.is_none() {
            self.missing(key, "is required");
        }
        found
    }

    /// For what is required only here and now: `detail` says why.
    pub(crate) fn missing(&self, key: &str, detail: impl Into<String>) {
        self.node.findings.add(join(&self.node.pointer, key), Code::Required, detail);
    }

    /// Must not be there, and `detail` says why.
    pub(crate) fn forbidden(&self, key: &'static str, detail: &str) {
        if let Some(found) = self.optional(key) {
            found.refuse(Code::NotAllowed, detail);
        }
    }

    /// Exactly one of two. Both of them, or none, is said at the object.
    pub(crate) fn either(&self, one: &'static str, other: &'static str) -> (Option<Node<'a>>, Option<Node<'a>>) {
        let found = (self.optional(one), self.optional(other));
        match found {
            (None, None) => self.node.refuse(Code::Required, format!("must have {one} or {other}")),
            (Some(_), Some(_)) => self.node.refuse(Code::NotAllowed, format!("must have {one} or {other}, not both")),
            (Some(_), None) | (None, Some(_)) => {}
        }
        found
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.members.contains_key(key)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What it is cannot be told, so neither what belongs into it: nothing more is said about it.
    pub(crate) fn leave_the_rest(&self) {
        self.asked.borrow_mut().clear();
        self.asked.borrow_mut().push(ALL);
    }
}

/// Stands for all properties. Cannot be the name of one that is asked for.
const ALL: &str = "\0";

impl Drop for Object<'_> {
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        if asked.contains(&ALL) {
            return;
        }
        for key in self.members.keys().filter(|key| !asked.contains(&key.as_str())) {
            self.node.findings.add(join(&self.node.pointer, key), Code::UnknownProperty, "is not a property that is known here");
        }
    }
}
