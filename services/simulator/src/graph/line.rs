//! A business number as the Cloud API knows it: verified, registered, with a PIN, a name and a profile.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WabaId};

use super::profile::Profile;
use super::{GraphRefusal, Meta, Request, token};
use crate::world::World;

/// Calls of `register` and `deregister` together.
const REGISTER_CALLS_MAX: usize = 10;
const REGISTER_KEYS: [&str; 4] = ["messaging_product", "pin", "data_localization_region", "backup"];
const REGISTER_WINDOW: TimeDelta = TimeDelta::hours(72);

/// See the module.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Line {
    #[schema(value_type = String)]
    pub(crate) waba: WabaId,
    /// It stays in use in the WhatsApp Business app.
    pub(crate) coexistence: bool,
    pub(crate) verified: bool,
    pub(crate) registered: bool,
    #[serde(skip)]
    pub(crate) pin: Option<String>,
    #[serde(skip)]
    calls: VecDeque<DateTime<Utc>>,
    pub(crate) verified_name: Option<String>,
    pub(crate) name_status: &'static str,
    /// The name in review, or that was refused.
    pub(crate) new_name: Option<String>,
    pub(crate) new_name_status: Option<&'static str>,
    pub(crate) profile: Profile,
    /// With which phones encrypt what their Flows ask an endpoint.
    #[serde(skip)]
    pub(crate) public_key: Option<String>,
}

impl Line {
    pub(crate) fn new(waba: WabaId) -> Self {
        Self {
            waba,
            coexistence: false,
            verified: true,
            registered: false,
            pin: None,
            calls: VecDeque::new(),
            verified_name: None,
            name_status: "AVAILABLE_WITHOUT_REVIEW",
            new_name: None,
            new_name_status: None,
            profile: Profile::default(),
            public_key: None,
        }
    }

    /// Whether it can be used: a number in the app needs no registration.
    pub(crate) fn usable(&self) -> bool {
        self.registered || self.coexistence
    }

    fn count(&mut self, now: DateTime<Utc>) -> Result<(), GraphRefusal> {
        while self.calls.front().is_some_and(|at| now - *at >= REGISTER_WINDOW) {
            self.calls.pop_front();
        }
        if self.calls.len() >= REGISTER_CALLS_MAX {
            return Err(GraphRefusal::new(400, 133_016, "(#133016) Account register or deregister rate limit exceeded")
                .details("There were too many registration or deregistration attempts for this phone number in the last 72 hours"));
        }
        self.calls.push_back(now);
        Ok(())
    }
}

/// `POST /{phone}/register`, after the app has subscribed to the number's account: a number whose webhooks nobody would get is not taken into
/// use.
pub(super) fn register(meta: &mut Meta, request: &Request, number: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let waba = token::line(meta, request, number)?.waba.clone();
    let subscription = (waba, token::app_of(meta, request)?);
    let subscribed = meta.subscribed.contains(&subscription);
    let line = token::line(meta, request, number)?;
    let body = request.whatsapp()?;
    if let Some(key) = body.as_object().into_iter().flat_map(Map::keys).find(|key| !REGISTER_KEYS.contains(&key.as_str())) {
        return Err(GraphRefusal::invalid(&format!("unexpected key {key} on param body")));
    }
    let pin = body["pin"].as_str().filter(|pin| is_pin(pin)).ok_or_else(|| GraphRefusal::invalid("pin must be a text of six digits"))?;
    if line.coexistence {
        return Err(GraphRefusal::invalid("a number that is in use in the WhatsApp Business app cannot be registered"));
    }
    if !subscribed {
        return Err(GraphRefusal::invalid("the app is not subscribed to the WhatsApp Business Account of this phone number"));
    }
    line.count(now)?;
    if !line.verified {
        return Err(GraphRefusal::new(400, 133_006, "(#133006) Phone number re-verification needed")
            .details("Phone number needs to be verified before registering"));
    }
    if line.pin.as_deref().is_some_and(|is| is != pin) {
        return Err(GraphRefusal::new(400, 133_005, "(#133005) Two step verification PIN mismatch")
            .details("The two-step verification PIN that was entered does not match"));
    }
    line.pin = Some(pin.to_owned());
    line.registered = true;
    Ok(json!({"success": true}))
}

/// `POST /{phone}/deregister`
pub(super) fn deregister(meta: &mut Meta, request: &Request, number: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let line = token::line(meta, request, number)?;
    if line.coexistence {
        return Err(GraphRefusal::invalid("a number that is in use in the WhatsApp Business app cannot be deregistered"));
    }
    if !line.registered {
        return Err(not_registered());
    }
    line.count(now)?;
    line.registered = false;
    Ok(json!({"success": true}))
}

/// `POST /{phone}` `{"pin"}`
pub(super) fn change_pin(meta: &mut Meta, request: &Request, number: &str) -> Result<Value, GraphRefusal> {
    let line = token::line(meta, request, number)?;
    let body = request.object()?;
    let pin = body["pin"].as_str().filter(|pin| is_pin(pin)).ok_or_else(|| GraphRefusal::invalid("pin must be a text of six digits"))?;
    line.pin = Some(pin.to_owned());
    Ok(json!({"success": true}))
}

/// `GET /{phone}?fields=…`
pub(super) fn fields(world: &World, request: &Request, number: &str) -> Result<Value, GraphRefusal> {
    let id = token::for_number(&world.meta, request, number)?;
    let line = world.meta.lines.get(&id).ok_or_else(|| GraphRefusal::no_object(number))?;
    let described = describe(world, &id, line, request);
    let unknown = request.query("fields").unwrap_or_default().split(',').find(|field| !field.is_empty() && described.get(field).is_none());
    match unknown.filter(|field| !OPTIONAL.contains(field)) {
        Some(field) => Err(GraphRefusal::new(400, 100, &format!("(#100) Tried accessing nonexisting field ({field})"))),
        None => Ok(described),
    }
}

/// Fields that are left out when there is nothing to say.
const OPTIONAL: [&str; 2] = ["new_display_name", "new_name_status"];

/// The asked-for fields of a number; without a question those that Meta gives by itself.
pub(super) fn describe(world: &World, id: &PhoneNumberId, line: &Line, request: &Request) -> Value {
    let dialled = world.numbers.get(id).map(|number| number.display_phone_number.clone()).unwrap_or_default();
    let mut all = json!({
        "id": id,
        "display_phone_number": formatted(&dialled),
        "verified_name": line.verified_name.as_deref().unwrap_or("Simulated business"),
        "quality_rating": if line.usable() { "GREEN" } else { "UNKNOWN" },
        "code_verification_status": if line.verified { "VERIFIED" } else { "NOT_VERIFIED" },
        "name_status": line.name_status,
        "status": if line.usable() { "CONNECTED" } else { "PENDING" },
        "whatsapp_business_manager_messaging_limit": world.rules.tier(),
        "is_pin_enabled": line.pin.is_some(),
        "platform_type": if line.usable() { "CLOUD_API" } else { "NOT_APPLICABLE" },
        "account_mode": "LIVE",
        "throughput": {"level": "STANDARD"},
    });
    if let (Some(name), Some(status)) = (&line.new_name, line.new_name_status) {
        all["new_display_name"] = json!(name);
        all["new_name_status"] = json!(status);
    }
    let asked = request.query("fields").unwrap_or("display_phone_number,verified_name,quality_rating,code_verification_status");
    let Value::Object(all) = all else { return Value::Null };
    Value::Object(all.into_iter().filter(|(name, _)| name == "id" || asked.split(',').any(|field| field == name)).collect::<Map<_, _>>())
}

pub(super) fn not_registered() -> GraphRefusal {
    GraphRefusal::new(400, 133_010, "(#133010) Phone number not registered")
        .details("The phone number is not registered on the WhatsApp Business Platform")
}

fn is_pin(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `+1 555-010-0234`
fn formatted(digits: &str) -> String {
    match (digits.get(..1), digits.get(1..4), digits.get(4..7), digits.get(7..)) {
        (Some("1"), Some(area), Some(exchange), Some(line)) if digits.len() == 11 => format!("+1 {area}-{exchange}-{line}"),
        _ => format!("+{digits}"),
    }
}
