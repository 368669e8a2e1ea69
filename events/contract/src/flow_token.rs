//! The token that a Flow is sent with, `flw_….<revision>.msg_…`. Meta returns it with what the person filled in, and by it we know which
//! Flow, which revision and which message was answered.
//!
//! Meta passes it on unchanged, also to whoever a message is forwarded to. So it names something, but it proves nothing.

use std::fmt;
use std::str::FromStr;

use crate::{FlowId, MessageId};

/// Which Flow was offered, in which revision, by which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowToken {
    /// Our id of the Flow.
    pub flow: FlowId,
    /// Which revision of it was sent; [`UNKNOWN_REVISION`](crate::UNKNOWN_REVISION): none that was known here.
    pub revision: u32,
    /// Our id of the message that offers it.
    pub request: MessageId,
}

/// Why a text is not a token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a flow token: expected flw_….<revision>.msg_…")]
pub struct FlowTokenError;

impl FlowToken {
    /// The token written so; `None`: somebody else made it.
    pub fn of(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl fmt::Display for FlowToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.flow, self.revision, self.request)
    }
}

impl FromStr for FlowToken {
    type Err = FlowTokenError;

    /// Only as [`Display`](fmt::Display) writes it: two texts never name the same token.
    fn from_str(text: &str) -> Result<Self, FlowTokenError> {
        let mut parts = text.split('.');
        let (Some(flow), Some(revision), Some(request), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(FlowTokenError);
        };
        let token = Self {
            flow: flow.parse().map_err(|_| FlowTokenError)?,
            revision: revision.parse().map_err(|_| FlowTokenError)?,
            request: request.parse().map_err(|_| FlowTokenError)?,
        };
        if token.revision.to_string() == revision { Ok(token) } else { Err(FlowTokenError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn token(revision: u32) -> FlowToken {
        FlowToken { flow: FlowId::from_ulid(Ulid::from_parts(1, 2)), revision, request: MessageId::from_ulid(Ulid::from_parts(3, 4)) }
    }

    #[test]
    fn a_token_survives_its_text_form() {
        for revision in [0, 1, 17, u32::MAX] {
            let text = token(revision).to_string();
            assert_eq!(text.parse(), Ok(token(revision)));
            assert_eq!(FlowToken::of(&text), Some(token(revision)));
        }
        assert_eq!(token(3).to_string(), "flw_00000000010000000000000002.3.msg_00000000030000000000000004");
    }

    #[test]
    fn what_somebody_else_made_is_none() {
        let text = token(3).to_string();
        for other in [
            "",
            "unused",
            "..",
            &text.replace(".3.", ".+3."),
            &text.replace(".3.", ".03."),
            &text.replace(".3.", ".4294967296."),
            &text.replace(".3.", ".-1."),
            &text.replace(".3.", "."),
            &text.replace("2.3", "a.3"),
            &text.replace("flw_", "msg_"),
            &format!("{text}.1"),
            &format!(" {text}"),
        ] {
            assert_eq!(FlowToken::of(other), None, "{other} was taken");
        }
    }
}
