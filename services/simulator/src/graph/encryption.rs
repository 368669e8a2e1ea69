//! The public key of whoever runs the endpoint of a business' Flows: phones encrypt with it what they ask there. Nothing is encrypted here, but
//! Meta publishes no Flow with an endpoint before it has one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use whatsapp::{PhoneNumberId, WabaId};

use super::{GraphRefusal, Meta, Request, token};
use crate::Refused;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// A key of 2048 bits with the usual exponent, as DER.
const DER_BYTES: usize = 294;
/// How such a key begins (RFC 5280, RFC 8017): that it is RSA's, and that its modulus has 256 bytes and is positive.
const RSA_2048: [u8; 33] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01,
    0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00,
];
const NO_KEY: &str = "business_public_key must be a public RSA key of 2048 bits, as PEM";

/// `POST /{phone}/whatsapp_business_encryption`. Meta signs what it is given.
pub(super) fn set(meta: &mut Meta, request: &Request, number: &str) -> Result<Value, GraphRefusal> {
    let line = token::line(meta, request, number)?;
    let arguments = request.arguments()?;
    let key = arguments.get("business_public_key").and_then(Value::as_str).filter(|key| is_key(key));
    line.public_key = Some(key.ok_or_else(|| GraphRefusal::invalid(NO_KEY))?.to_owned());
    Ok(json!({"success": true}))
}

/// `GET /{phone}/whatsapp_business_encryption`
pub(super) fn show(meta: &Meta, request: &Request, number: &str) -> Result<Value, GraphRefusal> {
    let id = token::for_number(meta, request, number)?;
    let key = meta.lines.get(&id).and_then(|line| line.public_key.as_ref());
    let shown = key.map(|key| json!({"business_public_key": key, "business_public_key_signature_status": "VALID"}));
    Ok(json!({"data": Vec::from_iter(shown)}))
}

/// Whoever runs the endpoint gives Meta the key without us.
pub(crate) fn give_key(meta: &mut Meta, id: &PhoneNumberId, key: &str) -> Result<(), Refused> {
    let line = meta.lines.get_mut(id).ok_or_else(|| Refused::NoSuchNumber(id.to_string()))?;
    if !is_key(key) {
        return Err(Refused::Invalid(NO_KEY.to_owned()));
    }
    line.public_key = Some(key.to_owned());
    Ok(())
}

/// Whether a number of the account has one.
pub(super) fn has_key(meta: &Meta, waba: &WabaId) -> bool {
    meta.lines.values().any(|line| line.waba == *waba && line.public_key.is_some())
}

fn is_key(pem: &str) -> bool {
    let inside = pem.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    let der = inside.and_then(|inside| STANDARD.decode(inside.split_whitespace().collect::<String>()).ok());
    der.is_some_and(|der| der.len() == DER_BYTES && der.starts_with(&RSA_2048))
}
