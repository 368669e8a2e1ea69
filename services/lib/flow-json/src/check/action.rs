//! What happens on a tap: which actions the place allows, what each needs, and where it leads.

use super::top::opening;
use super::{Here, Judge};
use crate::component::Action;
use crate::data_type::DataType;
use crate::json::{Member, Node, Object};
use crate::place::Place;
use crate::report::shortened;

impl<'a> Judge<'a> {
    pub(super) fn action(&mut self, here: &Here<'a>, node: &'a Node, allowed: &[Action], place: &Place<'_>) {
        let Some(object) = self.object(node, place) else { return };
        let Some(named) = object.get("name") else { return self.missing("name", opening(node.span), place) };
        let at = place.key("name");
        let Some(name) = named.text() else { return self.wrong_type(named, &at, "string") };
        let allowed: Vec<Action> = allowed.iter().copied().filter(|action| action.since() <= self.facts.version).collect();
        let action = match Action::parse(name) {
            Some(action) if allowed.contains(&action) => action,
            None if self.is_newer() => {
                let message = format!(
                    "Action {} is not one that is known here; version {} may have it.",
                    crate::report::quoted(name),
                    self.facts.version
                );
                return self.note(named.span, &at, message);
            }
            _ => {
                let names: Vec<&str> = allowed.into_iter().map(Action::name).collect();
                return self.not_one_of(named, &names, &at);
            }
        };
        match action {
            Action::Complete if !here.screen.terminal => {
                let message = "On-click-action 'complete' can only be configured on a terminal screen.".to_owned();
                self.error("INVALID_COMPLETE_ACTION", named.span, &at, message);
            }
            Action::DataExchange if !self.facts.endpoint => {
                let message = "The property 'data_api_version' is required for data_exchange action.".to_owned();
                self.error("MISSING_REQUIRED_PROPERTY", named.span, &at, message);
            }
            Action::Complete | Action::DataExchange | Action::Navigate | Action::OpenUrl | Action::UpdateData => {}
        }
        self.action_properties(here, node, object, action, place);
    }

    fn action_properties(&mut self, here: &Here<'a>, node: &'a Node, object: &'a Object, action: Action, place: &Place<'_>) {
        let wanted: &[&str] = match action {
            Action::Navigate => &["next", "payload"],
            Action::OpenUrl => &["url"],
            Action::Complete | Action::DataExchange | Action::UpdateData => &["payload"],
        };
        let target = object.object("next").and_then(|next| next.text("name"));
        for member in object.iter() {
            let at = place.key(&member.key);
            match member.key.as_str() {
                "name" => {}
                key if !wanted.contains(&key) => self.unknown_key(key, member.key_span, place, Some(here.component), false),
                "next" => self.next(here, member, &at),
                "url" => self.url(here, member, &at),
                _ => self.payload(here, member, action, target, &at),
            }
        }
        for property in wanted.iter().filter(|property| !object.has(property)) {
            self.missing(property, opening(node.span), place);
        }
    }

    fn next(&mut self, here: &Here<'a>, member: &'a Member, place: &Place<'_>) {
        let Some(next) = self.object(&member.node, place) else { return };
        for member in next.iter() {
            let at = place.key(&member.key);
            match (member.key.as_str(), member.node.text()) {
                ("type", Some("screen")) => {}
                ("type", Some(_)) => self.not_one_of(&member.node, &["screen"], &at),
                ("name", Some(target)) => self.target(here, target, &member.node, &at),
                ("type" | "name", None) => self.wrong_type(&member.node, &at, "string"),
                (key, _) => self.unknown_key(key, member.key_span, place, Some(here.component), false),
            }
        }
        for required in ["type", "name"] {
            if !next.has(required) {
                self.missing(required, opening(member.node.span), place);
            }
        }
    }

    fn target(&mut self, here: &Here<'a>, target: &str, node: &Node, place: &Place<'_>) {
        let (source, name) = (here.screen.id, shortened(target));
        if target == source {
            let message = format!("Same screen navigation is not allowed. Loop detected at [{name}].");
            return self.error("INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME", node.span, place, message);
        }
        if self.facts.screen(target).is_none() {
            let message = format!("Unknown screen ids found: [{name}].");
            return self.error("INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME", node.span, place, message);
        }
        if self.facts.routes.as_ref().is_some_and(|routes| !routes.contains(&(source, target))) {
            let source = shortened(source);
            let message = format!(
                "Missing direct route from screen '{source}' to screen '{name}' in the routing model, while it exists in the navigate screen action of screen '{source}'."
            );
            self.error("INVALID_ROUTING_MODEL", node.span, place, message);
        }
    }

    fn url(&mut self, here: &Here<'a>, member: &Member, place: &Place<'_>) {
        let node = &member.node;
        let Some(url) = node.text() else { return self.wrong_type(node, place, "string") };
        self.reference_or(here, "url", node, &DataType::Text, place, |judge| {
            if !is_url(url) {
                judge.bad_format("url", "uri", node, place);
            }
        });
    }
}

/// An absolute address on the web.
pub(crate) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = |rest: &str| rest.split(['/', '?', '#']).next().is_some_and(|host| !host.is_empty());
    rest.is_some_and(host) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
