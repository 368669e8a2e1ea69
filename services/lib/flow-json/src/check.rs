//! The validator. One walk over the document, in its order; what spans screens is looked up in [`Facts`], gathered before.
//!
//! It goes on after an error, and stays quiet where an error elsewhere is the cause: a reference to a field that is missing is told once, a
//! document without any terminal screen is not also told that no route reaches one.

mod action;
mod component;
mod data_model;
mod dynamic;
mod facts;
mod footer;
mod form;
mod nulls;
mod option;
mod pair;
mod payload;
mod picture;
mod routes;
mod routing;
mod screen;
mod tally;
mod top;
mod value;

pub(crate) use action::is_url;
use facts::{Facts, Screen};

use crate::json::reader::{self, Broken, Document};
use crate::json::{Node, Object, Span};
use crate::place::Place;
use crate::report::{Collected, Report};
use crate::version::{JUDGED, Version};

/// Judges the text of a Flow JSON document. Never fails: text that is no document has one error, `INVALID_FLOW_JSON`.
pub fn check(text: &[u8]) -> Report {
    judged(text).0
}

/// The judgement, and the document where the text is one.
pub(crate) fn judged(text: &[u8]) -> (Report, Option<Node>) {
    match reader::read(text) {
        Ok(document) => {
            let report = check_document(text, &document);
            (report, Some(document.root))
        }
        Err(broken) => {
            let mut collected = Collected::default();
            not_json(&mut collected, &broken);
            (collected.finish(text, None), None)
        }
    }
}

/// Meta has one sentence for this; why and what was expected is our note.
fn not_json(collected: &mut Collected, broken: &Broken) {
    collected.error("INVALID_FLOW_JSON", broken.at, &Place::ROOT, "Flow JSON is not valid.".to_owned());
    collected.note(broken.at, &Place::ROOT, format!("This is not JSON: {}.", broken.why));
}

fn check_document(text: &[u8], document: &Document) -> Report {
    let mut collected = Collected::default();
    document.duplicates.iter().for_each(|duplicate| not_json(&mut collected, duplicate));
    let Some(top) = document.root.object() else {
        let message = format!("Expected property {} to be of type object, but found {}.", Place::ROOT, document.root.kind());
        collected.error("INVALID_PROPERTY_TYPE", document.root.span, &Place::ROOT, message);
        return collected.finish(text, None);
    };
    let version = top.text("version").and_then(Version::parse);
    let facts = Facts::of(top, version.unwrap_or(JUDGED));
    let mut judge = Judge { facts: &facts, collected };
    judge.version(top, document.root.span);
    if version.is_none_or(Version::is_publishable) {
        judge.top(top, document.root.span);
        judge.screens(top);
        judge.routing(top);
        judge.nulls(&document.root);
    }
    judge.collected.finish(text, version)
}

/// The judgement while it is made.
struct Judge<'a> {
    facts: &'a Facts<'a>,
    collected: Collected,
}

/// Where the walk is: on which screen, in which component.
#[derive(Clone, Copy)]
struct Here<'a> {
    screen: &'a Screen<'a>,
    /// Type of the component.
    component: &'a str,
    in_form: bool,
    in_switch: bool,
    /// If and Switch around this.
    branches: usize,
}

impl Judge<'_> {
    fn error(&mut self, code: &'static str, at: Span, place: &Place<'_>, message: String) {
        self.collected.error(code, at, place, message);
    }

    fn note(&mut self, at: Span, place: &Place<'_>, message: String) {
        self.collected.note(at, place, message);
    }

    fn wrong_type(&mut self, node: &Node, place: &Place<'_>, wanted: &str) {
        let message = format!("Expected property {place} to be of type {wanted}, but found {}.", node.kind());
        self.error("INVALID_PROPERTY_TYPE", node.span, place, message);
    }

    /// The list or object that must stand here.
    fn list<'n>(&mut self, node: &'n Node, place: &Place<'_>) -> Option<&'n [Node]> {
        let list = node.list();
        if list.is_none() {
            self.wrong_type(node, place, "array");
        }
        list
    }

    fn object<'n>(&mut self, node: &'n Node, place: &Place<'_>) -> Option<&'n Object> {
        let object = node.object();
        if object.is_none() {
            self.wrong_type(node, place, "object");
        }
        object
    }

    fn missing(&mut self, property: &str, at: Span, place: &Place<'_>) {
        self.error("MISSING_REQUIRED_TYPE_PROPERTY", at, place, format!("Required property '{property}' is missing."));
    }

    fn too_few(&mut self, property: &str, min: usize, at: Span, place: &Place<'_>) {
        self.error("MIN_ITEMS_REQUIRED", at, place, format!("Property '{property}' should have at least '{min}' items."));
    }

    /// A limit for whose breach Meta has published no code.
    fn beyond_limit(&mut self, message: String, at: Span, place: &Place<'_>) {
        self.error("INVALID_PROPERTY_VALUE", at, place, message);
    }

    /// Whether the document is of a version newer than the one that is known in full.
    fn is_newer(&self) -> bool {
        self.facts.version > JUDGED
    }

    /// A key that is not in our tables.
    fn unknown_key(&mut self, key: &str, at: Span, owner: &Place<'_>, component: Option<&str>, is_open: bool) {
        let key = crate::report::shortened(key);
        if self.is_newer() || is_open {
            let version = self.facts.version;
            self.note(at, owner, format!("Property {key} is not one that is known here; version {version} may have it."));
            return;
        }
        let message = match component {
            Some(component) => format!("Property {key} cannot be specified at {component} on {owner}."),
            None => format!("Property {key} cannot be specified at {owner}."),
        };
        self.error("INVALID_PROPERTY_KEY", at, owner, message);
    }
}
