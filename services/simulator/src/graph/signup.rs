//! Embedded Signup: what the popup gives the browser, and the code that becomes a token once, within 30 seconds.

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WabaId};

use super::line::Line;
use super::token::Granted;
use super::{GraphRefusal, Meta, Request};
use crate::Refused;
use crate::world::World;

/// How long a code can be exchanged.
const CODE_LIFE: TimeDelta = TimeDelta::seconds(30);
const CODES_MAX: usize = 100_000;
/// The event of a number that stays in the WhatsApp Business app too.
const COEXISTENCE: &str = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING";
const EVENTS: [&str; 3] = ["FINISH", "FINISH_ONLY_WABA", COEXISTENCE];

/// A code that was given to a browser.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    waba: WabaId,
    app_id: String,
    issued_at: DateTime<Utc>,
    used: bool,
}

/// A signup as somebody clicks through it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSignup {
    /// The account; made up if absent.
    #[schema(value_type = Option<String>)]
    waba_id: Option<WabaId>,
    /// The number; made up if absent.
    #[schema(value_type = Option<String>)]
    phone_number_id: Option<PhoneNumberId>,
    /// `FINISH`, `FINISH_ONLY_WABA` or `FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING`.
    #[serde(default = "finish")]
    #[schema(default = "FINISH")]
    event: String,
    /// The name that people see.
    verified_name: Option<String>,
    /// Whether the number was verified by SMS or voice; true if absent.
    #[serde(default = "yes")]
    #[schema(default = true)]
    verified: bool,
    /// A PIN that the number has already.
    pin: Option<String>,
    /// The app that the code is for; this installation's if absent.
    app_id: Option<String>,
}

/// What the browser has afterwards.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Signup {
    /// `response.authResponse.code`: works once, for 30 seconds.
    code: String,
    /// The data of the `message` event.
    #[schema(value_type = Object)]
    event: Value,
}

fn finish() -> String {
    EVENTS[0].to_owned()
}

fn yes() -> bool {
    true
}

/// Somebody finished the popup.
pub(crate) fn sign_up(world: &mut World, new: NewSignup, now: DateTime<Utc>) -> Result<Signup, Refused> {
    if !EVENTS.contains(&new.event.as_str()) {
        return Err(Refused::Invalid(format!("event is one of {}", EVENTS.join(", "))));
    }
    if world.meta.codes.len() >= CODES_MAX {
        return Err(Refused::Full { what: "signups", limit: CODES_MAX });
    }
    let made_up = |world: &mut World| world.dice.random_range(100_000_000_000_000_u64..999_999_999_999_999).to_string();
    let phone = new.phone_number_id.or_else(|| PhoneNumberId::parse(&made_up(world))).filter(|_| new.event != EVENTS[1]);
    let known = phone.as_ref().and_then(|id| world.meta.lines.get(id)).map(|line| line.waba.clone());
    let waba = new.waba_id.or(known).or_else(|| WabaId::parse(&made_up(world))).ok_or_else(|| Refused::Invalid("no id".to_owned()))?;
    if let Some(id) = &phone {
        world.number(id)?.waba_id = waba.clone();
        let line = world.meta.lines.entry(id.clone()).or_insert_with(|| Line::new(waba.clone()));
        line.waba = waba.clone();
        line.coexistence = new.event == COEXISTENCE;
        line.verified = new.verified;
        line.pin = new.pin.or(line.pin.take());
        line.verified_name = new.verified_name.or(line.verified_name.take());
    }
    let code = format!("AQ{:032x}{:032x}", world.dice.random::<u128>(), world.dice.random::<u128>());
    let app_id = new.app_id.unwrap_or_else(|| world.meta.app_id.clone());
    world.meta.codes.insert(code.clone(), Code { waba: waba.clone(), app_id, issued_at: now, used: false });
    let mut data = json!({"waba_id": waba, "business_id": made_up(world)});
    if let Some(phone) = phone {
        data["phone_number_id"] = json!(phone);
    }
    Ok(Signup { code, event: json!({"type": "WA_EMBEDDED_SIGNUP", "event": new.event, "version": 3, "data": data}) })
}

/// `GET /oauth/access_token`
pub(crate) fn exchange(meta: &mut Meta, request: &Request, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let client = request.query("client_id").unwrap_or_default().to_owned();
    if client != meta.app_id {
        return Err(GraphRefusal::new(400, 101, "Error validating application. Cannot get application info due to a system error."));
    }
    let secret = request.query("client_secret").unwrap_or_default();
    if !bool::from(secret.as_bytes().ct_eq(meta.app_secret.expose().as_bytes())) {
        return Err(GraphRefusal::new(400, 1, "Error validating client secret."));
    }
    if request.query("redirect_uri").is_some() {
        return Err(GraphRefusal::new(400, 100, "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request").subcode(36008));
    }
    let text = request.query("code").unwrap_or_default().to_owned();
    let refused = |subcode, message: &str| Err(GraphRefusal::new(400, 100, message).subcode(subcode));
    let Some(code) = meta.codes.get_mut(&text) else {
        return refused(36009, "Invalid verification code format.");
    };
    if code.used {
        return refused(36009, "This authorization code has been used.");
    }
    // Meta burns a code also when it is too late.
    code.used = true;
    if now - code.issued_at > CODE_LIFE {
        return refused(36007, "This authorization code has expired.");
    }
    let (waba, app_id) = (code.waba.clone(), code.app_id.clone());
    let token = format!("EAAG{}", text.chars().rev().collect::<String>());
    meta.tokens.insert(token.clone(), Granted { app_id, wabas: vec![waba], revoked: false, issued_at: now });
    Ok(json!({"access_token": token, "token_type": "bearer"}))
}
