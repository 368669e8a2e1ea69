//! Sends messages, and marks messages of people as read.
//!
//! A body is posted as it is given. What may be sent is decided by [`crate::outbound`]; whoever sends asks it before.

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::{list, text};
use super::call::{Body, Call};
use super::{Error, Graph, Token};
use crate::{PhoneNumberId, Wamid};

/// A message that Meta took. Not yet one that was sent: that a webhook says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Meta's id of it.
    pub wamid: Wamid,
    /// Whose it is, if Meta names the number.
    pub wa_id: Option<String>,
    /// Whose it is, if Meta names the user.
    pub user_id: Option<String>,
    /// `accepted`, `held_for_quality_assessment` or `paused`; only for templates.
    pub message_status: Option<String>,
}

impl Sent {
    fn read(answer: &Value) -> Option<Self> {
        let message = list(answer, "messages").first()?;
        let contact = list(answer, "contacts").first().unwrap_or(&Value::Null);
        Some(Self {
            wamid: Wamid::parse(message.get("id")?.as_str()?)?,
            wa_id: text(contact, "wa_id"),
            user_id: text(contact, "user_id"),
            message_status: text(message, "message_status"),
        })
    }
}

impl Graph {
    /// Sends a message: `body` is the whole of what is posted. Takes [`Graph::send_limit`] at most. `in_time` is asked once, when there is a
    /// connection and the request is about to be written.
    ///
    /// # Errors
    /// Whether a message may have come of it all the same, says [`Error::proves_unsent`]. [`Error::TooLate`]: `in_time` said no.
    pub async fn send_message(
        &self,
        token: &Token,
        number: &PhoneNumberId,
        body: &Value,
        in_time: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<Sent, Error> {
        let path = format!("/{number}/messages");
        let written = serde_json::to_vec(body).map_err(|_| Error::Unaskable("a message that is not JSON"))?;
        let limit = self.0.send_limit;
        let body = Body::InTime(written, Box::new(in_time));
        let call = Call { body, limit, ..Call::new("send_message", Method::POST, &path, token) };
        Sent::read(&self.call(call).await?).ok_or(Error::Unreadable { status: 200, what: "it names no message" })
    }

    /// Marks a message as read, and with it all before it in its conversation. `typing` shows that an answer is being written, until there
    /// is one, for at most 25 seconds.
    pub async fn mark_read(&self, token: &Token, number: &PhoneNumberId, wamid: &Wamid, typing: bool) -> Result<(), Error> {
        let path = format!("/{number}/messages");
        let mut body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid.as_str()});
        if typing {
            body["typing_indicator"] = json!({"type": "text"});
        }
        self.succeed(Call { body: Body::Json(body), ..Call::new("mark_read", Method::POST, &path, token) }).await
    }
}
