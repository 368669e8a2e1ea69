//! By what a contact can be known. A contact is a set of these: the phone may be missing, the business-scoped user
//! id (BSUID) may be missing, and either may change.

use serde::{Deserialize, Serialize};

/// The kinds, strongest first: a person keeps a BSUID longer than a phone number, and a phone number can be given to someone else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// Meta's business-scoped user id, `US.1349…`; unique per user and business portfolio.
    Bsuid,
    /// The canonical digits of a phone number, without `+` (see `whatsapp::WaId::canonical`).
    Phone,
    /// The BSUID under the parent portfolio, `US.ENT.…`.
    ParentBsuid,
}

impl IdentityKind {
    /// As written in events and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bsuid => "bsuid",
            Self::Phone => "phone",
            Self::ParentBsuid => "parent_bsuid",
        }
    }

    /// The kind written so.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Bsuid, Self::Phone, Self::ParentBsuid].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One way to know a contact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// What kind of id it is.
    pub kind: IdentityKind,
    /// The id itself, in its canonical form.
    pub value: String,
}
