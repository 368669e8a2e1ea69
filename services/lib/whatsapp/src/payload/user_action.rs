//! A click on a marketing message's link.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::lenient::Object;

#[derive(Debug, Clone)]
pub struct UserAction {
    /// `marketing_messages_link_click`.
    pub action_type: Option<String>,
    pub timestamp: Option<DateTime<Utc>>,
    pub raw: Box<RawValue>,
}

impl UserAction {
    pub(crate) fn read(json: &RawValue) -> Option<Self> {
        let action = Object::read(json)?;
        Some(Self { action_type: action.string("action_type"), timestamp: action.instant("timestamp"), raw: json.to_owned() })
    }
}
