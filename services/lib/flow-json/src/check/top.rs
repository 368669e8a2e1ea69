//! What stands at the top: version, the endpoint's two properties, the list of screens.

use super::Judge;
use crate::json::{Object, Span};
use crate::place::Place;
use crate::report::quoted;
use crate::version::{JUDGED, PUBLISHABLE_MIN, Version};

const DATA_API_VERSIONS: [&str; 2] = ["3.0", "4.0"];
const SCREENS_MAX: usize = 100;

impl Judge<'_> {
    pub(super) fn version(&mut self, top: &Object, whole: Span) {
        let Some(node) = top.get("version") else {
            return self.error("MISSING_FLOW_JSON_VERSION", opening(whole), &Place::ROOT, "Flow JSON version is not specified.".to_owned());
        };
        let place = Place::ROOT.key("version");
        let Some(text) = node.text() else { return self.wrong_type(node, &place, "string") };
        match Version::parse(text) {
            None => self.error("INVALID_FLOW_JSON_VERSION", node.span, &place, "Invalid Flow JSON version.".to_owned()),
            Some(version) if !version.is_publishable() => {
                self.error("UNSUPPORTED_FLOW_JSON_VERSION", node.span, &place, "Unsupported Flow JSON version.".to_owned());
                let message = format!(
                    "Version {version} can be sent where it is published already, but no longer published: that begins at {PUBLISHABLE_MIN}. The rest of the document was not judged."
                );
                self.note(node.span, &place, message);
            }
            Some(version) if version != JUDGED => {
                let message = format!(
                    "Version {version} was judged by the rules of {JUDGED} and what is known of its own; {JUDGED} alone is judged in full."
                );
                self.note(node.span, &place, message);
            }
            Some(_) => {}
        }
    }

    pub(super) fn top(&mut self, top: &Object, whole: Span) {
        for member in top.iter() {
            match member.key.as_str() {
                "version" | "screens" | "routing_model" | "data_api_version" => {}
                "data_channel_uri" => {
                    let message = "Property `data_channel_uri` is no longer supported in Flow JSON as of version '3.0'. Configure the endpoint of the Flow itself.";
                    self.error("INVALID_PROPERTY_KEY", member.key_span, &Place::ROOT, message.to_owned());
                }
                key => self.unknown_key(key, member.key_span, &Place::ROOT, None, false),
            }
        }
        self.endpoint(top);
        match top.member("screens") {
            None => self.missing("screens", opening(whole), &Place::ROOT),
            Some(member) => {
                let place = Place::ROOT.key("screens");
                let Some(screens) = self.list(&member.node, &place) else { return };
                if screens.is_empty() {
                    self.too_few("screens", 1, member.node.span, &place);
                }
                if screens.len() > SCREENS_MAX {
                    let message = format!("Maximum number of screens allowed per Flow is {SCREENS_MAX} but found {}.", screens.len());
                    self.error("MAX_SCREENS_NUMBER", member.key_span, &place, message);
                }
            }
        }
    }

    fn endpoint(&mut self, top: &Object) {
        if let Some(member) = top.member("data_api_version") {
            let place = Place::ROOT.key("data_api_version");
            match member.node.text() {
                None => self.wrong_type(&member.node, &place, "string"),
                Some(version) if !DATA_API_VERSIONS.contains(&version) => {
                    let message = "No supported Data API version found for given Flow JSON version.".to_owned();
                    self.error("NO_SUPPORTED_DATA_API_VERSION", member.node.span, &place, message);
                    self.note(member.node.span, &place, format!("{} is not one of {}.", quoted(version), DATA_API_VERSIONS.join(", ")));
                }
                Some(_) => {}
            }
            if !top.has("routing_model") {
                let message = "The property 'routing_model' is required for property 'data_api_version'.".to_owned();
                self.error("MISSING_REQUIRED_PROPERTY", member.key_span, &place, message);
            }
        } else if let Some(member) = top.member("routing_model") {
            let message = "The property 'data_api_version' is required for property 'routing_model'.".to_owned();
            self.error("MISSING_REQUIRED_PROPERTY", member.key_span, &Place::ROOT.key("routing_model"), message);
        }
    }
}

/// The bracket with which a value opens: where something is missing from it.
pub(super) fn opening(whole: Span) -> Span {
    Span { start: whole.start, end: whole.start + 1 }
}
