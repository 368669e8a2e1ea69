//! A call between a person and the business.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::lenient::Object;
use crate::{Bsuid, WaId, Wamid};

/// Something that happens to a call. Meta tells of one call several times, under the same id.
#[derive(Debug, Clone)]
pub struct Call {
    /// `wacid.` and base64: as opaque as a message's.
    pub id: Option<Wamid>,
    /// Who calls: of the business' own calls, the business.
    pub from: Option<WaId>,
    pub from_user_id: Option<Bsuid>,
    pub from_parent_user_id: Option<Bsuid>,
    /// `connect` when it rings, `terminate` when it is over.
    pub event: Option<String>,
    /// `USER_INITIATED` or `BUSINESS_INITIATED`.
    pub direction: Option<String>,
    pub timestamp: Option<DateTime<Utc>>,
    pub raw: Box<RawValue>,
}

impl Call {
    pub(crate) fn read(json: &RawValue) -> Option<Self> {
        let call = Object::read(json)?;
        Some(Self {
            id: call.parsed("id", Wamid::parse),
            from: call.parsed("from", WaId::parse),
            from_user_id: call.parsed("from_user_id", Bsuid::parse),
            from_parent_user_id: call.parsed("from_parent_user_id", Bsuid::parse),
            event: call.string("event"),
            direction: call.string("direction"),
            timestamp: call.instant("timestamp"),
            raw: json.to_owned(),
        })
    }

    /// A person calls the business, which opens the customer service window as a message does (reference: "Windows and rates").
    pub fn is_from_a_person(&self) -> bool {
        self.event.as_deref() == Some("connect") && self.direction.as_deref() == Some("USER_INITIATED")
    }
}
