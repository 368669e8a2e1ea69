//! A person's wish about marketing messages.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::lenient::Object;
use crate::{Bsuid, WaId};

/// After `stop`, marketing templates to this person fail with [`Self::STOPPED_CODE`].
#[derive(Debug, Clone)]
pub struct UserPreference {
    pub wa_id: Option<WaId>,
    pub user_id: Option<Bsuid>,
    pub parent_user_id: Option<Bsuid>,
    /// `marketing_messages`.
    pub category: Option<String>,
    /// `stop`, `resume` or `signup`.
    pub value: Option<String>,
    /// A sentence for people.
    pub detail: Option<String>,
    /// With `signup`: the link it came through.
    pub signup_id: Option<String>,
    pub timestamp: Option<DateTime<Utc>>,
    pub raw: Box<RawValue>,
}

impl UserPreference {
    /// Meta's code of a message that advertises, to a person who stopped these.
    pub const STOPPED_CODE: i64 = 131_050;

    pub(crate) fn read(json: &RawValue) -> Option<Self> {
        let preference = Object::read(json)?;
        Some(Self {
            wa_id: preference.parsed("wa_id", WaId::parse),
            user_id: preference.parsed("user_id", Bsuid::parse),
            parent_user_id: preference.parsed("parent_user_id", Bsuid::parse),
            category: preference.string("category"),
            value: preference.string("value"),
            detail: preference.string("detail"),
            signup_id: preference.string("signup_id"),
            timestamp: preference.instant("timestamp"),
            raw: json.to_owned(),
        })
    }
}
