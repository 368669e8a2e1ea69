//! `simulator signup` and `simulator review <phone_number_id> --reject NAME_FORMAT_UNACCEPTABLE`

use axum::http::Method;
use clap::Args;
use serde_json::json;
use whatsapp::{PhoneNumberId, WabaId};

use super::Request;

/// Sign a number up at Meta: what the browser would have afterwards
#[derive(Args, Clone, Debug)]
pub struct Signup {
    /// The number; made up if absent
    #[arg(long, value_name = "PHONE_NUMBER_ID")]
    number: Option<PhoneNumberId>,
    /// The account; made up if absent
    #[arg(long, value_name = "WABA_ID")]
    waba: Option<WabaId>,
    /// The number stays in use in the WhatsApp Business app
    #[arg(long)]
    coexistence: bool,
}

/// Decide about a display name
#[derive(Args, Clone, Debug)]
pub struct Review {
    /// Id of the business number
    #[arg(value_name = "PHONE_NUMBER_ID")]
    number: PhoneNumberId,
    /// Refuse it, for this reason
    #[arg(long, value_name = "REASON")]
    reject: Option<String>,
    /// Without a webhook: only who asks for the number sees it
    #[arg(long)]
    silent: bool,
}

impl Signup {
    pub(super) fn request(self) -> Request {
        let event = if self.coexistence { "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING" } else { "FINISH" };
        let body = json!({"phone_number_id": self.number, "waba_id": self.waba, "event": event});
        (Method::POST, "signups".to_owned(), Some(body))
    }
}

impl Review {
    pub(super) fn request(self) -> Request {
        let body = json!({"approved": self.reject.is_none(), "reason": self.reject, "silent": self.silent});
        (Method::POST, format!("graph/numbers/{}/display-name", self.number), Some(body))
    }
}
