//! Calls: asking whether we may call, and a button with which the person calls.

use super::named;
use crate::strict::Object;

const DISPLAY_TEXT_MAX: usize = 20;
/// 30 days.
const TTL_MINUTES_MAX: i64 = 43_200;
const PAYLOAD_MAX: usize = 512;

pub(super) fn check_permission(action: &Object<'_>) {
    named(action, "call_permission_request");
}

pub(super) fn check_voice(action: &Object<'_>) {
    named(action, "voice_call");
    let Some(parameters) = action.optional("parameters").and_then(|parameters| parameters.object()) else { return };
    if let Some(text) = parameters.optional("display_text") {
        text.line(DISPLAY_TEXT_MAX);
    }
    if let Some(minutes) = parameters.optional("ttl_minutes") {
        minutes.integer(1..=TTL_MINUTES_MAX);
    }
    if let Some(payload) = parameters.optional("payload") {
        payload.line(PAYLOAD_MAX);
    }
}
