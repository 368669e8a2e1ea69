//! Whom a message goes to.

use crate::{Bsuid, WaId};

/// By number or by user id. Meta refuses some templates (authentication) to a user id: 131062.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// The number as the person's id was received.
    Phone(WaId),
    /// For a person whose number is not known.
    User(Bsuid),
}
