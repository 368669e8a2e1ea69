//! Facts about a project's WhatsApp number: offered, connected, described, given up; and what Meta shows of the business there.

use serde::{Deserialize, Serialize};

use crate::{OperationId, ProjectId};

/// What a signup at Meta brought: a number to connect, with what is needed to use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberOffered {
    /// The operation that connects it.
    pub operation: OperationId,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: String,
    /// Whether the number stays in use in the WhatsApp Business app too: it must not be registered then.
    pub coexistence: bool,
    /// The business token, sealed under the project's data key.
    pub sealed_token: String,
    /// The PIN of two-step verification, sealed under the project's data key.
    pub sealed_pin: String,
}

/// From now on, what reaches this number belongs to this project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberConnected {
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// Meta's id of the WhatsApp Business Account.
    pub waba_id: Option<String>,
    /// The number as Meta displays it.
    pub display_phone_number: Option<String>,
}

/// What Meta says about the connected number, as it says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberDescribed {
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The name that people see.
    pub verified_name: Option<String>,
    /// GREEN, YELLOW, RED, NA or UNKNOWN.
    pub quality_rating: Option<String>,
    /// Whether the name is approved.
    pub name_status: Option<String>,
    /// Whether the number is verified.
    pub code_verification_status: Option<String>,
    /// How many people it may write to, TIER_250 to TIER_UNLIMITED.
    pub messaging_limit: Option<String>,
    /// CONNECTED, or why it cannot send.
    pub status: Option<String>,
}

/// The number belongs to this project no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberDisconnected {
    /// Meta's id of the number.
    pub phone_number_id: String,
}

/// On the number's own subject: it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberClaimed {
    /// By whom.
    pub project: ProjectId,
}

/// On the number's own subject: it is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberReleased {
    /// Who had it.
    pub project: ProjectId,
}

/// Meta took a change of the business profile. Holds all of it as it is from now on; absent: empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessProfileChanged {
    /// The line below the name.
    pub about: Option<String>,
    /// Where the business is.
    pub address: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// At most two.
    pub websites: Vec<String>,
    /// Its trade, one of Meta's words.
    pub vertical: Option<String>,
    /// Meta's handle of the photo that was uploaded last.
    pub photo_handle: Option<String>,
}

/// Meta was asked for another display name; it decides by webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisplayNameRequested {
    /// The name that was asked for.
    pub name: String,
}

/// Meta decided about a display name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisplayNameDecided {
    /// The name that was asked for.
    pub name: String,
    /// Whether it may be used.
    pub approved: bool,
    /// Why not, in Meta's words.
    pub reason: Option<String>,
}
