//! What a template asks of a message in one place.

use serde_json::Value;

use crate::template::variables::names;

/// What is asked for in one place.
pub(super) enum Need<'a> {
    Nothing,
    /// It may be filled or not.
    Anything,
    /// Texts (or currencies and dates), one for each of these variables.
    Texts(Vec<&'a str>),
    /// A parameter of this type.
    One(&'static str),
}

impl<'a> Need<'a> {
    pub(super) fn of_header(header: &'a Value) -> Self {
        let format = header.get("format").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
        match format.as_str() {
            "TEXT" => Self::texts(names(header.get("text").and_then(Value::as_str).unwrap_or_default())),
            "IMAGE" => Self::One("image"),
            // Meta sends moving pictures as videos
            "VIDEO" | "GIF" => Self::One("video"),
            "DOCUMENT" => Self::One("document"),
            "LOCATION" => Self::One("location"),
            "PRODUCT" => Self::One("product"),
            _ => Self::Nothing,
        }
    }

    pub(super) fn of_offer(offer: &Value) -> Self {
        match offer.pointer("/limited_time_offer/has_expiration").and_then(Value::as_bool) {
            Some(true) => Self::One("limited_time_offer"),
            Some(false) => Self::Nothing,
            // Meta does not say what it takes an offer for that does not say whether it expires
            None => Self::Anything,
        }
    }

    pub(super) fn texts(names: Vec<&'a str>) -> Self {
        if names.is_empty() { Self::Nothing } else { Self::Texts(names) }
    }
}

/// Whether a button is filled, and as which `sub_type`.
pub(super) enum Takes {
    Nothing,
    Perhaps(&'static str),
    Always(&'static str),
}

impl Takes {
    pub(super) fn of(button: &Value) -> Self {
        let kind = button.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
        let url = button.get("url").and_then(Value::as_str).unwrap_or_default();
        match kind.as_str() {
            "URL" if !names(url).is_empty() => Self::Always("url"),
            "OTP" => Self::Always("url"),
            "COPY_CODE" => Self::Always("copy_code"),
            "MPM" => Self::Always("mpm"),
            "QUICK_REPLY" => Self::Perhaps("quick_reply"),
            "FLOW" => Self::Perhaps("flow"),
            "CATALOG" => Self::Perhaps("catalog"),
            "VOICE_CALL" => Self::Perhaps("voice_call"),
            // links without a variable, phone numbers, what Meta may invent
            _ => Self::Nothing,
        }
    }
}
