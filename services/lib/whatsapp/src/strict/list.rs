//! A list with its limits, and what must not come twice in it.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::{Node, counted};
use crate::field_error::Code;

impl<'a> Node<'a> {
    /// Its elements; of a list that is too long only as many as may be.
    pub(crate) fn list(&self, what: &str, count: RangeInclusive<usize>) -> Vec<Node<'a>> {
        let Value::Array(elements) = self.value else {
            self.refuse(Code::Type, "must be a list");
            return Vec::new();
        };
        self.count(elements.len(), what, count.clone());
        elements.iter().take(*count.end()).enumerate().map(|(index, value)| self.child(&index.to_string(), value)).collect()
    }

    /// Says so if there are too few or too many.
    pub(crate) fn count(&self, found: usize, what: &str, allowed: RangeInclusive<usize>) {
        if found < *allowed.start() {
            self.refuse(Code::TooFew, format!("must have at least {}, has {found}", counted(*allowed.start(), what)));
        }
        if found > *allowed.end() {
            self.refuse(Code::TooMany, format!("must have at most {}, has {found}", counted(*allowed.end(), what)));
        }
    }
}

/// What has been seen.
#[derive(Default)]
pub(crate) struct Distinct<'a>(BTreeSet<&'a str>);

impl<'a> Distinct<'a> {
    /// Says so at the second of two that are the same.
    pub(crate) fn see(&mut self, node: &Node<'_>, text: &'a str) {
        if !self.0.insert(text) {
            node.refuse(Code::Duplicate, "must be different from the others in the same list");
        }
    }
}
