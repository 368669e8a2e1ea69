//! The options of lists: how many, and each by its table, or a reference to a list of objects that have an id and a title.

use std::collections::HashSet;

use super::{Here, Judge};
use crate::component::OPTION;
use crate::data_type::DataType;
use crate::expression::{Expression, Written};
use crate::json::{Node, Value};
use crate::place::Place;
use crate::report::{quoted, shortened};

const ALWAYS: [&str; 2] = ["id", "title"];

impl<'a> Judge<'a> {
    /// `limits`: options at least, at most, and at most if one has an image.
    pub(super) fn options(&mut self, here: &Here<'a>, key: &str, node: &'a Node, limits: (usize, usize, usize), place: &Place<'_>) {
        match &node.value {
            Value::List(options) => self.listed(here, key, node, options, limits, place),
            Value::Text(text) => self.referenced(here, key, node, text, place),
            _ => self.wrong_type(node, place, "array"),
        }
    }

    fn listed(&mut self, here: &Here<'a>, key: &str, node: &Node, options: &'a [Node], limits: (usize, usize, usize), place: &Place<'_>) {
        let (min, max, with_images_max) = limits;
        if options.len() < min {
            self.too_few(key, min, node.span, place);
        }
        let has_images = options.iter().filter_map(Node::object).any(|option| option.has("image"));
        let max = if has_images { with_images_max } else { max };
        if options.len() > max {
            self.too_many(here, key, options.len(), max, node, place);
        }
        let mut seen = HashSet::new();
        for (index, option) in options.iter().enumerate() {
            if self.collected.is_full() {
                return;
            }
            let place = place.index(index);
            let Some(object) = self.object(option, &place) else { continue };
            self.properties(here, object, OPTION, false, option.span, &place);
            if let Some(id) = object.get("id")
                && let Some(text) = id.text()
                && !seen.insert(text)
            {
                self.note(
                    id.span,
                    &place.key("id"),
                    format!("Two options have the id {}: an answer cannot tell them apart.", quoted(text)),
                );
            }
        }
    }

    fn referenced(&mut self, here: &Here<'a>, key: &str, node: &Node, text: &str, place: &Place<'_>) {
        let wanted = DataType::List(Box::new(DataType::Object(None)));
        self.reference_or(here, key, node, &wanted, place, |judge| judge.wrong_type(node, place, "array"));
        let Written::Dynamic(Expression::Reference(reference)) = Written::read(text, self.facts.version) else { return };
        let Ok(DataType::List(element)) = self.facts.resolve(here.screen, &reference) else { return };
        let DataType::Object(Some(properties)) = element.as_ref() else { return };
        let missing: Vec<&str> = ALWAYS.into_iter().filter(|name| !properties.contains_key(*name)).collect();
        for name in missing {
            let message = format!("Data model schema is invalid for '{}'. Missing schema for {name}.", shortened(text));
            self.error("INVALID_SCREEN_DYNAMIC_DATA", node.span, place, message);
        }
    }
}
