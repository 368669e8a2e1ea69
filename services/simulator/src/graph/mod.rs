//! The Graph API's calls about signups, accounts, numbers, profiles and uploads, as strict as Meta about order, tokens and arguments.
//!
//! No HTTP here and no clock: a [`Request`] in, an answer or a [`GraphRefusal`] out. Messages are in `business`.

mod account;
mod display_name;
mod faults;
mod line;
mod profile;
mod refusal;
mod signup;
mod state;
mod token;
mod upload;

use chrono::{DateTime, Utc};
use serde_json::Value;

pub(crate) use display_name::{Decision, decide};
pub(crate) use faults::Fate;
pub use faults::GraphFault;
pub(crate) use line::Line;
pub(crate) use refusal::GraphRefusal;
pub(crate) use signup::{NewSignup, Signup, sign_up};
pub(crate) use state::{Call, Meta};

use crate::world::World;

/// The versions that can be called in November 2026.
const VERSIONS: std::ops::RangeInclusive<u32> = 21..=26;

/// One call, without HTTP around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// Upper case.
    pub method: String,
    /// `v26.0`
    pub version: String,
    /// What follows: `["1065…", "register"]`.
    pub path: Vec<String>,
    /// Of the query; the first of a name counts.
    pub query: Vec<(String, String)>,
    /// What follows `Bearer ` or `OAuth `.
    pub token: Option<String>,
    /// As it came.
    pub body: Vec<u8>,
    /// Of uploads.
    pub file_offset: Option<u64>,
}

impl Request {
    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }

    /// The body as a JSON object.
    fn object(&self) -> Result<Value, GraphRefusal> {
        let body: Value = serde_json::from_slice(&self.body).map_err(|_| GraphRefusal::invalid("the body is not JSON"))?;
        if body.is_object() { Ok(body) } else { Err(GraphRefusal::invalid("the body is not an object")) }
    }

    /// The body of a call about WhatsApp: all of them name the product.
    fn whatsapp(&self) -> Result<Value, GraphRefusal> {
        let body = self.object()?;
        if body["messaging_product"] == "whatsapp" {
            return Ok(body);
        }
        Err(GraphRefusal::invalid("(#100) The parameter messaging_product is required."))
    }
}

/// The name of the call, as faults and the list of calls name it.
pub(crate) fn name_of(request: &Request) -> &'static str {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["oauth", "access_token"]) => "exchange_code",
        ("GET", ["debug_token"]) => "debug_token",
        ("GET", [_, "phone_numbers"]) => "phone_numbers",
        ("POST", [_, "subscribed_apps"]) => "subscribe",
        ("DELETE", [_, "subscribed_apps"]) => "unsubscribe",
        ("POST", [_, "register"]) => "register",
        ("POST", [_, "deregister"]) => "deregister",
        ("GET", [_, "whatsapp_business_profile"]) => "profile",
        ("POST", [_, "whatsapp_business_profile"]) => "change_profile",
        ("POST", [_, "uploads"]) => "start_upload",
        ("POST", [node]) if node.starts_with("upload:") => "send_upload",
        ("GET", [node]) if node.starts_with("upload:") => "upload_offset",
        ("GET", [_]) => "number",
        ("POST", [_]) if request.query("new_display_name").is_some() => "request_display_name",
        ("POST", [_]) => "change_pin",
        _ => "unknown",
    }
}

/// Meta's answer.
pub(crate) fn answer(world: &mut World, request: &Request, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let version = request.version.strip_prefix('v').and_then(|text| text.strip_suffix(".0")).and_then(|text| text.parse().ok());
    if !version.is_some_and(|version| VERSIONS.contains(&version)) {
        return Err(GraphRefusal::new(
            400,
            2635,
            "You are calling a deprecated version of the Ads API. Please update to the latest version",
        ));
    }
    let node = request.path.first().map(String::as_str).unwrap_or_default();
    match name_of(request) {
        "exchange_code" => signup::exchange(&mut world.meta, request, now),
        "debug_token" => token::debug(&world.meta, request, now),
        "phone_numbers" => account::phone_numbers(world, request, node),
        "subscribe" => account::subscribe(&mut world.meta, request, node, true),
        "unsubscribe" => account::subscribe(&mut world.meta, request, node, false),
        "register" => line::register(&mut world.meta, request, node, now),
        "deregister" => line::deregister(&mut world.meta, request, node, now),
        "number" => line::fields(world, request, node),
        "change_pin" => line::change_pin(&mut world.meta, request, node),
        "profile" => profile::show(&world.meta, request, node),
        "change_profile" => profile::change(&mut world.meta, request, node),
        "start_upload" => upload::start(world, request, node),
        "send_upload" => upload::send(&mut world.meta, request, node),
        "upload_offset" => upload::offset(&world.meta, request, node),
        "request_display_name" => display_name::request(&mut world.meta, request, node),
        _ => Err(GraphRefusal::new(400, 2500, "Unknown path components")),
    }
}
