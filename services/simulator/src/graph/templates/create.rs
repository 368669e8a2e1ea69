//! `POST /{waba}/message_templates`

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use serde_json::{Value, json};
use whatsapp::template::TemplateDraft;
use whatsapp::{FieldError, WabaId};

use super::{Status, Template, Templates};
use crate::graph::{GraphRefusal, Meta, Request, token};
use crate::schedule::Due;
use crate::world::World;

/// Of an account whose business is not verified.
const TEMPLATES_MAX: usize = 250;
const CREATED_PER_HOUR_MAX: usize = 100;
/// Where Meta documents no code of its own.
const OTHERWISE: i64 = 2_388_039;
/// Arguments that are taken and change nothing here.
const PASSED_OVER: [&str; 3] = ["allow_category_change", "cta_url_link_tracking_opted_out", "access_token"];

/// See the module.
pub(crate) fn create(world: &mut World, request: &Request, waba: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let waba = token::for_account(&world.meta, request, waba)?;
    let mut asked = request.object()?;
    if let Some(members) = asked.as_object_mut() {
        members.retain(|name, _| !PASSED_OVER.contains(&name.as_str()));
    }
    let draft = TemplateDraft::parse(&asked).map_err(|errors| refused(&errors, &asked))?;
    let language = draft.language().replace('-', "_");
    in_library(draft.json())?;
    unknown_things(&world.meta, &waba, draft.json())?;
    free(&mut world.meta.templates, &waba, draft.name(), &language, now)?;
    let id = world.dice.random_range(100_000_000_000_000_u64..999_999_999_999_999).to_string();
    let templates = &mut world.meta.templates;
    templates.serial += 1;
    let json = draft.json();
    let template = Template {
        id: id.clone(),
        waba: waba.clone(),
        name: draft.name().to_owned(),
        language: language.clone(),
        category: json["category"].as_str().unwrap_or_default().to_owned(),
        previous_category: None,
        parameter_format: json["parameter_format"].as_str().unwrap_or("POSITIONAL").to_owned(),
        components: json["components"].clone(),
        message_send_ttl_seconds: json["message_send_ttl_seconds"].as_i64(),
        status: Status::Pending,
        rejected_reason: "NONE".to_owned(),
        quality: "UNKNOWN".to_owned(),
        quality_at: now,
        paused_for_rate: false,
        edits: Default::default(),
        review: 0,
        serial: templates.serial,
    };
    let answer = json!({"id": id, "status": template.status.as_str(), "category": template.category});
    templates.by_name.insert((waba.clone(), template.name.clone(), language), id.clone());
    templates.by_id.insert(id.clone(), template);
    templates.created.entry(waba).or_default().push_back(now);
    in_review(world, &id, now);
    Ok(answer)
}

/// The reviewer has it; when they decide is a rule.
pub(super) fn in_review(world: &mut World, id: &str, now: DateTime<Utc>) {
    if let Some(review_ms) = world.rules.review_ms {
        world.schedule.at(now + TimeDelta::milliseconds(review_ms.into()), Due::Review(id.to_owned()));
    }
}

/// Whether such a template may be made now.
fn free(templates: &mut Templates, waba: &WabaId, name: &str, language: &str, now: DateTime<Utc>) -> Result<(), GraphRefusal> {
    if templates.named(waba, name, language).is_some() {
        let text = format!("There is already {language} content for this template. You can create a new template and try again.");
        return Err(plain(2_388_024).user("Content in This Language Already Exists", &text));
    }
    if templates.blocked.get(&(waba.clone(), name.to_owned())).is_some_and(|until| now < *until) {
        let text = "New content cannot be added while the existing content is being deleted. Try again in 4 weeks.";
        return Err(plain(2_388_023).user("Message template language is being deleted", text));
    }
    if templates.of(Some(waba)).count() >= TEMPLATES_MAX {
        return Err(plain(2_388_019).user("Message Template Limit Exceeded", "The account has 250 message templates already."));
    }
    let created = templates.created.entry(waba.clone()).or_default();
    while created.front().is_some_and(|at| now - *at >= TimeDelta::hours(1)) {
        created.pop_front();
    }
    if created.len() >= CREATED_PER_HOUR_MAX {
        return Err(GraphRefusal::new(400, 80_007, "(#80007) There have been too many calls to this WhatsApp Business account"));
    }
    Ok(())
}

/// A template without components takes those of Meta's library, of which nothing is here.
fn in_library(template: &Value) -> Result<(), GraphRefusal> {
    if template["components"].is_array() {
        return Ok(());
    }
    let text = format!("The library has no template named {}", template["library_template_name"].as_str().unwrap_or_default());
    Err(plain(OTHERWISE).user("Library template not found", &text))
}

/// Handles and Flows that the components name must be there.
pub(super) fn unknown_things(meta: &Meta, waba: &WabaId, template: &Value) -> Result<(), GraphRefusal> {
    let components = template["components"].as_array().map(Vec::as_slice).unwrap_or_default();
    let cards = components.iter().filter_map(|component| component["cards"].as_array()).flatten();
    let of_cards = cards.filter_map(|card| card["components"].as_array()).flatten();
    for component in components.iter().chain(of_cards) {
        let handles = component["example"]["header_handle"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if let Some(handle) = handles.into_iter().find(|handle| !meta.handles.contains(*handle)) {
            let text = format!("The media handle {} is not one of an upload", handle.chars().take(20).collect::<String>());
            return Err(plain(2_388_273).user("Invalid media handle", &text));
        }
        for button in component["buttons"].as_array().into_iter().flatten().filter(|button| button["type"] == "FLOW") {
            let known = match (button["flow_id"].as_str(), button["flow_name"].as_str()) {
                (Some(id), _) => meta.flows.get(id).is_some_and(|flow| flow.waba == *waba),
                (None, Some(name)) => meta.flows.named(waba, name).is_some(),
                (None, None) => true,
            };
            if !known {
                return Err(plain(2_388_152).user("Flow not found", "The Flow of the button does not exist in this account"));
            }
        }
    }
    Ok(())
}

fn plain(subcode: i64) -> GraphRefusal {
    GraphRefusal::new(400, 100, "Invalid parameter").subcode(subcode)
}

/// Meta names one thing at a time: the first.
pub(super) fn refused(errors: &[FieldError], asked: &Value) -> GraphRefusal {
    let Some(first) = errors.first() else { return plain(OTHERWISE) };
    plain(subcode(first, asked)).details(&first.to_string()).user("Message template cannot be saved", &first.to_string())
}

/// By what is wrong, or else by the component that it is wrong in.
fn subcode(error: &FieldError, asked: &Value) -> i64 {
    let component = component(asked, &error.pointer).unwrap_or_default();
    let of_text = error.pointer.ends_with("/text");
    match (error.code, component.as_str()) {
        ("too_long", _) => 2_388_040,
        ("too_many", "BODY") if of_text => 2_388_293,
        ("not_allowed", "BODY") if of_text && error.detail.contains("start or end") => 2_388_299,
        (_, "HEADER") => 2_388_047,
        (_, "BODY") => 2_388_072,
        (_, "FOOTER") => 2_388_073,
        _ => OTHERWISE,
    }
}

/// The type of the component that is pointed into; of a card's, if it is into one.
fn component(asked: &Value, pointer: &str) -> Option<String> {
    let (list, rest) = pointer.rsplit_once("/components/")?;
    let index = rest.split('/').next()?;
    let component = asked.pointer(&format!("{list}/components/{index}"))?;
    Some(component["type"].as_str()?.to_ascii_uppercase())
}
