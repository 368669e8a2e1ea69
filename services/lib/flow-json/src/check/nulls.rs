//! `null` stands nowhere: neither where a value of any type is taken, nor in lists whose elements are not judged one by one.

use std::collections::HashSet;

use super::Judge;
use crate::json::{Node, Span, Value};
use crate::place::Place;

impl Judge<'_> {
    /// Comes last: what has an error already is not gone into.
    pub(super) fn nulls(&mut self, root: &Node) {
        let told = self.collected.places();
        self.nulls_in(root, &Place::ROOT, &told);
    }

    fn nulls_in(&mut self, node: &Node, place: &Place<'_>, told: &HashSet<Span>) {
        match &node.value {
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
            _ if told.contains(&node.span) || self.collected.is_full() => {}
            Value::Null => self.wrong_type(node, place, "string, number, boolean, array or object"),
            Value::List(elements) => {
                elements.iter().enumerate().for_each(|(index, element)| self.nulls_in(element, &place.index(index), told));
            }
            Value::Object(object) => object.iter().for_each(|member| self.nulls_in(&member.node, &place.key(&member.key), told)),
        }
    }
}
