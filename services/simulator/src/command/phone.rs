//! `simulator phone 16505550142 --name "Ana Whitfield" --hidden true`

use axum::http::Method;
use clap::Args;
use serde_json::json;
use whatsapp::{PhoneNumberId, WaId};

use super::Request;
use crate::PersonChange;

#[derive(Args, Clone, Debug)]
pub struct Phone {
    /// Number of the person, digits
    #[arg(value_name = "NUMBER")]
    wa_id: WaId,
    /// Name in the profile
    #[arg(long)]
    name: Option<String>,
    /// Username; empty takes it away
    #[arg(long)]
    username: Option<String>,
    /// Whether webhooks leave the number out
    #[arg(long, value_name = "BOOL")]
    hidden: Option<bool>,
    /// Show the chat with this business number
    #[arg(long, value_name = "PHONE_NUMBER_ID", conflicts_with_all = ["name", "username", "hidden", "new_number", "new_user_id"])]
    chat: Option<PhoneNumberId>,
    /// Move to this number
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["name", "username", "hidden", "new_user_id"])]
    new_number: Option<WaId>,
    /// Get another user id
    #[arg(long, conflicts_with_all = ["name", "username", "hidden"])]
    new_user_id: bool,
}

impl Phone {
    pub(super) fn request(self) -> Request {
        let phone = format!("phones/{}", self.wa_id);
        if let Some(number) = self.chat {
            return (Method::GET, format!("{phone}/chats/{number}"), None);
        }
        if let Some(to) = self.new_number {
            return (Method::POST, format!("{phone}/number"), Some(json!({"to": to})));
        }
        if self.new_user_id {
            return (Method::POST, format!("{phone}/user-id"), None);
        }
        let change = PersonChange { name: self.name, username: self.username, hidden: self.hidden };
        (Method::PUT, phone, super::json(&change))
    }
}
