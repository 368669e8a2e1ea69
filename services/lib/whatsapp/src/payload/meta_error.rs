//! An error that Meta reports inside a webhook.

use serde_json::value::RawValue;

use crate::lenient::{Object, text_or_number};

/// Decide on `code` and `details`, never on the title.
#[derive(Debug, Clone)]
pub struct MetaError {
    pub code: Option<i64>,
    pub title: Option<String>,
    pub message: Option<String>,
    /// `error_data.details`, or `error_data` itself where it is plain text.
    pub details: Option<String>,
    pub href: Option<String>,
    pub raw: Box<RawValue>,
}

impl MetaError {
    pub(crate) fn read(json: &RawValue) -> Option<Self> {
        let error = Object::read(json)?;
        let data = error.get("error_data");
        let details = data.and_then(Object::read).and_then(|data| data.string("details"));
        Some(Self {
            code: error.integer("code"),
            title: error.string("title"),
            message: error.string("message"),
            details: details.or_else(|| data.and_then(text_or_number).map(|text| text.into_owned())),
            href: error.string("href"),
            raw: json.to_owned(),
        })
    }
}
