//! Who is talked about: an element of a value's `contacts`.

use serde_json::value::RawValue;

use crate::lenient::Object;
use crate::{Bsuid, Username, WaId};

/// At least one of number and user id is normally there; neither is promised.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Missing for people who hide their number.
    pub wa_id: Option<WaId>,
    pub user_id: Option<Bsuid>,
    pub parent_user_id: Option<Bsuid>,
    /// As the person calls themselves, white space at the ends taken off. Never empty.
    pub name: Option<String>,
    pub username: Option<Username>,
    /// With the identity check on: changes when the person's device does.
    pub identity_key_hash: Option<String>,
    pub raw: Box<RawValue>,
}

impl Profile {
    pub(crate) fn read(json: &RawValue) -> Option<Self> {
        let contact = Object::read(json)?;
        let profile = contact.object("profile");
        let name = profile.as_ref().and_then(|profile| profile.string("name"));
        Some(Self {
            wa_id: contact.parsed("wa_id", WaId::parse),
            user_id: contact.parsed("user_id", Bsuid::parse),
            parent_user_id: contact.parsed("parent_user_id", Bsuid::parse),
            name: name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
            username: profile.as_ref().and_then(|profile| profile.parsed("username", Username::parse)),
            identity_key_hash: contact.string("identity_key_hash"),
            raw: json.to_owned(),
        })
    }
}
