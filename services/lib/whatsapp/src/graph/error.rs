//! What can come of a call instead of an answer.

use std::fmt;

use serde_json::Value;

use super::Class;
use super::answer::{integer, text};

/// The longest text of Meta's that is kept, in characters.
const TEXT_CHARS_MAX: usize = 500;
/// What stands where a secret of the request was repeated.
const REDACTED: &str = "[redacted]";
/// Codes that say that the token, or what it allowed, was taken back; so do those from 200 to 299. Source: Meta, "Error codes", authorization.
const ACCESS_LOST: [i64; 4] = [0, 3, 10, 190];
/// Codes for an object that does not exist, or that the token may not see; as subcodes, they go with [`INVALID_PARAMETER`].
const NO_SUCH_OBJECT: [i64; 2] = [33, 803];
const INVALID_PARAMETER: i64 = 100;

/// A call did not work out. `Display` is fit for logs; [`Error::for_people`] says more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The client cannot be built.
    #[error("build the client of the Graph API: {0}")]
    Client(String),
    /// What was to be asked cannot be asked: nothing has left here, and it never will.
    #[error("a call to Meta that cannot be made: {0}")]
    Unaskable(&'static str),
    /// Meta was not reached: nothing has happened there.
    #[error("no connection to Meta")]
    NotSent,
    /// The time for it was up before it could leave: nothing has happened at Meta.
    #[error("too late to ask Meta")]
    TooLate,
    /// Meta was asked and did not answer in time, or not to its end: it may have happened.
    #[error("no answer from Meta")]
    Unanswered,
    /// Meta said no.
    #[error(transparent)]
    Refused(Box<MetaRefusal>),
    /// An answer that is not what the call promises.
    #[error("an answer of Meta's (HTTP {status}) that cannot be read: {what}")]
    Unreadable {
        /// Of HTTP.
        status: u16,
        /// What is missing or too much.
        what: &'static str,
    },
    /// A file is no longer where Meta said: ask Meta for its URL again.
    #[error("a file's URL that is no longer good")]
    Expired,
    /// A file has more bytes than its reader takes.
    #[error("a file of more than {bytes_max} bytes")]
    TooLarge {
        /// What its reader takes.
        bytes_max: usize,
    },
}

/// Meta's error object. Decide on `code` and `details`, never on the title or the HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaRefusal {
    /// Of HTTP.
    pub status: u16,
    /// What went wrong.
    pub code: i64,
    /// More exactly; not promised.
    pub subcode: Option<i64>,
    /// `OAuthException` and the like.
    pub kind: Option<String>,
    /// In words; may repeat what was sent, except its secrets.
    pub message: String,
    /// `error_data.details`, or `error_data` itself where it is plain text.
    pub details: Option<String>,
    /// What Meta would show to a user.
    pub user_message: Option<String>,
    /// Meta says itself that it would work later.
    pub transient: bool,
    /// What Meta's support asks for.
    pub fbtrace_id: Option<String>,
    /// Of the answer's headers.
    pub request_id: Option<String>,
}

impl fmt::Display for MetaRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused by Meta with code {}", self.code)?;
        if let Some(subcode) = self.subcode {
            write!(f, "/{subcode}")?;
        }
        match &self.fbtrace_id {
            Some(trace) => write!(f, " (trace {trace})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for MetaRefusal {}

impl MetaRefusal {
    /// Reads `{"error": {…}}`. `secrets` are taken out of every text: Meta likes to repeat what it was sent.
    pub(super) fn read(status: u16, body: &Value, secrets: &[&str], request_id: Option<String>) -> Option<Self> {
        let error = body.get("error").filter(|error| error.is_object())?;
        let clean = |value: Option<String>| value.map(|text| cut(&redact(text, secrets)));
        let data = error.get("error_data");
        let details = data.and_then(|data| text(data, "details")).or_else(|| data.and_then(Value::as_str).map(str::to_owned));
        Some(Self {
            status,
            code: integer(error, "code")?,
            subcode: integer(error, "error_subcode"),
            kind: clean(text(error, "type")),
            message: clean(text(error, "message")).unwrap_or_default(),
            details: clean(details),
            user_message: clean(text(error, "error_user_msg")),
            transient: error.get("is_transient").and_then(Value::as_bool).unwrap_or(false),
            fbtrace_id: clean(text(error, "fbtrace_id")),
            request_id: clean(request_id),
        })
    }
}

impl Error {
    /// Whether the call may be repeated.
    pub fn class(&self) -> Class {
        match self {
            Self::NotSent | Self::TooLate | Self::Unanswered => Class::Transient,
            Self::Unreadable { status, .. } if *status >= 500 => Class::Transient,
            // Whoever stands before Meta waits no longer, or counts calls too, and writes no JSON.
            Self::Unreadable { status: 408 | 425 | 499, .. } => Class::Transient,
            Self::Unreadable { status: 429, .. } => Class::RateLimited,
            Self::Refused(refusal) => match Class::of_code(refusal.code) {
                Class::Final if refusal.transient => Class::Transient,
                class => class,
            },
            Self::Client(_) | Self::Unaskable(_) | Self::Unreadable { .. } | Self::Expired | Self::TooLarge { .. } => Class::Final,
        }
    }

    /// Whether Meta may have done what it was asked to do.
    pub fn ambiguous(&self) -> bool {
        match self {
            // Whatever the HTTP status is: without Meta's error object it may be of somebody on the way, who had passed the call on.
            Self::Unanswered | Self::Unreadable { .. } => true,
            // Meta does not know either.
            Self::Refused(refusal) => Class::of_code(refusal.code) == Class::Unclear,
            Self::Client(_) | Self::Unaskable(_) | Self::NotSent | Self::TooLate | Self::Expired | Self::TooLarge { .. } => false,
        }
    }

    /// Whether it is certain that a send produced no message. It is certain when the request never left, and when Meta answered with an
    /// error object, whatever the HTTP status, unless its code stands for an unknown error. In all other cases there may be a message, and
    /// because Meta has no idempotency key, only a webhook with our callback data can tell.
    pub fn proves_unsent(&self) -> bool {
        !self.ambiguous()
    }

    /// Whether Meta refused because the token, or what it allowed, was taken back: no call with it will succeed any more.
    pub fn is_access_lost(&self) -> bool {
        self.code().is_some_and(|code| ACCESS_LOST.contains(&code) || (200..300).contains(&code))
    }

    /// Whether Meta refused because what was asked about does not exist, or cannot be seen with this token: Meta does not say which.
    pub fn is_no_such_object(&self) -> bool {
        let Self::Refused(refusal) = self else { return false };
        let said = if refusal.code == INVALID_PARAMETER { refusal.subcode } else { Some(refusal.code) };
        said.is_some_and(|code| NO_SUCH_OBJECT.contains(&code))
    }

    /// Meta's code, if Meta gave one.
    pub fn code(&self) -> Option<i64> {
        if let Self::Refused(refusal) = self { Some(refusal.code) } else { None }
    }

    /// By which Meta finds the call again, if Meta said so.
    pub fn request_id(&self) -> Option<&str> {
        if let Self::Refused(refusal) = self { refusal.request_id.as_deref() } else { None }
    }

    /// In Meta's own words where Meta refused. For the owner of what was asked about, not for logs.
    pub fn for_people(&self) -> String {
        let Self::Refused(refusal) = self else { return self.to_string() };
        let mut text = refusal.message.clone();
        // Meta's messages begin with their code, mostly.
        if !text.contains(&refusal.code.to_string()) {
            text = format!("(#{}) {text}", refusal.code);
        }
        for more in [&refusal.details, &refusal.user_message].into_iter().flatten() {
            if !text.contains(more.as_str()) {
                text.push_str(": ");
                text.push_str(more);
            }
        }
        if let Some(trace) = &refusal.fbtrace_id {
            text.push_str(&format!(" (Meta's trace id {trace})"));
        }
        text
    }
}

fn redact(text: String, secrets: &[&str]) -> String {
    secrets.iter().filter(|secret| !secret.is_empty()).fold(text, |text, secret| text.replace(secret, REDACTED))
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(error: Value) -> Error {
        Error::Refused(Box::new(MetaRefusal::read(400, &json!({"error": error}), &["EAAG-token", "123456"], None).unwrap()))
    }

    #[test]
    fn an_error_is_read_in_each_of_metas_forms() {
        let full = refusal(json!({"message": "(#133005) Two step verification PIN mismatch", "type": "OAuthException", "code": "133005",
            "error_data": {"messaging_product": "whatsapp", "details": "wrong PIN 123456"}, "error_subcode": 2_494_055, "fbtrace_id": "Az8"}));
        assert_eq!(full.code(), Some(133_005));
        assert_eq!(full.to_string(), "refused by Meta with code 133005/2494055 (trace Az8)");
        assert_eq!(
            full.for_people(),
            "(#133005) Two step verification PIN mismatch: wrong PIN [redacted] (Meta's trace id Az8)",
            "what was sent in confidence does not come back"
        );
        let plain = refusal(json!({"message": "Invalid OAuth access token EAAG-token", "code": 190, "error_data": "plain"}));
        assert_eq!(plain.for_people(), "(#190) Invalid OAuth access token [redacted]: plain");
        for broken in [json!({}), json!({"error": 5}), json!({"error": {"message": "no code"}}), json!([])] {
            assert_eq!(MetaRefusal::read(400, &broken, &[], None), None, "{broken}");
        }
    }
    #[test]
    fn lost_access_and_a_missing_object_are_told_by_their_codes() {
        let of = |code: i64, subcode: Option<i64>| refusal(json!({"message": "", "code": code, "error_subcode": subcode}));
        for code in [0, 3, 10, 190, 200, 299] {
            assert!(of(code, None).is_access_lost() && !of(code, None).is_no_such_object(), "{code}");
        }
        for (code, subcode) in [(33, None), (100, Some(33)), (803, None), (100, Some(803))] {
            assert!(of(code, subcode).is_no_such_object() && !of(code, subcode).is_access_lost(), "{code}");
        }
        for (code, subcode) in [(1, None), (100, None), (100, Some(2_494_055)), (131_009, Some(33)), (199, None), (300, None)] {
            assert!(!of(code, subcode).is_access_lost() && !of(code, subcode).is_no_such_object(), "{code}");
        }
        assert!(!Error::NotSent.is_access_lost() && !Error::NotSent.is_no_such_object());
    }
}
