//! The Graph API, as strict as Meta about order, tokens, arguments and limits.
//!
//! No HTTP here and no clock: a [`Request`] in, an [`Answer`] or a [`GraphRefusal`] out. Messages come in apart, read before they
//! meet the world: see [`messages`].

mod account;
mod display_name;
mod encryption;
mod faults;
mod flows;
mod line;
mod media;
pub(crate) mod messages;
mod multipart;
mod page;
mod profile;
mod refusal;
mod request;
mod signup;
mod state;
mod templates;
mod token;
mod upload;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;

pub(crate) use display_name::{Decision, decide};
pub(crate) use encryption::give_key;
pub use faults::GraphFault;
pub(crate) use faults::{End, Fate};
pub(crate) use flows::{Alert, Flow, Status as FlowStatus, alert, download_flow_json, put_behind, rename_behind, set_status};
pub(crate) use line::Line;
pub(crate) use media::{Media, Origin as MediaOrigin, download as download_media, look as look_at_media};
pub(crate) use refusal::GraphRefusal;
pub(crate) use request::Request;
pub(crate) use signup::{NewSignup, Signup, sign_up};
pub(crate) use state::{Call, Meta};
pub(crate) use templates::{REJECTIONS, Status as TemplateStatus, Template, TemplateDecision, decide_template, review_due};

use crate::world::World;

/// Webhooks that one call may bring.
const WEBHOOKS_MAX: usize = 2;
/// The versions that can be called in November 2026.
const VERSIONS: std::ops::RangeInclusive<u32> = 21..=26;

/// What Meta answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Json(Value),
    File { mime_type: String, bytes: Bytes },
}

/// The name of the call, as faults and the list of calls name it. What a node is, only Meta's books tell.
pub(crate) fn name_of(meta: &Meta, request: &Request) -> &'static str {
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
        ("GET", [_, "whatsapp_business_encryption"]) => "public_key",
        ("POST", [_, "whatsapp_business_encryption"]) => "set_public_key",
        ("POST", [_, "uploads"]) => "start_upload",
        ("POST", [_, "media"]) => "upload_media",
        ("POST", [_, "flows"]) => "create_flow",
        ("GET", [_, "flows"]) => "flows",
        ("POST", [_, "assets"]) => "upload_flow_json",
        ("GET", [_, "assets"]) => "flow_assets",
        ("POST", [_, "publish"]) => "publish_flow",
        ("POST", [_, "deprecate"]) => "deprecate_flow",
        ("POST", [_, "message_templates"]) => "create_template",
        ("GET", [_, "message_templates"]) => "templates",
        ("DELETE", [_, "message_templates"]) => "delete_template",
        ("POST", [_, "unpause"]) => "unpause_template",
        (method, [node]) => name_of_node(meta, request, method, node),
        _ => "unknown",
    }
}

fn name_of_node(meta: &Meta, request: &Request, method: &str, node: &str) -> &'static str {
    if node.starts_with("upload:") {
        return match method {
            "POST" => "send_upload",
            "GET" => "upload_offset",
            _ => "unknown",
        };
    }
    if meta.flows.get(node).is_some() {
        return match method {
            "GET" if request.query("fields").is_some_and(|fields| fields.starts_with("preview")) => "flow_preview",
            "GET" => "flow",
            "POST" => "update_flow",
            "DELETE" => "delete_flow",
            _ => "unknown",
        };
    }
    if meta.templates.get(node).is_some() {
        return match method {
            "GET" => "template",
            "POST" => "edit_template",
            _ => "unknown",
        };
    }
    match method {
        "GET" if meta.media.contains(node) => "media",
        "DELETE" => "delete_media",
        "GET" => "number",
        "POST" if request.query("new_display_name").is_some() => "request_display_name",
        "POST" => "change_pin",
        _ => "unknown",
    }
}

/// The version must be one that can be called.
pub(crate) fn check_version(request: &Request) -> Result<(), GraphRefusal> {
    let version = request.version.strip_prefix('v').and_then(|text| text.strip_suffix(".0")).and_then(|text| text.parse().ok());
    if version.is_some_and(|version| VERSIONS.contains(&version)) {
        return Ok(());
    }
    Err(GraphRefusal::new(400, 2635, "You are calling a deprecated version of the Ads API. Please update to the latest version"))
}

/// Meta's answer to the call of this name.
pub(crate) fn answer(world: &mut World, name: &str, request: &Request, now: DateTime<Utc>) -> Result<Answer, GraphRefusal> {
    check_version(request)?;
    let full = |refused: crate::Refused| GraphRefusal::new(500, 131_016, "(#131016) Service unavailable").details(&refused.to_string());
    world.outbox.refuse_if_full(WEBHOOKS_MAX).map_err(full)?;
    let node = request.path.first().map(String::as_str).unwrap_or_default();
    let answered = match name {
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
        "public_key" => encryption::show(&world.meta, request, node),
        "set_public_key" => encryption::set(&mut world.meta, request, node),
        "start_upload" => upload::start(world, request, node),
        "send_upload" => upload::send(&mut world.meta, request, node),
        "upload_offset" => upload::offset(&world.meta, request, node),
        "request_display_name" => display_name::request(&mut world.meta, request, node),
        "upload_media" => media::upload(world, request, node, now),
        "media" => media::show(&world.meta, request, node, now),
        "delete_media" => media::remove(&mut world.meta, request, node, now),
        "create_flow" => flows::create(world, request, node, now),
        "flows" => flows::list(&world.meta, request, node, now),
        "flow" | "flow_preview" => flows::show(world, request, node, now),
        "update_flow" => flows::update(world, request, node, now),
        "upload_flow_json" => flows::upload(world, request, node, now),
        "flow_assets" => flows::assets(&mut world.meta, request, node, now),
        "publish_flow" => flows::publish(world, request, node, now),
        "deprecate_flow" => flows::deprecate(world, request, node, now),
        "delete_flow" => flows::remove(&mut world.meta, request, node),
        "create_template" => templates::create(world, request, node, now),
        "templates" => templates::list(&world.meta, request, node),
        "template" => templates::show(&world.meta, request, node),
        "edit_template" => templates::edit(world, request, node, now),
        "delete_template" => templates::remove(&mut world.meta, request, node, now),
        "unpause_template" => templates::unpause(world, request, node, now),
        _ => Err(GraphRefusal::new(400, 2500, "Unknown path components")),
    };
    answered.map(Answer::Json)
}
