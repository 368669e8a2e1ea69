//! One message, inbound, echoed or from the history: who, when, what.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::{Context, Kind, MetaError, Referral};
use crate::lenient::{Object, elements};
use crate::{Bsuid, GroupId, WaId, Wamid};

/// Any JSON object in a list of messages is one, even if it tells nothing: every key may be missing.
#[derive(Debug, Clone)]
pub struct Message {
    /// The key against duplicates. `None` if it is missing or cannot be an id.
    pub wamid: Option<Wamid>,
    /// The sender's number; missing for people who hide it. In an echo, the business.
    pub from: Option<WaId>,
    /// On all messages since April 2026.
    pub from_user_id: Option<Bsuid>,
    pub from_parent_user_id: Option<Bsuid>,
    /// In echoes and in the history, the person written to.
    pub to: Option<WaId>,
    pub to_user_id: Option<Bsuid>,
    pub to_parent_user_id: Option<Bsuid>,
    pub group_id: Option<GroupId>,
    /// When Meta took it, to the second.
    pub timestamp: Option<DateTime<Utc>>,
    pub kind: Kind,
    pub context: Option<Context>,
    pub referral: Option<Referral>,
    /// Why the content is missing, for unsupported messages and media that could not be fetched.
    pub errors: Vec<MetaError>,
    /// `history_context.status`: `SENT`, `DELIVERED`, `READ`, `PLAYED`, `PENDING`, `ERROR`.
    pub history_status: Option<String>,
    /// The whole message as it came.
    pub raw: Box<RawValue>,
}

impl Message {
    pub(crate) fn read(json: &RawValue) -> Option<Self> {
        let message = Object::read(json)?;
        Some(Self {
            wamid: message.parsed("id", Wamid::parse),
            from: message.parsed("from", WaId::parse),
            from_user_id: message.parsed("from_user_id", Bsuid::parse),
            from_parent_user_id: message.parsed("from_parent_user_id", Bsuid::parse),
            to: message.parsed("to", WaId::parse),
            to_user_id: message.parsed("to_user_id", Bsuid::parse),
            to_parent_user_id: message.parsed("to_parent_user_id", Bsuid::parse),
            group_id: message.parsed("group_id", GroupId::parse),
            timestamp: message.instant("timestamp"),
            kind: Kind::read(&message),
            context: message.object("context").map(|context| Context::read(&context)),
            referral: message.get("referral").and_then(Referral::read),
            errors: message.get("errors").and_then(elements).into_iter().flatten().filter_map(MetaError::read).collect(),
            history_status: message.object("history_context").and_then(|history| history.string("status")),
            raw: json.to_owned(),
        })
    }
}
