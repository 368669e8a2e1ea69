//! The types of message that can be sent, and who knows the content of each.

use super::{contacts, interactive, media, place, reaction, template, text};
use crate::outbound::MediaKind;
use crate::strict::Node;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Media(MediaKind),
    Location,
    Contacts,
    Reaction,
    Interactive,
    Template,
}

impl Kind {
    pub(super) const ALL: [Self; 11] = [
        Self::Text,
        Self::Media(MediaKind::Image),
        Self::Media(MediaKind::Video),
        Self::Media(MediaKind::Audio),
        Self::Media(MediaKind::Document),
        Self::Media(MediaKind::Sticker),
        Self::Location,
        Self::Contacts,
        Self::Reaction,
        Self::Interactive,
        Self::Template,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Media(kind) => kind.name(),
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Reaction => "reaction",
            Self::Interactive => "interactive",
            Self::Template => "template",
        }
    }

    /// Holds what is under the type's name against its limits.
    pub(super) fn check(self, content: &Node<'_>) {
        match self {
            Self::Text => text::check(content),
            Self::Media(kind) => media::check(content, kind),
            Self::Location => place::check(content),
            Self::Contacts => contacts::check(content),
            Self::Reaction => reaction::check(content),
            Self::Interactive => interactive::check(content),
            Self::Template => template::check(content),
        }
    }
}
