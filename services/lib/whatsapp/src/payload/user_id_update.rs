//! A person's business-scoped user id was replaced.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::lenient::Object;
use crate::{Bsuid, WaId};

/// Pairs of before and after; any may be missing.
#[derive(Debug, Clone)]
pub struct UserIdUpdate {
    pub wa_id: Option<WaId>,
    pub user_id_previous: Option<Bsuid>,
    pub user_id_current: Option<Bsuid>,
    pub parent_user_id_previous: Option<Bsuid>,
    pub parent_user_id_current: Option<Bsuid>,
    /// A sentence for people.
    pub detail: Option<String>,
    pub timestamp: Option<DateTime<Utc>>,
    pub raw: Box<RawValue>,
}

impl UserIdUpdate {
    pub(crate) fn read(json: &RawValue) -> Option<Self> {
        let update = Object::read(json)?;
        let id = |pair: &str, side: &str| update.object(pair).and_then(|pair| pair.parsed(side, Bsuid::parse));
        Some(Self {
            wa_id: update.parsed("wa_id", WaId::parse),
            user_id_previous: id("user_id", "previous"),
            user_id_current: id("user_id", "current"),
            parent_user_id_previous: id("parent_user_id", "previous"),
            parent_user_id_current: id("parent_user_id", "current"),
            detail: update.string("detail"),
            timestamp: update.instant("timestamp"),
            raw: json.to_owned(),
        })
    }
}
