//! The code of a project's bot, as versions of one set of files.

use serde::{Deserialize, Serialize};

use crate::OperationId;
use crate::event::events;

events! {
    /// What bots says, on `bot.<prj>`.
    BotEvent {
        CodeInitialised = "bot.code_initialised.v1",
        CodeCommitted = "bot.code_committed.v1",
        CodeReset = "bot.code_reset.v1",
        CodeErased = "bot.code_erased.v1",
    }
}

/// The bot has its first code: what every bot begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeInitialised {
    /// SHA-256 of the version's manifest, hexadecimal: the same files have the same version.
    pub version: String,
}

/// The code changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeCommitted {
    /// SHA-256 of the version's manifest, hexadecimal.
    pub version: String,
    /// The version before it.
    pub parent: String,
    /// What changed, for people.
    pub message: String,
}

/// The code is again what every bot begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeReset {
    /// The version that is current from now on.
    pub version: String,
    /// The version before it.
    pub parent: String,
    /// The operation that asked for it.
    pub operation: OperationId,
}

/// No version of the code exists any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeErased {
    /// The operation that asked for it.
    pub operation: OperationId,
}
