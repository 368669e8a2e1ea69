//! What WhatsApp itself says in a chat: a person changed number, user id or device.

use crate::lenient::Object;
use crate::{Bsuid, WaId};

/// The new ids, where they changed; the message's own `from` and `from_user_id` are the old ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    pub event: SystemEvent,
    /// A sentence for people.
    pub body: Option<String>,
    pub wa_id: Option<WaId>,
    pub user_id: Option<Bsuid>,
    pub parent_user_id: Option<Bsuid>,
}

/// `system.type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemEvent {
    UserChangedNumber,
    UserChangedUserId,
    CustomerIdentityChanged,
    Other(Option<String>),
}

impl System {
    pub(crate) fn read(system: &Object<'_>) -> Self {
        let event = match system.string("type") {
            Some(name) if name == "user_changed_number" => SystemEvent::UserChangedNumber,
            Some(name) if name == "user_changed_user_id" => SystemEvent::UserChangedUserId,
            Some(name) if name == "customer_identity_changed" => SystemEvent::CustomerIdentityChanged,
            other => SystemEvent::Other(other),
        };
        Self {
            event,
            body: system.string("body"),
            wa_id: system.parsed("wa_id", WaId::parse),
            user_id: system.parsed("user_id", Bsuid::parse),
            parent_user_id: system.parsed("parent_user_id", Bsuid::parse),
        }
    }
}
