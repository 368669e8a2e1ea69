//! `simulator call --phone 16505550142 --to 207358419203847`

use axum::http::Method;
use clap::Args;

use super::Request;
use super::tap::Chat;

/// Call a business number as a person would; nobody answers
#[derive(Args, Clone, Debug)]
pub struct Call {
    #[command(flatten)]
    chat: Chat,
}

impl Call {
    pub(super) fn request(self) -> Request {
        (Method::POST, self.chat.path("calls"), None)
    }
}
