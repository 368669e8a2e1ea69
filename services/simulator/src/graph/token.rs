//! Tokens: whose they are, what they allow, and what Meta says about them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use whatsapp::{PhoneNumberId, WabaId};

use super::line::{Line, not_registered};
use super::{GraphRefusal, Meta, Request};

/// What one token allows.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    /// The app that it was given to.
    pub(crate) app_id: String,
    /// The accounts, newest first.
    pub(crate) wabas: Vec<WabaId>,
    pub(crate) revoked: bool,
    pub(crate) issued_at: DateTime<Utc>,
}

/// The token of a call, if it is one.
fn granted<'a>(meta: &'a Meta, request: &Request) -> Result<&'a Granted, GraphRefusal> {
    let granted = request.token.as_deref().and_then(|token| meta.tokens.get(token)).ok_or_else(GraphRefusal::no_token)?;
    if granted.revoked {
        return Err(GraphRefusal::new(401, 190, "Error validating access token: The session was invalidated").subcode(460));
    }
    Ok(granted)
}

/// The token must be one that signup gave, for anything.
pub(crate) fn any(meta: &Meta, request: &Request) -> Result<(), GraphRefusal> {
    granted(meta, request).map(drop)
}

/// The app that the call is made for.
pub(crate) fn app_of(meta: &Meta, request: &Request) -> Result<String, GraphRefusal> {
    granted(meta, request).map(|granted| granted.app_id.clone())
}

/// The token must allow to manage this account.
pub(crate) fn for_account(meta: &Meta, request: &Request, waba: &str) -> Result<WabaId, GraphRefusal> {
    let waba = WabaId::parse(waba).ok_or_else(|| GraphRefusal::no_object(waba))?;
    let granted = granted(meta, request)?;
    if granted.wabas.contains(&waba) {
        return Ok(waba);
    }
    let known = meta.tokens.values().any(|other| other.wabas.contains(&waba));
    Err(if known {
        GraphRefusal::new(403, 200, "(#200) You do not have the necessary permissions required to access this account")
    } else {
        GraphRefusal::no_object(waba.as_str())
    })
}

/// The token must allow to manage the account of this number.
pub(crate) fn for_number(meta: &Meta, request: &Request, number: &str) -> Result<PhoneNumberId, GraphRefusal> {
    let id = PhoneNumberId::parse(number).ok_or_else(|| GraphRefusal::no_object(number))?;
    let granted = granted(meta, request)?;
    match meta.lines.get(&id) {
        Some(line) if granted.wabas.contains(&line.waba) => Ok(id),
        Some(_) => Err(GraphRefusal::new(403, 10, "(#10) Application does not have permission for this action")),
        None => Err(GraphRefusal::no_object(number)),
    }
}

/// The token must allow to send from this number, which must be registered. A number that no signup brought takes any token.
pub(crate) fn for_sending(meta: &Meta, request: &Request, number: &str) -> Result<PhoneNumberId, GraphRefusal> {
    let id = PhoneNumberId::parse(number).ok_or_else(|| GraphRefusal::no_object(number))?;
    for_media(meta, request, &id)?;
    match meta.lines.get(&id) {
        Some(line) if !line.usable() => Err(not_registered()),
        Some(_) | None => Ok(id),
    }
}

/// The same for what a number has already.
pub(crate) fn for_media(meta: &Meta, request: &Request, number: &PhoneNumberId) -> Result<(), GraphRefusal> {
    if meta.lines.contains_key(number) {
        return for_number(meta, request, number.as_str()).map(drop);
    }
    match request.token.as_deref() {
        Some(token) if !token.trim().is_empty() => Ok(()),
        Some(_) | None => Err(GraphRefusal::no_token()),
    }
}

/// The number of a call whose token was looked at.
pub(crate) fn line<'a>(meta: &'a mut Meta, request: &Request, number: &str) -> Result<&'a mut Line, GraphRefusal> {
    let id = for_number(meta, request, number)?;
    meta.lines.get_mut(&id).ok_or_else(|| GraphRefusal::no_object(number))
}

/// `GET /debug_token`, in the app's name: `Authorization` or `access_token` is `id|secret`.
pub(crate) fn debug(meta: &Meta, request: &Request, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let app = request.token.as_deref().or_else(|| request.query("access_token")).ok_or_else(GraphRefusal::no_token)?;
    let expected = format!("{}|{}", meta.app_id, meta.app_secret.expose());
    if !bool::from(app.as_bytes().ct_eq(expected.as_bytes())) {
        return Err(GraphRefusal::new(
            400,
            100,
            "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app",
        ));
    }
    let input = request.query("input_token").ok_or_else(|| GraphRefusal::invalid("input_token is required"))?;
    let Some(granted) = meta.tokens.get(input) else {
        return Ok(json!({"data": {"error": {"code": 190, "message": "Invalid OAuth access token."}, "is_valid": false, "scopes": []}}));
    };
    let targets: Vec<&str> = granted.wabas.iter().map(WabaId::as_str).collect();
    let scope = |scope| json!({"scope": scope, "target_ids": targets});
    let mut data = json!({
        "app_id": granted.app_id, "type": "SYSTEM_USER", "application": "Paige", "data_access_expires_at": 0, "expires_at": 0,
        "is_valid": !granted.revoked, "issued_at": granted.issued_at.timestamp().min(now.timestamp()),
        "scopes": ["whatsapp_business_management", "whatsapp_business_messaging", "public_profile"],
        "granular_scopes": [scope("whatsapp_business_management"), scope("whatsapp_business_messaging")],
        "user_id": "122100000000000000",
    });
    if granted.revoked {
        data["error"] = json!({"code": 190, "subcode": 460, "message": "Error validating access token: The session was invalidated"});
    }
    Ok(json!({"data": data}))
}
