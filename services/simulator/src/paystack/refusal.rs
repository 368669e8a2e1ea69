//! How Paystack says no: `{"status": false, "message", "meta", "type", "code"}` under the status that it uses for it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a call is not carried out; nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoKey,
    WrongKey,
    NotJson,
    Missing(&'static str),
    Email,
    Amount,
    TooLittle,
    TooMuch,
    Currency,
    Reference,
    DuplicateReference,
    NoSuchTransaction,
    NoSuchAuthorization,
    OtherEmail,
    NotReusable,
    Parameter(&'static str),
    NoSuchPage,
    PaidAlready,
    NotPaid,
    Reversed,
    Full,
}

impl Refusal {
    /// Status, message and code.
    fn words(self) -> (u16, String, &'static str) {
        let fixed = |status, message: &str, code| (status, message.to_owned(), code);
        match self {
            Self::NoKey => fixed(401, "No Authorization Header was found", "no_authorization_header"),
            Self::WrongKey => fixed(401, "Invalid key", "invalid_Key"),
            Self::NotJson => fixed(400, "Invalid JSON body", "invalid_json"),
            Self::Missing(name) => (400, format!("{name} is required"), "missing_params"),
            Self::Email => fixed(400, "Invalid Email Address Passed", "invalid_email_address"),
            Self::Amount => fixed(400, "Invalid Amount Sent", "invalid_amount"),
            Self::TooLittle => fixed(400, "Amount is less than the minimum amount allowed", "amount_below_minimum"),
            Self::TooMuch => fixed(400, "Amount cannot be greater than 1000000000", "amount_above_maximum"),
            Self::Currency => fixed(403, "Currency not supported by merchant", "unsupported_currency"),
            Self::Reference => {
                fixed(400, "Invalid transaction reference: only -,., =and alphanumeric characters are allowed", "invalid_reference")
            }
            Self::DuplicateReference => fixed(400, "Duplicate Transaction Reference", "duplicate_reference"),
            Self::NoSuchTransaction => fixed(404, "Transaction reference not found.", "transaction_not_found"),
            Self::NoSuchAuthorization => fixed(400, "Authorization code does not exist or has been deactivated", "invalid_authorization"),
            Self::OtherEmail => fixed(
                400,
                "Email does not match Authorization code. Authorization may be inactive or belong to a different email. Please confirm.",
                "email_mismatch",
            ),
            Self::NotReusable => fixed(400, "This authorization is not reusable", "authorization_not_reusable"),
            Self::Parameter(name) => (400, format!("{name} is invalid"), "invalid_params"),
            Self::NoSuchPage => fixed(404, "Access code not found", "access_code_not_found"),
            Self::PaidAlready => fixed(409, "Transaction has been completed already", "transaction_completed"),
            Self::NotPaid => fixed(400, "Transaction has not been paid", "transaction_not_paid"),
            Self::Reversed => fixed(400, "Transaction has been fully reversed", "transaction_reversed"),
            Self::Full => fixed(503, "The simulator holds too many transactions already", "full"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message, code) = self.words();
        let meta = json!({ "nextStep": "Check what you sent against Paystack's API reference" });
        let body = json!({ "status": false, "message": message, "meta": meta, "type": "validation_error", "code": code });
        (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), Json(body)).into_response()
    }
}
