//! What the business sends through the Graph API: refused as Meta refuses it, or shown on the phone and answered by statuses.
//!
//! Only as much of it as a chat needs: every type is taken, its text and its buttons are shown, its media are not looked at.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::chat::{Bubble, Choice, Tick};
use crate::made_up;
use crate::person::Person;
use crate::world::World;

const TEXT_CHARACTERS_MAX: usize = 4_096;
const OPAQUE_CHARACTERS_MAX: usize = 512;
/// How long a business may answer freely.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// Meta's error object, for a 400 unless it says otherwise.
#[derive(Debug, PartialEq)]
pub(crate) struct GraphError {
    pub(crate) http_status: u16,
    pub(crate) code: i64,
    pub(crate) message: &'static str,
    pub(crate) details: String,
}

impl GraphError {
    pub(crate) fn body(&self) -> Value {
        json!({"error": {"message": format!("(#{}) {}", self.code, self.message), "type": "OAuthException", "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details}, "fbtrace_id": "Asimulated"}})
    }

    fn invalid(details: &str) -> Self {
        Self { http_status: 400, code: 100, message: "Invalid parameter", details: details.to_owned() }
    }
}

/// `POST /{version}/{phone}/messages`: the answer of Meta.
pub(crate) fn send(world: &mut World, from: &PhoneNumberId, request: &Value, now: DateTime<Utc>) -> Result<Value, GraphError> {
    if request["messaging_product"] != "whatsapp" {
        return Err(GraphError::invalid("messaging_product must be whatsapp"));
    }
    if request["status"] == "read" {
        return mark_read(world, from, request);
    }
    let (wa_id, known) = recipient(world, request)?;
    let type_name = request["type"].as_str().unwrap_or("text");
    let object = &request[type_name];
    if !object.is_object() && !object.is_array() {
        return Err(GraphError {
            http_status: 400,
            code: 131_008,
            message: "Required parameter is missing",
            details: format!("{type_name} is missing"),
        });
    }
    let text = text_of(type_name, object);
    if text.chars().count() > TEXT_CHARACTERS_MAX || (type_name == "text" && text.is_empty()) {
        return Err(GraphError::invalid("text.body must have 1 to 4096 characters"));
    }
    let opaque = request["biz_opaque_callback_data"].as_str().map(str::to_owned);
    if opaque.as_ref().is_some_and(|opaque| opaque.chars().count() > OPAQUE_CHARACTERS_MAX) {
        return Err(GraphError::invalid("biz_opaque_callback_data must have at most 512 characters"));
    }
    let wamid = made_up::wamid(&wa_id, true, &mut world.dice);
    let chat = world.chat(&wa_id, from);
    let open = chat.person_wrote_at.is_some_and(|at| now - at < WINDOW) || type_name == "template";
    if let Some(target) = object["message_id"].as_str().and_then(Wamid::parse).filter(|_| type_name == "reaction") {
        if let Some(bubble) = chat.find(&target) {
            bubble.business_reaction = object["emoji"].as_str().filter(|emoji| !emoji.is_empty()).map(str::to_owned);
        }
    } else if known {
        let mut bubble = Bubble::new(wamid.clone(), false, type_name, text, now);
        bubble.reply_to = request["context"]["message_id"].as_str().and_then(Wamid::parse);
        bubble.choices = choices(object);
        bubble.opaque = opaque;
        chat.push(bubble);
    }
    let fate = match (known, open) {
        (false, _) => world.status(&wa_id, from, &wamid, "failed", Some((131_026, "Message undeliverable")), now),
        (true, false) => world.status(&wa_id, from, &wamid, "failed", Some((131_047, "Re-engagement message")), now),
        (true, true) => world.status(&wa_id, from, &wamid, "sent", None, now).and_then(|()| match type_name {
            "reaction" => Ok(()), // a reaction only ever yields sent
            _ => world.status(&wa_id, from, &wamid, "delivered", None, now),
        }),
    };
    fate.map_err(|refused| GraphError { http_status: 503, code: 131_016, message: "Service unavailable", details: refused.to_string() })?;
    let input = request["to"].as_str().or(request["recipient"].as_str());
    let contact = world.people.get(&wa_id).map_or_else(|| json!({"input": input, "wa_id": wa_id}), |person| contact(person, input));
    Ok(json!({"messaging_product": "whatsapp", "contacts": [contact],
        "messages": [{"id": wamid, "message_status": "accepted"}]}))
}

fn contact(person: &Person, input: Option<&str>) -> Value {
    match person.hidden {
        true => json!({"input": input, "user_id": person.user_id}),
        false => json!({"input": input, "wa_id": person.wa_id, "user_id": person.user_id}),
    }
}

/// Who it goes to, and whether such a phone exists.
fn recipient(world: &World, request: &Value) -> Result<(WaId, bool), GraphError> {
    if let Some(to) = request["to"].as_str() {
        let wa_id = WaId::parse(to).ok_or_else(|| GraphError::invalid("to is not a phone number"))?;
        let known = world.people.contains_key(&wa_id);
        return Ok((wa_id, known));
    }
    let Some(user_id) = request["recipient"].as_str() else { return Err(GraphError::invalid("to or recipient is required")) };
    let person = world.people.values().find(|person| person.user_id.as_str() == user_id);
    person.map(|person| (person.wa_id.clone(), true)).ok_or_else(|| GraphError::invalid("recipient is not a user id of this business"))
}

fn mark_read(world: &mut World, from: &PhoneNumberId, request: &Value) -> Result<Value, GraphError> {
    let wamid = request["message_id"].as_str().and_then(Wamid::parse).ok_or_else(|| GraphError::invalid("message_id is required"))?;
    let mut found = false;
    for ((_, number), chat) in &mut world.chats {
        if number == from && chat.find(&wamid).is_some_and(|bubble| bubble.from_person) {
            chat.tick(&wamid, Tick::Read);
            found = true;
        }
    }
    if found { Ok(json!({"success": true})) } else { Err(GraphError::invalid("message_id is not a message to this number")) }
}

fn text_of(type_name: &str, object: &Value) -> String {
    let places = ["/body", "/body/text", "/caption", "/name", "/filename", "/emoji", "/0/name/formatted_name"];
    let text = places.iter().find_map(|place| object.pointer(place)?.as_str());
    match (type_name, text) {
        ("template", Some(name)) => format!("[template {name}]"),
        (_, text) => text.unwrap_or_default().to_owned(),
    }
}

/// What can be tapped on: reply buttons, rows, a Flow, a request for a location.
fn choices(object: &Value) -> Vec<Choice> {
    let action = &object["action"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let choice = |answer: &'static str, item: &Value| Choice {
        answer,
        id: item["id"].as_str().unwrap_or_default().to_owned(),
        title: item["title"].as_str().unwrap_or_default().to_owned(),
        description: item["description"].as_str().map(str::to_owned),
    };
    let mut choices: Vec<Choice> = list(&action["buttons"]).iter().map(|button| choice("button_reply", &button["reply"])).collect();
    for section in list(&action["sections"]) {
        choices.extend(list(&section["rows"]).iter().map(|row| choice("list_reply", row)));
    }
    let parameters = &action["parameters"];
    match action["name"].as_str() {
        Some("flow") => choices.push(choice("nfm_reply", &json!({"id": parameters["flow_token"], "title": parameters["flow_cta"]}))),
        Some("send_location") => choices.push(choice("location", &json!({"id": "", "title": "Send location"}))),
        _ => {}
    }
    choices
}
