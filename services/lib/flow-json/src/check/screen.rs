//! One screen after the other: its own properties, its layout, what a terminal screen needs.

use std::collections::HashSet;

use super::facts::{Facts, Screen};
use super::top::opening;
use super::{Here, Judge};
use crate::component::Kind;
use crate::json::{Member, Object};
use crate::place::Place;

const RESERVED: &str = "success";

impl<'a> Judge<'a> {
    pub(super) fn screens(&mut self, top: &Object) {
        let facts: &'a Facts<'a> = self.facts;
        let place = Place::ROOT.key("screens");
        for (index, node) in top.list("screens").unwrap_or_default().iter().enumerate() {
            if node.object().is_none() {
                self.wrong_type(node, &place.index(index), "object");
            }
        }
        let mut seen = HashSet::new();
        for screen in &facts.screens {
            if self.collected.is_full() {
                return;
            }
            let place = place.index(screen.index);
            self.screen_id(screen, &place, &mut seen);
            self.screen(screen, &place);
        }
        self.together(top);
    }

    fn screen_id(&mut self, screen: &Screen<'a>, place: &Place<'_>, seen: &mut HashSet<&'a str>) {
        let Some(node) = screen.object.get("id") else { return };
        let place = place.key("id");
        let Some(id) = node.text() else { return self.wrong_type(node, &place, "string") };
        if id.is_empty() {
            self.error("MIN_CHARS_REQUIRED", node.span, &place, "Property 'id' should have at least '1' characters.".to_owned());
        } else if !id.chars().all(|c| c.is_ascii_alphabetic() || c == '_') {
            let message = "Property id should only consist of alphabets and underscores.".to_owned();
            self.error("PATTERN_MISMATCH", node.span, &place, message);
        }
        if id.eq_ignore_ascii_case(RESERVED) {
            let message = format!("Screen id cannot be '{RESERVED}' since it is a reserved keyword.");
            self.error("SCREEN_ID_IS_RESERVED_KEYWORD", node.span, &place, message);
        }
        if !id.is_empty() && !seen.insert(screen.id) {
            let message = format!("Duplicate screen id found: {}.", crate::report::shortened(id));
            self.error("DUPLICATE_SCREEN_IDS", node.span, &place, message);
        }
    }

    fn screen(&mut self, screen: &'a Screen<'a>, place: &Place<'_>) {
        for required in ["id", "title", "layout"] {
            if !screen.object.has(required) {
                self.missing(required, opening(screen.node.span), place);
            }
        }
        let here = Here { screen, component: "Screen", in_form: false, in_switch: false, branches: 0 };
        for member in screen.object.iter() {
            let (key, at) = (member.key.as_str(), place.key(&member.key));
            match key {
                "id" => {}
                "title" => self.value(&here, screen.object, member, Kind::Text(usize::MAX), &at),
                "terminal" => self.flag(member, &at),
                "success" => {
                    self.flag(member, &at);
                    if !screen.terminal {
                        let message = "Property 'success' can only be specified on a terminal screen.".to_owned();
                        self.error("NOT_KEYWORD_SCHEMA_VALIDATION_FAILED", member.key_span, &at, message);
                    }
                }
                "refresh_on_back" => {
                    self.flag(member, &at);
                    if screen.object.is_true("refresh_on_back") && !self.facts.endpoint {
                        let message = "Property 'refresh_on_back' can be true only when property 'data_api_version' is set.".to_owned();
                        self.error("INVALID_PROPERTY_VALUE", member.node.span, &at, message);
                    }
                }
                "data" => self.data_model(member, &at),
                "sensitive" => self.sensitive(screen, member, &at),
                "layout" => self.layout(&here, member, &at),
                key => self.unknown_key(key, member.key_span, place, None, false),
            }
        }
        if screen.terminal && !screen.has_footer {
            let message = format!("Footer component is missing on terminal screens: {}.", screen.id);
            self.error("MISSING_FOOTER_ON_TERMINAL_SCREEN", opening(screen.node.span), place, message);
        }
    }

    /// True or false, and no reference.
    fn flag(&mut self, member: &Member, place: &Place<'_>) {
        if member.node.kind() != "boolean" {
            self.wrong_type(&member.node, place, "boolean");
        }
    }

    fn sensitive(&mut self, screen: &Screen<'_>, member: &Member, place: &Place<'_>) {
        for (index, node) in self.list(&member.node, place).unwrap_or_default().iter().enumerate() {
            let place = place.index(index);
            match node.text() {
                None => self.wrong_type(node, &place, "string"),
                Some(name) if !screen.inputs.contains_key(name) => {
                    self.note(node.span, &place, format!("{} is no input of this screen: nothing is hidden.", crate::report::quoted(name)));
                }
                Some(_) => {}
            }
        }
    }

    fn layout(&mut self, here: &Here<'a>, member: &'a Member, place: &Place<'_>) {
        let Some(layout) = self.object(&member.node, place) else { return };
        for member in layout.iter() {
            let at = place.key(&member.key);
            match member.key.as_str() {
                "type" => match member.node.text() {
                    Some("SingleColumnLayout") => {}
                    Some(_) => {
                        let message = format!("Invalid value found for property type at {place}.");
                        self.error("INVALID_PROPERTY_VALUE", member.node.span, &at, message);
                    }
                    None => self.wrong_type(&member.node, &at, "string"),
                },
                "children" => {
                    self.components(here, "children", &member.node, 1, &at);
                    if let Some(children) = member.node.list() {
                        self.tally(here.screen, children, &at);
                        self.form_rules(children, &at);
                        self.names(children, &at);
                    }
                }
                key => self.unknown_key(key, member.key_span, place, None, false),
            }
        }
        for required in ["type", "children"] {
            if !layout.has(required) {
                self.missing(required, opening(member.node.span), place);
            }
        }
    }

    /// What concerns all of them: some screen ends the Flow, and some end of it is a good one.
    fn together(&mut self, top: &Object) {
        let Some(member) = top.member("screens").filter(|member| member.node.list().is_some_and(|screens| !screens.is_empty())) else {
            return;
        };
        self.carousels(member.key_span);
        let place = Place::ROOT.key("screens");
        let mut terminals = self.facts.screens.iter().filter(|screen| screen.terminal).peekable();
        if terminals.peek().is_none() {
            let message = "Terminal screen is required but not provided.".to_owned();
            return self.error("MISSING_TERMINAL_SCREEN", member.key_span, &place, message);
        }
        if terminals.all(|screen| screen.object.get("success").is_some_and(|success| success.to_json() == false)) {
            let message = "At least one terminal screen must have property 'success' set as true.".to_owned();
            self.error("INVALID_PROPERTY_VALUE", member.key_span, &place, message);
        }
    }
}
