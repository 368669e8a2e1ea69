//! What the simulated Meta refuses, and how HTTP says so.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chassis::Problem;

/// A request that the simulator does not carry out; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("no phone with the number {0}")]
    NoSuchPhone(String),
    #[error("no signup brought the number {0}")]
    NoSuchNumber(String),
    #[error("there is no template {0}")]
    NoSuchTemplate(String),
    #[error("there is no Flow {0}")]
    NoSuchFlow(String),
    #[error("there is no {0}")]
    NoSuchThing(&'static str),
    #[error("phone {0} exists already")]
    PhoneTaken(String),
    #[error("phone {0} has no chat with anybody")]
    NoChat(String),
    #[error("{what} is longer than {limit}")]
    TooLong { what: &'static str, limit: usize },
    #[error("{0}")]
    Invalid(String),
    #[error("{0} webhooks are waiting to be delivered already")]
    OutboxFull(usize),
    #[error("the simulator holds {limit} {what} already")]
    Full { what: &'static str, limit: usize },
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::NoSuchPhone(_) | Self::NoSuchNumber(_) | Self::NoSuchTemplate(_) | Self::NoSuchFlow(_) | Self::NoSuchThing(_) => {
                Problem::not_found(text)
            }
            Self::PhoneTaken(_) => Problem::conflict("phone_taken", text),
            Self::NoChat(_) => Problem::conflict("no_chat", text),
            Self::TooLong { .. } => Problem::unprocessable("too_long", text),
            Self::Invalid(_) => Problem::unprocessable("invalid", text),
            Self::OutboxFull(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "outbox_full").detail(text),
            Self::Full { .. } => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "full").detail(text),
        }
        .into_response()
    }
}
