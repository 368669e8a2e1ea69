//! What kind of message it is, with what that kind promises.

use super::{Card, Context, Interactive, Media, Order, Place, System};
use crate::Wamid;
use crate::lenient::Object;

/// All types that Meta documents, one for those whose object is not as documented, one for those that nobody has seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Text {
        body: String,
    },
    Image(Media),
    Video(Media),
    /// Also voice notes, see [`Media::voice`].
    Audio(Media),
    Document(Media),
    Sticker(Media),
    Location(Place),
    /// Contact cards that the person shares; may be empty.
    Contacts(Vec<Card>),
    Interactive(Interactive),
    /// The quick reply of a template.
    Button {
        text: Option<String>,
        payload: Option<String>,
    },
    /// `emoji: None` takes the reaction back.
    Reaction {
        message_id: Wamid,
        emoji: Option<String>,
    },
    Order(Order),
    System(System),
    /// Meta does not deliver the content; the message's errors say why. `what` is `unsupported.type`.
    Unsupported {
        what: Option<String>,
    },
    Edit(Edit),
    Revoke {
        original_message_id: Wamid,
    },
    /// In the history: the media follows in another webhook, or never.
    MediaPlaceholder,
    /// A type from this list whose object is missing or lacks what it cannot do without.
    Malformed {
        type_name: String,
    },
    /// A type that is not in this list, or none.
    Unknown {
        type_name: Option<String>,
    },
}

/// A message that replaces an earlier one's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub original_message_id: Wamid,
    /// The new content. Never an edit or a revoke itself: such a one is malformed.
    pub kind: Box<Kind>,
    pub context: Option<Context>,
}

impl Kind {
    /// The type as Meta spells it, `unknown` if it names none.
    pub fn name(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Image(_) => "image",
            Self::Video(_) => "video",
            Self::Audio(_) => "audio",
            Self::Document(_) => "document",
            Self::Sticker(_) => "sticker",
            Self::Location(_) => "location",
            Self::Contacts(_) => "contacts",
            Self::Interactive(_) => "interactive",
            Self::Button { .. } => "button",
            Self::Reaction { .. } => "reaction",
            Self::Order(_) => "order",
            Self::System(_) => "system",
            Self::Unsupported { .. } => "unsupported",
            Self::Edit(_) => "edit",
            Self::Revoke { .. } => "revoke",
            Self::MediaPlaceholder => "media_placeholder",
            Self::Malformed { type_name } => type_name,
            Self::Unknown { type_name } => type_name.as_deref().unwrap_or("unknown"),
        }
    }

    /// What a person would read of it in a list of messages: body, caption, title, name, emoji. `None` if there is nothing to read.
    pub fn text(&self) -> Option<&str> {
        let text = match self {
            Self::Text { body } => Some(body),
            Self::Image(media) | Self::Video(media) | Self::Audio(media) | Self::Sticker(media) => media.caption.as_ref(),
            Self::Document(media) => media.caption.as_ref().or(media.filename.as_ref()),
            Self::Location(place) => place.name.as_ref().or(place.address.as_ref()),
            Self::Contacts(cards) => cards.iter().find_map(|card| card.formatted_name.as_ref()),
            Self::Interactive(interactive) => return interactive.text(),
            Self::Button { text, payload } => text.as_ref().or(payload.as_ref()),
            Self::Reaction { emoji, .. } => emoji.as_ref(),
            Self::Order(order) => order.text.as_ref(),
            Self::System(system) => system.body.as_ref(),
            Self::Edit(edit) => return edit.kind.text(),
            Self::Unsupported { .. } | Self::Revoke { .. } | Self::MediaPlaceholder => None,
            Self::Malformed { .. } | Self::Unknown { .. } => None,
        };
        text.map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The media that can be fetched, if the message carries one.
    pub fn media(&self) -> Option<&Media> {
        match self {
            Self::Image(media) | Self::Video(media) | Self::Audio(media) | Self::Document(media) | Self::Sticker(media) => Some(media),
            Self::Edit(edit) => edit.kind.media(),
            Self::Text { .. } | Self::Location(_) | Self::Contacts(_) | Self::Interactive(_) | Self::Button { .. } => None,
            Self::Reaction { .. } | Self::Order(_) | Self::System(_) | Self::Unsupported { .. } | Self::Revoke { .. } => None,
            Self::MediaPlaceholder | Self::Malformed { .. } | Self::Unknown { .. } => None,
        }
    }

    pub(crate) fn read(message: &Object<'_>) -> Self {
        match message.string("type").as_deref() {
            Some("edit") => Edit::read(message).map_or_else(|| malformed("edit"), Self::Edit),
            Some("revoke") => read_revoke(message).unwrap_or_else(|| malformed("revoke")),
            other => Self::read_content(message, other),
        }
    }

    /// All but edit and revoke, which are about another message: so one never holds another.
    fn read_content(message: &Object<'_>, type_name: Option<&str>) -> Self {
        let Some(name) = type_name else { return Self::Unknown { type_name: None } };
        let object = message.object(name);
        let object = object.as_ref();
        let kind = match name {
            "text" => object.and_then(|text| text.string("body")).map(|body| Self::Text { body }),
            "image" => object.and_then(Media::read).map(Self::Image),
            "video" => object.and_then(Media::read).map(Self::Video),
            "audio" => object.and_then(Media::read).map(Self::Audio),
            "document" => object.and_then(Media::read).map(Self::Document),
            "sticker" => object.and_then(Media::read).map(Self::Sticker),
            "location" => object.and_then(Place::read).map(Self::Location),
            "contacts" => message.list("contacts").map(|cards| Self::Contacts(cards.into_iter().map(Card::read).collect())),
            "interactive" => object.map(Interactive::read).map(Self::Interactive),
            "button" => object.and_then(read_button),
            "reaction" => object.and_then(read_reaction),
            "order" => object.map(Order::read).map(Self::Order),
            "system" => object.map(System::read).map(Self::System),
            "unsupported" => Some(Self::Unsupported { what: object.and_then(|unsupported| unsupported.string("type")) }),
            "media_placeholder" => Some(Self::MediaPlaceholder),
            "edit" | "revoke" => None,
            _ => Some(Self::Unknown { type_name: Some(name.to_owned()) }),
        };
        kind.unwrap_or_else(|| malformed(name))
    }
}

impl Edit {
    fn read(message: &Object<'_>) -> Option<Self> {
        let edit = message.object("edit")?;
        let inner = edit.object("message")?;
        Some(Self {
            original_message_id: edit.parsed("original_message_id", Wamid::parse)?,
            kind: Box::new(Kind::read_content(&inner, inner.string("type").as_deref())),
            context: inner.object("context").map(|context| Context::read(&context)),
        })
    }
}

fn read_revoke(message: &Object<'_>) -> Option<Kind> {
    let original_message_id = message.object("revoke")?.parsed("original_message_id", Wamid::parse)?;
    Some(Kind::Revoke { original_message_id })
}

fn read_button(button: &Object<'_>) -> Option<Kind> {
    let (text, payload) = (button.string("text"), button.string("payload"));
    (text.is_some() || payload.is_some()).then_some(Kind::Button { text, payload })
}

fn read_reaction(reaction: &Object<'_>) -> Option<Kind> {
    let message_id = reaction.parsed("message_id", Wamid::parse)?;
    // taken back: the key is missing in one of Meta's samples and empty in another
    let emoji = reaction.string("emoji").filter(|emoji| !emoji.is_empty());
    Some(Kind::Reaction { message_id, emoji })
}

fn malformed(type_name: &str) -> Kind {
    Kind::Malformed { type_name: type_name.to_owned() }
}
