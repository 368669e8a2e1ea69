//! `simulator tap --phone 16505550142 --to 207358419203847 wamid.… --title Yes`, and `simulator submit … '{"name": "Ana"}'` for a Flow.

use axum::http::Method;
use clap::Args;
use serde_json::{Value, json};
use whatsapp::{PhoneNumberId, WaId, Wamid};

use super::Request;

/// Whose phone, and which chat on it.
#[derive(Args, Clone, Debug)]
pub(super) struct Chat {
    /// Number of the person, digits
    #[arg(long, value_name = "NUMBER")]
    phone: WaId,
    /// Id of the business number
    #[arg(long, value_name = "PHONE_NUMBER_ID")]
    to: PhoneNumberId,
}

/// Tap on a button, a row of a list or a link in a message
#[derive(Args, Clone, Debug)]
pub struct Tap {
    #[command(flatten)]
    chat: Chat,
    /// The message
    wamid: Wamid,
    /// What is written on it
    #[arg(long)]
    title: Option<String>,
    /// Id of the button or row
    #[arg(long)]
    id: Option<String>,
    /// Its place, from 0
    #[arg(long)]
    choice: Option<usize>,
}

/// Submit a Flow of a message without walking through its screens
#[derive(Args, Clone, Debug)]
pub struct Submit {
    #[command(flatten)]
    chat: Chat,
    /// The message
    wamid: Wamid,
    /// The answers, a JSON object
    #[arg(value_parser = crate::saying::json_object)]
    answers: Value,
}

/// Stop marketing messages of a business, or let them come again
#[derive(Args, Clone, Debug)]
pub struct Marketing {
    #[command(flatten)]
    chat: Chat,
    /// Let them come again
    #[arg(long)]
    resume: bool,
}

impl Chat {
    pub(super) fn path(&self, end: &str) -> String {
        format!("phones/{}/chats/{}/{end}", self.phone, self.to)
    }
}

impl Tap {
    pub(super) fn request(self) -> Request {
        let body = json!({"wamid": self.wamid, "title": self.title, "id": self.id, "choice": self.choice});
        (Method::POST, self.chat.path("taps"), Some(body))
    }
}

impl Submit {
    pub(super) fn request(self) -> Request {
        (Method::POST, self.chat.path("flow/submission"), Some(json!({"wamid": self.wamid, "answers": self.answers})))
    }
}

impl Marketing {
    pub(super) fn request(self) -> Request {
        (Method::POST, self.chat.path("marketing"), Some(json!({"stop": !self.resume})))
    }
}
