//! Footers: which captions go together, and in which branches one must stand.

use super::Judge;
use super::top::opening;
use crate::json::{Node, Object};
use crate::place::Place;

impl Judge<'_> {
    pub(super) fn captions(&mut self, footer: &Object, place: &Place<'_>) {
        for (one, other) in [("left-caption", "right-caption"), ("right-caption", "left-caption")] {
            if let Some(member) = footer.member(one)
                && !footer.has(other)
            {
                let message = format!("Footer should have property {other} when property {one} is present.");
                self.error("INVALID_DEPENDENCIES", member.key_span, place, message);
            }
        }
        let sides: Vec<&str> = ["left-caption", "right-caption"].into_iter().filter(|side| footer.has(side)).collect();
        if let Some(member) = footer.member("center-caption")
            && !sides.is_empty()
        {
            let message = format!("Properties 'center-caption' and [{}] must be present exclusively at Footer.", sides.join(", "));
            self.error("NOT_KEYWORD_SCHEMA_VALIDATION_FAILED", member.key_span, place, message);
        }
    }

    pub(super) fn footers_of_if(&mut self, node: &Node, object: &Object, place: &Place<'_>) {
        let then = object.list("then").is_some_and(has_footer);
        let otherwise = object.list("else").map(has_footer);
        let message = match (then, otherwise) {
            (true, None) => "Missing Footer inside one of the 'If' component branches. Branch 'else' should exist and contain one Footer.",
            (true, Some(false)) | (false, Some(true)) => {
                "Footer component must be present in all branches of 'If' component if it exists in any one branch."
            }
            (true, Some(true)) | (false, None | Some(false)) => return,
        };
        self.error("MISSING_FOOTER_IN_IF_ELSE_BRANCHES", opening(node.span), place, message.to_owned());
    }

    pub(super) fn footers_of_switch(&mut self, object: &Object, place: &Place<'_>) {
        let Some(member) = object.member("cases") else { return };
        let cases = || member.node.object().into_iter().flat_map(Object::iter).map(|case| case.node.list().is_some_and(has_footer));
        if cases().any(|has| has) && !cases().all(|has| has) {
            let message = "Footer component must be present in all switch cases if it exists in one of the cases.".to_owned();
            self.error("MISSING_FOOTER_IN_SWITCH_BRANCHES", member.key_span, place, message);
        }
    }
}

/// At the first level: deeper it may not stand anyway.
pub(super) fn has_footer(components: &[Node]) -> bool {
    components.iter().filter_map(Node::object).any(|component| component.text("type") == Some("Footer"))
}
