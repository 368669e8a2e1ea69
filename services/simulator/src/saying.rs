//! What a person can do in a chat.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::Refused;
use crate::sample::Sample;

/// Characters in one text: WhatsApp's own limit for people.
const TEXT_CHARACTERS_MAX: usize = 65_536;

/// A message of a person to a business number.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// The business number's id.
    #[schema(value_type = String, example = "207358419203847")]
    pub to: PhoneNumberId,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reply_to: Option<Wamid>,
    /// Mark it as forwarded.
    #[serde(default)]
    pub forwarded: bool,
    #[serde(flatten)]
    pub saying: Saying,
}

/// Each type that a phone can send; `type` names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Subcommand, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Saying {
    /// A text
    Text {
        /// What it says
        #[serde(alias = "text")]
        body: String,
    },
    /// A picture
    Image {
        /// What is written below it
        #[arg(long)]
        caption: Option<String>,
        /// Id of a file that was sent to this number; a sample if absent
        #[arg(long, value_name = "ID")]
        media: Option<String>,
    },
    /// A video
    Video {
        /// What is written below it
        #[arg(long)]
        caption: Option<String>,
        /// Id of a file that was sent to this number; a sample if absent
        #[arg(long, value_name = "ID")]
        media: Option<String>,
    },
    /// A voice note, or an audio file
    Audio {
        /// An audio file instead of a voice note
        #[arg(long)]
        #[serde(default)]
        file: bool,
        /// Id of a file that was sent to this number; a sample if absent
        #[arg(long, value_name = "ID")]
        media: Option<String>,
    },
    /// A document
    Document {
        /// Its name, as the receiver sees it
        filename: String,
        /// What is written below it
        #[arg(long)]
        caption: Option<String>,
        /// Id of a file that was sent to this number; a sample if absent
        #[arg(long, value_name = "ID")]
        media: Option<String>,
    },
    /// A sticker
    Sticker {
        /// An animated one; a still one if absent
        #[arg(long)]
        #[serde(default)]
        animated: bool,
        /// Id of a file that was sent to this number; a sample if absent
        #[arg(long, value_name = "ID")]
        media: Option<String>,
    },
    /// A place: degrees
    #[command(allow_negative_numbers = true)]
    Location {
        /// Degrees to the north, -90 to 90
        latitude: f64,
        /// Degrees to the east, -180 to 180
        longitude: f64,
        /// What the place is called
        #[arg(long)]
        name: Option<String>,
        /// Where the place is, in words
        #[arg(long)]
        address: Option<String>,
    },
    /// Somebody's contact card
    Contacts {
        /// Whose card it is
        name: String,
        /// Their number, digits
        #[schema(value_type = String)]
        phone: WaId,
    },
    /// A tap on a reply button
    ButtonReply {
        /// Id of the button, which the business gave it
        id: String,
        /// What is written on the button
        title: String,
    },
    /// A row of a list
    ListReply {
        /// Id of the row, which the business gave it
        id: String,
        /// What is written in the row
        title: String,
        /// What is written below its title
        #[arg(long)]
        description: Option<String>,
    },
    /// A submitted Flow: answers as a JSON object
    NfmReply {
        /// The answers, a JSON object
        #[arg(value_parser = json_object)]
        #[schema(value_type = Object)]
        answers: Value,
        /// Token the Flow was sent with
        #[arg(long)]
        flow_token: Option<String>,
    },
    /// An address, for a message that asks for one
    Address {
        /// Its fields, a JSON object
        #[arg(value_parser = json_object)]
        #[schema(value_type = Object)]
        values: Value,
        /// Id of the address, if the business offered it
        #[arg(long)]
        saved: Option<String>,
    },
    /// Whether the business may call
    CallPermissionReply {
        /// They may not; for good they may if absent
        #[arg(long)]
        #[serde(default)]
        reject: bool,
    },
    /// A tap on a template's quick reply
    Button {
        /// What the business sent with the button
        payload: String,
        /// What is written on the button
        text: String,
    },
    /// An emoji on a message; none takes it back
    Reaction {
        /// The message that it is put on
        #[schema(value_type = String)]
        message_id: Wamid,
        /// The emoji; without one the last is taken back
        emoji: Option<String>,
    },
    /// A new text for a message sent before
    Edit {
        /// The message that is changed
        #[schema(value_type = String)]
        message_id: Wamid,
        /// What it says from now on
        body: String,
    },
    /// A message sent before, deleted for everybody
    Revoke {
        /// The message that is deleted
        #[schema(value_type = String)]
        message_id: Wamid,
    },
    /// An order from the catalogue
    Order {
        /// Id of the product, in the catalogue
        product: String,
        /// How many of it
        #[arg(long, default_value_t = 1)]
        #[serde(default = "one")]
        quantity: u32,
        /// Price of one of them
        #[arg(long, default_value_t = 9.5)]
        #[serde(default)]
        price: f64,
        /// What is said with the order
        #[arg(long)]
        text: Option<String>,
        /// Id of the catalogue; a made-up one if absent
        #[arg(long)]
        catalog: Option<String>,
    },
    /// A type that Meta does not hand on
    Unsupported {
        /// What it was, as Meta names it
        #[arg(default_value = "poll_creation")]
        what: String,
    },
    /// A type that nobody has documented, with any content
    Other {
        /// Name of the type
        name: String,
        /// What it holds, a JSON object
        #[arg(value_parser = json_object)]
        #[schema(value_type = Object)]
        content: Value,
    },
}

fn one() -> u32 {
    1
}

/// An address as it is read.
pub(crate) fn address_line(values: &Value) -> String {
    values.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ")
}

pub(crate) fn json_object(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string()).and_then(|value: Value| match value {
        Value::Object(_) => Ok(value),
        _ => Err("not a JSON object".to_owned()),
    })
}

impl Saying {
    /// What the phone shows for it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text { body } | Self::Edit { body, .. } => body.clone(),
            Self::Image { caption, .. } | Self::Video { caption, .. } => caption.clone().unwrap_or_default(),
            Self::Audio { file, .. } => if *file { "Audio file" } else { "Voice message" }.to_owned(),
            Self::Document { filename, caption, .. } => caption.clone().unwrap_or_else(|| filename.clone()),
            Self::Sticker { .. } => String::new(),
            Self::Location { latitude, longitude, name, .. } => name.clone().unwrap_or_else(|| format!("{latitude}, {longitude}")),
            Self::Contacts { name, .. } => name.clone(),
            Self::ButtonReply { title, .. } | Self::ListReply { title, .. } => title.clone(),
            Self::NfmReply { answers, .. } => answers.to_string(),
            Self::Address { values, .. } => address_line(values),
            Self::CallPermissionReply { reject } => if *reject { "May not call" } else { "May call" }.to_owned(),
            Self::Button { text, .. } => text.clone(),
            Self::Reaction { emoji, .. } => emoji.clone().unwrap_or_default(),
            Self::Revoke { .. } => String::new(),
            Self::Order { product, quantity, .. } => format!("{quantity} × {product}"),
            Self::Unsupported { what } => what.clone(),
            Self::Other { name, .. } => name.clone(),
        }
    }

    /// The name of the variant, as requests spell it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } => "image",
            Self::Video { .. } => "video",
            Self::Audio { .. } => "audio",
            Self::Document { .. } => "document",
            Self::Sticker { .. } => "sticker",
            Self::Location { .. } => "location",
            Self::Contacts { .. } => "contacts",
            Self::ButtonReply { .. } => "button_reply",
            Self::ListReply { .. } => "list_reply",
            Self::NfmReply { .. } => "nfm_reply",
            Self::Address { .. } => "address",
            Self::CallPermissionReply { .. } => "call_permission_reply",
            Self::Button { .. } => "button",
            Self::Reaction { .. } => "reaction",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::Order { .. } => "order",
            Self::Unsupported { .. } => "unsupported",
            Self::Other { name, .. } => name,
        }
    }

    /// What it sends a file of, and the one that was chosen.
    pub(crate) fn file(&self) -> Option<(Sample, Option<&str>)> {
        let (sample, media) = match self {
            Self::Image { media, .. } => (Sample::Photo, media),
            Self::Video { media, .. } => (Sample::Video, media),
            Self::Audio { file: true, media } => (Sample::Audio, media),
            Self::Audio { file: false, media } => (Sample::Voice, media),
            Self::Document { media, .. } => (Sample::Document, media),
            Self::Sticker { media, .. } => (Sample::Sticker, media),
            _ => return None,
        };
        Some((sample, media.as_deref()))
    }

    /// Whether it acts on an earlier message instead of making a bubble of its own.
    pub(crate) fn target(&self) -> Option<&Wamid> {
        match self {
            Self::Reaction { message_id, .. } | Self::Edit { message_id, .. } | Self::Revoke { message_id } => Some(message_id),
            _ => None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Refused> {
        if self.text().chars().count() > TEXT_CHARACTERS_MAX {
            return Err(Refused::TooLong { what: "text", limit: TEXT_CHARACTERS_MAX });
        }
        match self {
            Self::Text { body } if body.trim().is_empty() => Err(Refused::Invalid("a text is not empty".to_owned())),
            Self::Other { name, content } if name.is_empty() || !content.is_object() => {
                Err(Refused::Invalid("another type has a name and an object".to_owned()))
            }
            Self::NfmReply { answers, .. } if !answers.is_object() => Err(Refused::Invalid("answers are an object".to_owned())),
            Self::Address { values, .. } if !values.is_object() => Err(Refused::Invalid("an address is an object".to_owned())),
            Self::Location { latitude, longitude, .. } if latitude.abs() > 90.0 || longitude.abs() > 180.0 => {
                Err(Refused::Invalid("there is no such place".to_owned()))
            }
            _ => Ok(()),
        }
    }
}
