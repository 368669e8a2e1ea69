//! A person with a phone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whatsapp::{Bsuid, Username, WaId};

use crate::Refused;
use crate::made_up::bsuid;

const NAME_CHARACTERS_MAX: usize = 100;

/// Who they are, as Meta knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Person {
    /// Number, digits only.
    #[schema(value_type = String, example = "16505550142")]
    pub wa_id: WaId,
    /// Business-scoped user id.
    #[schema(value_type = String, example = "US.18274650918273645091")]
    pub user_id: Bsuid,
    pub name: String,
    #[schema(value_type = Option<String>)]
    pub username: Option<Username>,
    /// Whether webhooks leave the number out.
    pub hidden: bool,
    #[serde(skip)]
    generation: u32,
}

/// What is to be different about a person; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// With or without `@`; empty takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Hide the number: webhooks then carry the user id alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
}

impl Person {
    /// Somebody who has never been seen.
    pub(crate) fn new(wa_id: WaId) -> Self {
        let name = format!("Person {}", &wa_id.as_str()[wa_id.as_str().len().saturating_sub(4)..]);
        Self { user_id: bsuid(&wa_id, 0), name, username: None, hidden: false, generation: 0, wa_id }
    }

    pub(crate) fn change(&mut self, change: Change) -> Result<(), Refused> {
        let mut changed = self.clone();
        if let Some(name) = change.name {
            if name.chars().count() > NAME_CHARACTERS_MAX {
                return Err(Refused::TooLong { what: "name", limit: NAME_CHARACTERS_MAX });
            }
            changed.name = name;
        }
        if let Some(username) = change.username {
            changed.username = match username.trim_start_matches('@') {
                "" => None,
                name => Some(Username::parse(name).ok_or_else(|| Refused::Invalid(format!("{name} is not a username")))?),
            };
        }
        changed.hidden = change.hidden.unwrap_or(changed.hidden);
        *self = changed;
        Ok(())
    }

    /// A new user id; the one before is given back.
    pub(crate) fn renew_user_id(&mut self) -> Bsuid {
        self.generation += 1;
        std::mem::replace(&mut self.user_id, bsuid(&self.wa_id, self.generation))
    }

    /// Another number, and with it another user id; both from before are given back.
    pub(crate) fn change_number(&mut self, wa_id: WaId) -> (WaId, Bsuid) {
        self.generation = 0;
        let user_id = bsuid(&wa_id, 0);
        (std::mem::replace(&mut self.wa_id, wa_id), std::mem::replace(&mut self.user_id, user_id))
    }
}
