//! What became of a message we sent.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::MetaError;
use crate::lenient::{Object, elements};
use crate::{Bsuid, GroupId, WaId, Wamid};

/// One line for the ledger. Comes in any order, repeatedly, and also before we know the message.
#[derive(Debug, Clone)]
pub struct Status {
    pub wamid: Wamid,
    pub status: Delivery,
    pub timestamp: Option<DateTime<Utc>>,
    /// Missing if only the user id is known, and for groups.
    pub recipient_id: Option<WaId>,
    /// `recipient_id` where the recipient is a group.
    pub group_id: Option<GroupId>,
    pub recipient_user_id: Option<Bsuid>,
    /// Meta spells it `recipient_parent_user_id` and `parent_recipient_user_id`.
    pub recipient_parent_user_id: Option<Bsuid>,
    /// `group`, or nothing.
    pub recipient_type: Option<String>,
    /// The group's member. Meta spells these `recipient_participant_…` and `participant_recipient_…`.
    pub participant_id: Option<WaId>,
    pub participant_user_id: Option<Bsuid>,
    pub participant_parent_user_id: Option<Bsuid>,
    /// Only with `failed`.
    pub errors: Vec<MetaError>,
    /// What we gave when sending, at most 512 characters.
    pub biz_opaque_callback_data: Option<String>,
    pub conversation: Option<Box<RawValue>>,
    pub pricing: Option<Box<RawValue>>,
    pub raw: Box<RawValue>,
}

/// How far a message got.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Delivery {
    Sent,
    Delivered,
    Read,
    /// A voice note was listened to.
    Played,
    /// Terminal, though it may follow `sent`.
    Failed,
    /// In old material only.
    Deleted,
    /// One that nobody has seen.
    Other(String),
}

impl Delivery {
    pub fn parse(name: &str) -> Self {
        match name {
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "read" => Self::Read,
            "played" => Self::Played,
            "failed" => Self::Failed,
            "deleted" => Self::Deleted,
            other => Self::Other(other.to_owned()),
        }
    }

    /// As Meta spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
            Self::Other(name) => name,
        }
    }
}

impl Status {
    /// `None` without an id or a status: nothing could be said about any message.
    pub(crate) fn read(json: &RawValue) -> Option<Self> {
        let status = Object::read(json)?;
        let wa_id = |key: &str| status.parsed(key, WaId::parse);
        let user_id = |key: &str| status.parsed(key, Bsuid::parse);
        let recipient_type = status.string("recipient_type");
        let group = recipient_type.as_deref() == Some("group");
        Some(Self {
            wamid: status.parsed("id", Wamid::parse)?,
            status: Delivery::parse(&status.string("status").filter(|name| !name.is_empty())?),
            timestamp: status.instant("timestamp"),
            recipient_id: wa_id("recipient_id").filter(|_| !group),
            group_id: status.parsed("recipient_id", GroupId::parse).filter(|_| group),
            recipient_user_id: user_id("recipient_user_id"),
            recipient_parent_user_id: user_id("recipient_parent_user_id").or_else(|| user_id("parent_recipient_user_id")),
            recipient_type,
            participant_id: wa_id("recipient_participant_id").or_else(|| wa_id("participant_recipient_id")),
            participant_user_id: user_id("recipient_participant_user_id").or_else(|| user_id("participant_recipient_user_id")),
            participant_parent_user_id: user_id("recipient_participant_parent_user_id")
                .or_else(|| user_id("participant_recipient_parent_user_id")),
            errors: status.get("errors").and_then(elements).into_iter().flatten().filter_map(MetaError::read).collect(),
            biz_opaque_callback_data: status.string("biz_opaque_callback_data"),
            conversation: status.raw("conversation"),
            pricing: status.raw("pricing"),
            raw: json.to_owned(),
        })
    }
}
