//! What a message holds that others must look after: files, a Flow, a template, another message. And what a person reads of it.

use serde_json::Value;

use super::kind::Kind;
use super::{MediaKind, Outbound, interactive};

/// A file that is sent: exactly one of `id` and `link` is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaUse<'a> {
    pub kind: MediaKind,
    pub id: Option<&'a str>,
    pub link: Option<&'a str>,
    /// Whether it is to be played as a voice note.
    pub voice: bool,
}

/// The template that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateUse<'a> {
    pub name: &'a str,
    /// With an underscore: `en_US`.
    pub language: &'a str,
}

/// The Flow that is sent: exactly one of `flow_id` and `flow_name` is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowUse<'a> {
    pub flow_id: Option<&'a str>,
    pub flow_name: Option<&'a str>,
    pub mode: FlowMode,
    pub flow_token: Option<&'a str>,
}

/// Which state of the Flow is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowMode {
    Published,
    Draft,
}

impl Outbound {
    /// Meta's `interactive.type`.
    pub fn subtype(&self) -> Option<&str> {
        self.text_at("/interactive/type")
    }

    /// What a person would read of it in a list of messages. `None` if there is nothing to read.
    pub fn text(&self) -> Option<String> {
        let places: &[&str] = match self.kind {
            Kind::Text => &["/text/body"],
            Kind::Media(MediaKind::Image) => &["/image/caption"],
            Kind::Media(MediaKind::Video) => &["/video/caption"],
            Kind::Media(MediaKind::Document) => &["/document/caption", "/document/filename"],
            Kind::Media(MediaKind::Audio | MediaKind::Sticker) => &[],
            Kind::Location => &["/location/name", "/location/address"],
            Kind::Contacts => &["/contacts/0/name/formatted_name"],
            Kind::Reaction => &["/reaction/emoji"],
            Kind::Interactive => &["/interactive/body/text", "/interactive/header/text"],
            Kind::Template => &["/template/name"],
        };
        places.iter().find_map(|place| self.text_at(place)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The message it answers to.
    pub fn reply_to(&self) -> Option<&str> {
        self.text_at("/context/message_id")
    }

    /// The message it is a reaction to.
    pub fn target(&self) -> Option<&str> {
        self.text_at("/reaction/message_id")
    }

    pub fn template(&self) -> Option<TemplateUse<'_>> {
        Some(TemplateUse { name: self.text_at("/template/name")?, language: self.text_at("/template/language/code")? })
    }

    /// The Flow of an interactive message. The Flow behind a template's button is known to the template alone: [`crate::template::flow_button`].
    pub fn flow(&self) -> Option<FlowUse<'_>> {
        if self.subtype() != Some(interactive::FLOW) {
            return None;
        }
        let parameters = self.json.pointer(FLOW_PARAMETERS)?;
        let text = |key: &str| parameters.get(key).and_then(Value::as_str);
        let mode = if text("mode") == Some("draft") { FlowMode::Draft } else { FlowMode::Published };
        Some(FlowUse { flow_id: text("flow_id"), flow_name: text("flow_name"), mode, flow_token: text("flow_token") })
    }

    /// All files, also those in headers, on cards and in a template's parameters, in the order of the message.
    pub fn media(&self) -> Vec<MediaUse<'_>> {
        let used = |(kind, place): (MediaKind, String)| {
            let media = self.json.pointer(&place)?;
            let text = |key: &str| media.get(key).and_then(Value::as_str);
            let voice = media.get("voice").and_then(Value::as_bool).unwrap_or(false);
            Some(MediaUse { kind, id: text("id"), link: text("link"), voice })
        };
        self.media_places().into_iter().filter_map(used).collect()
    }

    /// Where they are, as JSON pointers.
    pub(super) fn media_places(&self) -> Vec<(MediaKind, String)> {
        let mut places = Vec::new();
        if let Kind::Media(kind) = self.kind {
            places.push((kind, format!("/{}", kind.name())));
        }
        self.push_media("/interactive/header", &mut places);
        for card in self.elements("/interactive/action/cards") {
            self.push_media(&format!("{card}/header"), &mut places);
        }
        for component in self.elements("/template/components") {
            self.push_parameters(&component, &mut places);
            for card in self.elements(&format!("{component}/cards")) {
                for component in self.elements(&format!("{card}/components")) {
                    self.push_parameters(&component, &mut places);
                }
            }
        }
        places
    }

    fn push_parameters(&self, component: &str, places: &mut Vec<(MediaKind, String)>) {
        for parameter in self.elements(&format!("{component}/parameters")) {
            self.push_media(&parameter, places);
        }
    }

    /// A header or a parameter: `{"type":"image","image":{…}}`.
    fn push_media(&self, typed: &str, places: &mut Vec<(MediaKind, String)>) {
        if let Some(kind) = self.text_at(&format!("{typed}/type")).and_then(MediaKind::parse) {
            places.push((kind, format!("{typed}/{}", kind.name())));
        }
    }

    fn elements(&self, list: &str) -> Vec<String> {
        let length = self.json.pointer(list).and_then(Value::as_array).map_or(0, Vec::len);
        (0..length).map(|index| format!("{list}/{index}")).collect()
    }

    fn text_at(&self, pointer: &str) -> Option<&str> {
        self.json.pointer(pointer)?.as_str()
    }
}

pub(super) const FLOW_PARAMETERS: &str = "/interactive/action/parameters";
