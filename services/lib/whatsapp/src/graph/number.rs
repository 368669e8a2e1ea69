//! The calls about one number: taken into use, given back, described, renamed.

use std::fmt;
use std::str::FromStr;

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::{boolean, text};
use super::call::{Body, Call};
use super::{Error, Graph, Token};
use crate::{Invalid, PhoneNumberId};

/// The PIN of a number's two-step verification: six digits. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// The digits. Call it where they are sent or sealed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Pin {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let valid = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        if valid { Ok(Self(text.to_owned())) } else { Err(Invalid("PIN of six digits")) }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What Meta says about a number, in Meta's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFields {
    /// Meta's id of it.
    pub id: PhoneNumberId,
    /// `+1 555-010-0234`
    pub display_phone_number: Option<String>,
    /// The name that people see. It alone does not mean that the name is approved.
    pub verified_name: Option<String>,
    /// GREEN, YELLOW, RED, NA or UNKNOWN.
    pub quality_rating: Option<String>,
    /// VERIFIED, NOT_VERIFIED, UNVERIFIED or EXPIRED.
    pub code_verification_status: Option<String>,
    /// APPROVED, AVAILABLE_WITHOUT_REVIEW, DECLINED, EXPIRED, PENDING_REVIEW or NONE.
    pub name_status: Option<String>,
    /// The name that is in review.
    pub new_display_name: Option<String>,
    /// How the review stands.
    pub new_name_status: Option<String>,
    /// Only CONNECTED can send.
    pub status: Option<String>,
    /// TIER_250 to TIER_UNLIMITED.
    pub messaging_limit: Option<String>,
    /// Whether two-step verification has a PIN.
    pub is_pin_enabled: Option<bool>,
    /// CLOUD_API, ON_PREMISE or NOT_APPLICABLE.
    pub platform_type: Option<String>,
}

impl NumberFields {
    /// The fields that are asked for.
    pub(super) const ASKED: &'static str = "id,display_phone_number,verified_name,quality_rating,code_verification_status,name_status,\
        new_display_name,new_name_status,status,whatsapp_business_manager_messaging_limit,is_pin_enabled,platform_type";

    pub(super) fn read(number: &Value) -> Option<Self> {
        Some(Self {
            id: PhoneNumberId::parse(&text(number, "id")?)?,
            display_phone_number: text(number, "display_phone_number"),
            verified_name: text(number, "verified_name"),
            quality_rating: text(number, "quality_rating"),
            code_verification_status: text(number, "code_verification_status"),
            name_status: text(number, "name_status"),
            new_display_name: text(number, "new_display_name"),
            new_name_status: text(number, "new_name_status"),
            status: text(number, "status"),
            messaging_limit: text(number, "whatsapp_business_manager_messaging_limit"),
            is_pin_enabled: boolean(number, "is_pin_enabled"),
            platform_type: text(number, "platform_type"),
        })
    }
}

impl Graph {
    /// Takes a verified number into use. Sets the PIN of two-step verification, or must match it. At most ten times in 72 hours, together
    /// with [`Graph::deregister`]. Not for numbers that stay in the WhatsApp Business app.
    pub async fn register(&self, token: &Token, number: &PhoneNumberId, pin: &Pin) -> Result<(), Error> {
        let path = format!("/{number}/register");
        let body = Body::Json(json!({"messaging_product": "whatsapp", "pin": pin.expose()}));
        let secrets = [pin.expose()];
        self.succeed(Call { body, secrets: &secrets, ..Call::new("register", Method::POST, &path, token) }).await
    }

    /// Gives a number back. Not for numbers that stay in the WhatsApp Business app.
    pub async fn deregister(&self, token: &Token, number: &PhoneNumberId) -> Result<(), Error> {
        self.succeed(Call::new("deregister", Method::POST, &format!("/{number}/deregister"), token)).await
    }

    /// How a number stands.
    pub async fn number(&self, token: &Token, number: &PhoneNumberId) -> Result<NumberFields, Error> {
        let path = format!("/{number}");
        let query = [("fields", NumberFields::ASKED)];
        let answer = self.call(Call { query: &query, ..Call::new("number", Method::GET, &path, token) }).await?;
        NumberFields::read(&answer).ok_or(Error::Unreadable { status: 200, what: "it is no number" })
    }

    /// Asks for another display name. Meta decides later and says so by webhook; meanwhile it takes no other.
    pub async fn request_display_name(&self, token: &Token, number: &PhoneNumberId, name: &str) -> Result<(), Error> {
        let path = format!("/{number}");
        let query = [("new_display_name", name)];
        self.succeed(Call { query: &query, ..Call::new("request_display_name", Method::POST, &path, token) }).await
    }
}
