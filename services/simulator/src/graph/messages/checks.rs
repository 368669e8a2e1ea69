//! What a message names must be there, belong to the account, and be in a state to be sent.

use chrono::{DateTime, TimeDelta, Utc};
use whatsapp::outbound::{FlowMode, Outbound};
use whatsapp::template::check_parameters;
use whatsapp::{FieldError, PhoneNumberId, WabaId, Wamid};

use crate::chat::Chat;
use crate::graph::{Flow, GraphRefusal, Meta, Template, TemplateStatus};

/// How old a message may be that is reacted to.
const REACT_WITHIN: TimeDelta = TimeDelta::days(30);

/// What a message is made of, beside itself.
pub(super) struct Found<'a> {
    pub(super) template: Option<&'a Template>,
    /// Of the Flow that it carries.
    pub(super) flow_id: Option<String>,
}

/// # Errors
/// As Meta refuses.
pub(super) fn find<'a>(
    meta: &'a Meta,
    (number, waba): (&PhoneNumberId, &WabaId),
    message: &Outbound,
    chat: Option<&Chat>,
    now: DateTime<Utc>,
) -> Result<Found<'a>, GraphRefusal> {
    media(meta, number, message, now)?;
    let named = |wamid: &str| Wamid::parse(wamid).and_then(|wamid| chat?.get(&wamid));
    if let Some(target) = message.target()
        && named(target).is_none_or(|bubble| now - bubble.at > REACT_WITHIN)
    {
        return Err(invalid("The message that is reacted to is unknown or older than 30 days"));
    }
    let template = template(meta, waba, message)?;
    let flow = match template {
        Some(template) => flow_of_template(meta, waba, template, now)?,
        None => flow(meta, waba, message, now)?,
    };
    Ok(Found { template, flow_id: flow.map(|flow| flow.id.clone()) })
}

fn media(meta: &Meta, number: &PhoneNumberId, message: &Outbound, now: DateTime<Utc>) -> Result<(), GraphRefusal> {
    for used in message.media() {
        let Some(id) = used.id else { continue };
        let media = meta.media.get(id, now).filter(|media| media.number == *number);
        if media.is_none_or(|media| !used.kind.takes(&media.mime_type)) {
            let details = format!("Param {}['id'] is not a valid whatsapp business account media attachment ID", used.kind.name());
            return Err(invalid(&details));
        }
        if used.voice && media.is_some_and(|media| !used.kind.voices(&media.mime_type)) {
            return Err(invalid("Param audio['voice'] needs a file that is Ogg with Opus"));
        }
    }
    Ok(())
}

fn template<'a>(meta: &'a Meta, waba: &WabaId, message: &Outbound) -> Result<Option<&'a Template>, GraphRefusal> {
    let Some(used) = message.template() else { return Ok(None) };
    let missing =
        |details: &str| GraphRefusal::new(404, 132_001, "(#132001) Template name does not exist in the translation").details(details);
    let template = meta.templates.named(waba, used.name, used.language);
    let template = template.ok_or_else(|| missing(&format!("template name ({}) does not exist in {}", used.name, used.language)))?;
    match template.status {
        TemplateStatus::Approved => {}
        TemplateStatus::Paused => {
            return Err(GraphRefusal::message(132_015, "Template is Paused", "The template is paused due to low quality"));
        }
        TemplateStatus::Disabled => {
            return Err(GraphRefusal::message(132_016, "Template is Disabled", "The template is disabled for good"));
        }
        TemplateStatus::Pending
        | TemplateStatus::Rejected
        | TemplateStatus::InAppeal
        | TemplateStatus::LimitExceeded
        | TemplateStatus::Archived => return Err(missing("The template is not approved")),
    }
    let errors = check_parameters(&template.components, message);
    errors.first().map_or(Ok(Some(template)), |first| Err(mismatch(first)))
}

/// Too few or too many is one code, too long when it is filled in another, the wrong thing a third.
fn mismatch(error: &FieldError) -> GraphRefusal {
    match error.code {
        "required" | "too_few" | "too_many" => {
            GraphRefusal::message(132_000, "Number of parameters does not match the expected number of params", &error.to_string())
        }
        "too_long" => GraphRefusal::message(132_005, "Translated text too long", &error.to_string()),
        _ => GraphRefusal::message(132_012, "Parameter format does not match format in the created template", &error.to_string()),
    }
}

fn flow<'a>(meta: &'a Meta, waba: &WabaId, message: &Outbound, now: DateTime<Utc>) -> Result<Option<&'a Flow>, GraphRefusal> {
    let Some(used) = message.flow() else { return Ok(None) };
    let flow = match (used.flow_id, used.flow_name) {
        (Some(id), _) => meta.flows.get(id).filter(|flow| flow.waba == *waba),
        (None, Some(name)) => meta.flows.named(waba, name),
        (None, None) => None,
    };
    let flow = flow.ok_or_else(|| invalid("The Flow does not exist in this account"))?;
    let json = flow.sendable(used.mode == FlowMode::Draft, now)?;
    let asked = message.json().pointer("/interactive/action/parameters/flow_action_payload/screen").and_then(|screen| screen.as_str());
    if let Some(screen) = asked
        && !has_screen(json, screen)
    {
        return Err(invalid(&format!("The Flow has no screen {screen}")));
    }
    Ok(Some(flow))
}

fn has_screen(json: &[u8], screen: &str) -> bool {
    let json: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    json["screens"].as_array().is_some_and(|screens| screens.iter().any(|known| known["id"] == screen))
}

/// The Flow behind a button of a template.
fn flow_of_template<'a>(meta: &'a Meta, waba: &WabaId, template: &Template, now: DateTime<Utc>) -> Result<Option<&'a Flow>, GraphRefusal> {
    let Some(flow) = meta.flow_of(waba, template) else { return Ok(None) };
    flow.sendable(false, now)?;
    Ok(Some(flow))
}

fn invalid(details: &str) -> GraphRefusal {
    GraphRefusal::message(131_009, "Parameter value is not valid", details)
}
