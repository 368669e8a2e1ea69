//! The link between a typed event and its stored form. Each area is one enum, so that a new event stops the build
//! until every reader has decided what to do with it.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::{Context, EventId, NewEvent, Recorded, Subject};
use crate::{billing, bot, conversation, database, flow, media, parked, project, template, upcast, usage, webhook, workspace};

/// Every type that is published, by stream.
pub(crate) const KNOWN_TYPES: &[&[&str]] = &[
    conversation::ConversationEvent::TYPES,
    webhook::TYPES,
    project::ProjectEvent::TYPES,
    database::DatabaseEvent::TYPES,
    workspace::WorkspaceEvent::TYPES,
    billing::BillingEvent::TYPES,
    usage::UsageEvent::TYPES,
    bot::BotEvent::TYPES,
    flow::FlowEvent::TYPES,
    template::TemplateEvent::TYPES,
    media::MediaEvent::TYPES,
    parked::ParkedEvent::TYPES,
];

/// Why stored data is not the event that its type promises.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer version of this software, or by someone else.
    #[error("event type {0} is not known here")]
    UnknownType(String),
    /// The data does not have the published shape.
    #[error("data of {event_type} does not have its published shape")]
    Malformed {
        /// The type it claims.
        event_type: String,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// An event of the log that is not what its type promises, and where it is.
#[derive(Debug, thiserror::Error)]
#[error("read event {sequence} of {subject}")]
pub struct UnreadableEvent {
    /// Where.
    pub subject: Subject,
    /// Which.
    pub sequence: u64,
    /// What is wrong.
    pub source: DecodeError,
}

/// The events of one stream.
pub trait Event: Sized {
    /// Every current type, as written in headers.
    const TYPES: &'static [&'static str];

    /// Its type, as written in headers.
    fn event_type(&self) -> &'static str;

    /// Its data as JSON.
    fn encode(&self) -> Bytes;

    /// Reads data of the current version of `event_type`.
    fn decode_current(event_type: &str, data: &[u8]) -> Result<Self, DecodeError>;

    /// Reads an event of any published version.
    fn decode(recorded: &Recorded) -> Result<Self, DecodeError> {
        upcast::decode(recorded.event_type.as_str(), &recorded.data, upcast::UPCASTS, Self::decode_current)
    }

    /// As [`Event::decode`], and says which event it is that cannot be read.
    fn read(recorded: &Recorded) -> Result<Self, UnreadableEvent> {
        Self::decode(recorded).map_err(|source| UnreadableEvent { subject: recorded.subject.clone(), sequence: recorded.sequence, source })
    }

    /// Puts it into an envelope.
    fn into_new(self, id: EventId, source: &'static str, time: DateTime<Utc>, context: Context) -> NewEvent {
        NewEvent {
            id,
            event_type: self.event_type(),
            source,
            time,
            context,
            extensions: Vec::new(),
            content_type: "application/json",
            data: self.encode(),
        }
    }
}

/// Declares the enum of a stream's events: variant, type and version in one line each.
macro_rules! events {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $event_type:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $(#[doc = concat!("`", $event_type, "`")] $variant($variant),)+
        }

        impl $crate::Event for $name {
            const TYPES: &'static [&'static str] = &[$($event_type,)+];

            fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $event_type,)+
                }
            }

            fn encode(&self) -> bytes::Bytes {
                let encoded = match self {
                    $(Self::$variant(data) => serde_json::to_vec(data),)+
                };
                encoded.expect("events hold nothing that JSON cannot").into()
            }

            fn decode_current(event_type: &str, data: &[u8]) -> Result<Self, $crate::DecodeError> {
                match event_type {
                    $($event_type => serde_json::from_slice(data).map(Self::$variant),)+
                    unknown => return Err($crate::DecodeError::UnknownType(unknown.to_owned())),
                }
                .map_err(|source| $crate::DecodeError::Malformed { event_type: event_type.to_owned(), source })
            }
        }

        $(impl From<$variant> for $name {
            fn from(data: $variant) -> Self {
                Self::$variant(data)
            }
        })+
    };
}
pub(crate) use events;
