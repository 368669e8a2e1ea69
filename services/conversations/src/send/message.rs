//! The body of a request to send: Meta's own message, and until when it is worth sending.

use chrono::TimeDelta;
use contract::ConversationId;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use whatsapp::{FieldError, OUTBOUND_BYTES_MAX, Outbound};

use crate::refusal::Refusal;

/// Largest body of a request.
pub(crate) const SEND_BYTES_MAX: usize = OUTBOUND_BYTES_MAX;
/// When nobody says: as long as a window is open.
const EXPIRES_IN_SECONDS_DEFAULT: u32 = 86_400;
const EXPIRES_IN_SECONDS_MIN: u32 = 30;
/// As long as Meta keeps what it could not deliver.
const EXPIRES_IN_SECONDS_MAX: u32 = 30 * 86_400;

/// A message in Meta's own shape (`POST /{phone}/messages` of the Cloud API), without what is set here: `messaging_product`, `to`,
/// `recipient`, `recipient_type`, `biz_opaque_callback_data`.
///
/// A file that was uploaded here is named by its id (`med_…`) where Meta's would stand. A Flow is named by its id here, Meta's id or its
/// name; its `flow_token` is set by us, also behind the button of a template, so that what is filled in is found again. A reaction names a
/// message that the contact sent or was sent in the last 30 days.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"type": "text", "text": {"body": "Your order is ready."}, "expires_in_seconds": 3600}))]
pub(crate) struct SendMessage {
    /// After how many seconds it is not sent any more: 30 to 2,592,000. Absent: 24 hours. What is no template is not sent after the window
    /// has closed either, 24 hours after the contact's last message or call by then.
    #[schema(value_type = Option<u32>, minimum = 30, maximum = 2_592_000, default = 86_400)]
    expires_in_seconds: Option<Value>,
    /// `type` and what goes with it.
    #[serde(flatten)]
    message: Map<String, Value>,
}

/// A message that Meta would take.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wish {
    pub(crate) message: Outbound,
    pub(crate) expires_in: TimeDelta,
    /// As it was asked for.
    body: Value,
}

impl SendMessage {
    /// # Errors
    /// [`Refusal::InvalidMessage`] with everything that is wrong.
    pub(crate) fn check(self) -> Result<Wish, Refusal> {
        let seconds = match &self.expires_in_seconds {
            None => Some(EXPIRES_IN_SECONDS_DEFAULT),
            Some(value) => value.as_u64().and_then(|seconds| u32::try_from(seconds).ok()),
        };
        let seconds = seconds.filter(|seconds| (EXPIRES_IN_SECONDS_MIN..=EXPIRES_IN_SECONDS_MAX).contains(seconds));
        let body = Value::Object(self.message);
        match (Outbound::parse(&body), seconds) {
            (Ok(message), Some(seconds)) => Ok(Wish { message, expires_in: TimeDelta::seconds(seconds.into()), body }),
            (Ok(_), None) => Err(Refusal::InvalidMessage(vec![expiry()])),
            (Err(mut wrong), seconds) => {
                wrong.extend(seconds.is_none().then(expiry));
                Err(Refusal::InvalidMessage(wrong))
            }
        }
    }
}

impl Wish {
    /// SHA-256 of everything that makes it this request and no other, hexadecimal. The order of properties does not count.
    pub(crate) fn digest(&self, conversation: Option<ConversationId>) -> String {
        let conversation = conversation.map(|id| id.to_string());
        let whole = json!({ "message": self.body, "expires_in": self.expires_in.num_seconds(), "conversation": conversation });
        hex::encode(Sha256::digest(whole.to_string()))
    }
}

fn expiry() -> FieldError {
    let detail = format!("must be a whole number from {EXPIRES_IN_SECONDS_MIN} to {EXPIRES_IN_SECONDS_MAX}");
    FieldError { pointer: "/expires_in_seconds".to_owned(), code: "value", detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str) -> Result<Wish, Refusal> {
        serde_json::from_str::<SendMessage>(body).unwrap().check()
    }

    #[test]
    fn the_order_of_properties_does_not_make_another_request() {
        let one = check(r#"{"type":"text","text":{"body":"hi","preview_url":true}}"#).unwrap();
        let same = check(r#"{"text":{"preview_url":true,"body":"hi"},"type":"text","expires_in_seconds":86400}"#).unwrap();
        let other = check(r#"{"type":"text","text":{"body":"ho","preview_url":true}}"#).unwrap();
        let shorter = check(r#"{"type":"text","text":{"body":"hi","preview_url":true},"expires_in_seconds":60}"#).unwrap();
        assert_eq!(one.digest(None), same.digest(None));
        for another in [other.digest(None), shorter.digest(None), one.digest(Some(ConversationId::from_ulid(ulid::Ulid::from_parts(1, 1))))]
        {
            assert_ne!(one.digest(None), another);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let Err(Refusal::InvalidMessage(wrong)) = check(r#"{"type":"text","to":"+1","text":{},"expires_in_seconds":29}"#) else {
            panic!("taken")
        };
        let pointers: Vec<&str> = wrong.iter().map(|wrong| wrong.pointer.as_str()).collect();
        for pointer in ["/to", "/text/body", "/expires_in_seconds"] {
            assert!(pointers.contains(&pointer), "{pointer} in {pointers:?}");
        }
    }

    #[test]
    fn a_message_is_worth_sending_for_half_a_minute_to_a_month() {
        let with = |seconds: &str| check(&format!(r#"{{"type":"text","text":{{"body":"hi"}},"expires_in_seconds":{seconds}}}"#));
        for (seconds, taken) in [
            ("30", true),
            ("2592000", true),
            ("null", true),
            ("29", false),
            ("2592001", false),
            ("-1", false),
            ("1.5", false),
            ("\"60\"", false),
        ] {
            assert_eq!(with(seconds).is_ok(), taken, "{seconds}");
        }
    }
}
