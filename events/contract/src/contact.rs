//! Facts about who a contact is: by what it is known, how it shows itself, what it wants to hear, with whom it turned out to be one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ContactId, Identity};

/// How a contact shows itself. Each part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactProfile {
    /// The name they chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their WhatsApp username, without `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Their number in Meta's raw form: what a reply must be addressed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
}

/// Nobody with these identities was known. Always the first event of its subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactFirstSeen {
    /// By what they are known, strongest first; at least one.
    pub identities: Vec<Identity>,
    /// How they show themselves.
    pub profile: ContactProfile,
    /// When, by Meta's time stamp.
    pub at: DateTime<Utc>,
}

/// The contact is also known by this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactIdentityLinked {
    /// The new one.
    pub identity: Identity,
    /// When.
    pub at: DateTime<Utc>,
}

/// The contact changed number or user id. The previous one still leads to it until somebody else shows up with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactIdentityReplaced {
    /// Until now.
    pub previous: Identity,
    /// From now on.
    pub current: Identity,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why an identity leads to a contact no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlinkReason {
    /// Somebody else shows up with it: the operator gave the number to another person.
    Reassigned,
    /// The contact was merged into another.
    Merged,
}

/// The identity leads to this contact no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactIdentityUnlinked {
    /// Which.
    pub identity: Identity,
    /// Why.
    pub reason: UnlinkReason,
    /// When.
    pub at: DateTime<Utc>,
}

/// The contact shows itself differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactProfileChanged {
    /// From now on.
    pub profile: ContactProfile,
    /// When.
    pub at: DateTime<Utc>,
}

/// The contact allowed or refused a category of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPreferenceChanged {
    /// `marketing_messages`; others may come.
    pub category: String,
    /// `stop`, `resume` or `signup`; others may come.
    pub value: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl ContactPreferenceChanged {
    /// The category of messages that advertise.
    pub const MARKETING: &str = "marketing_messages";
    /// What a contact says who wants no more of a category.
    pub const STOP: &str = "stop";
}

/// This contact turned out to be the same person as another. What becomes of its messages is still said here, everything else there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactMerged {
    /// The one that lives on.
    pub into: ContactId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Another contact turned out to be this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactAbsorbed {
    /// The one that ends.
    pub from: ContactId,
    /// What it was known by, which now leads here.
    pub identities: Vec<Identity>,
    /// When.
    pub at: DateTime<Utc>,
}
