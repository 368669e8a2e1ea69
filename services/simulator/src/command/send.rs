//! `simulator send --phone 16505550142 --to 207358419203847 text "Hi"`

use axum::http::Method;
use clap::Args;
use whatsapp::{PhoneNumberId, WaId, Wamid};

use super::{Request, json};
use crate::{Message, Saying};

#[derive(Args, Clone, Debug)]
pub struct Send {
    /// Number of the person, digits; made up if nobody has it
    #[arg(long, value_name = "NUMBER")]
    phone: WaId,
    /// Id of the business number
    #[arg(long, value_name = "PHONE_NUMBER_ID")]
    to: PhoneNumberId,
    /// The message it answers
    #[arg(long, value_name = "WAMID")]
    reply_to: Option<Wamid>,
    /// Mark it as forwarded
    #[arg(long)]
    forwarded: bool,
    #[command(subcommand)]
    saying: Saying,
}

impl Send {
    pub(super) fn request(self) -> Request {
        let message = Message { to: self.to, reply_to: self.reply_to, forwarded: self.forwarded, saying: self.saying };
        (Method::POST, format!("phones/{}/messages", self.phone), json(&message))
    }
}
