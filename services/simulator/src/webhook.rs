//! The bodies of webhooks, spelled as Meta spells them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use whatsapp::{Bsuid, WaId, Wamid};

use crate::content::Content;
use crate::number::Number;
use crate::person::Person;

/// One change of a body, before it is put into one.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) waba_id: String,
    pub(crate) field: &'static str,
    /// JSON text.
    pub(crate) value: String,
}

#[derive(Serialize)]
struct ChangeValue<'a> {
    messaging_product: &'static str,
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<Value>,
    #[serde(flatten)]
    items: Map<String, Value>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    display_phone_number: &'a str,
    phone_number_id: &'a str,
}

#[derive(Serialize)]
struct MessageObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    from_user_id: &'a str,
    id: &'a str,
    timestamp: String,
    #[serde(rename = "type")]
    type_name: &'a str,
    #[serde(flatten)]
    keys: Map<String, Value>,
}

/// A message of `person`.
pub(crate) fn message(
    number: &Number,
    person: &Person,
    wamid: &Wamid,
    at: DateTime<Utc>,
    context: Option<Value>,
    content: Content,
) -> Change {
    let message = MessageObject {
        context,
        from: (!person.hidden).then(|| person.wa_id.as_str()),
        from_user_id: person.user_id.as_str(),
        id: wamid.as_str(),
        timestamp: at.timestamp().to_string(),
        type_name: &content.type_name,
        keys: content.keys,
    };
    change(number, "messages", vec![profile(person)], "messages", json!([to_value(&message)]))
}

/// What becomes of a message of the business. `error` makes it a failure.
pub(crate) fn status(number: &Number, person: &Person, status: &Value) -> Change {
    let failed = status["status"] == "failed";
    let contacts = if failed { Vec::new() } else { vec![profile(person)] };
    change(number, "messages", contacts, "statuses", json!([status]))
}

/// The object of a status.
pub(crate) fn status_object(
    person: &Person,
    wamid: &Wamid,
    name: &str,
    at: DateTime<Utc>,
    opaque: Option<&str>,
    error: Option<(i64, &str)>,
) -> Value {
    let mut object = json!({"id": wamid, "status": name, "timestamp": at.timestamp().to_string(), "recipient_user_id": person.user_id});
    if !person.hidden {
        object["recipient_id"] = json!(person.wa_id);
    }
    if let Some(opaque) = opaque {
        object["biz_opaque_callback_data"] = json!(opaque);
    }
    if name == "sent" || name == "delivered" {
        object["pricing"] = json!({"billable": false, "pricing_model": "PMP", "category": "service", "type": "free_customer_service"});
    }
    if let Some((code, title)) = error {
        object["errors"] = json!([{"code": code, "title": title, "message": title, "error_data": {"details": title}}]);
    }
    object
}

/// `system` message: the person has another number. No profiles beside it, as Meta does it.
pub(crate) fn number_changed(number: &Number, before: &Person, after: &Person, wamid: &Wamid, at: DateTime<Utc>) -> Change {
    let body = format!("User {} changed from {} to {}", after.name, before.wa_id, after.wa_id);
    let keys = json!({"system": {"body": body, "wa_id": after.wa_id, "user_id": after.user_id, "type": "user_changed_number"}});
    system(number, before, wamid, at, keys)
}

/// `system` message: the person has another user id.
pub(crate) fn user_id_changed(number: &Number, before: &Person, after: &Person, wamid: &Wamid, at: DateTime<Utc>) -> Change {
    let body = format!("User {} changed user id", after.name);
    let keys = json!({"system": {"body": body, "user_id": after.user_id, "type": "user_changed_user_id"}});
    system(number, before, wamid, at, keys)
}

fn system(number: &Number, before: &Person, wamid: &Wamid, at: DateTime<Utc>, keys: Value) -> Change {
    let Value::Object(keys) = keys else { unreachable!("braces make an object") };
    let message = MessageObject {
        context: None,
        from: (!before.hidden).then(|| before.wa_id.as_str()),
        from_user_id: before.user_id.as_str(),
        id: wamid.as_str(),
        timestamp: at.timestamp().to_string(),
        type_name: "system",
        keys,
    };
    change(number, "messages", Vec::new(), "messages", json!([to_value(&message)]))
}

/// Field `user_id_update`.
pub(crate) fn user_id_update(number: &Number, person: &Person, wa_id: &WaId, previous: &Bsuid, at: DateTime<Utc>) -> Change {
    let mut update = json!({
        "detail": format!("User id for {} has been updated.", person.name),
        "user_id": {"previous": previous, "current": person.user_id},
        "timestamp": at.timestamp().to_string(),
    });
    if !person.hidden {
        update["wa_id"] = json!(wa_id);
    }
    change(number, "user_id_update", vec![profile(person)], "user_id_update", json!([update]))
}

fn profile(person: &Person) -> Value {
    let mut profile = json!({"profile": {"name": person.name}, "user_id": person.user_id});
    if let Some(username) = &person.username {
        profile["profile"]["username"] = json!(format!("@{username}"));
    }
    if !person.hidden {
        profile["wa_id"] = json!(person.wa_id);
    }
    profile
}

fn change(number: &Number, field: &'static str, contacts: Vec<Value>, list: &str, items: Value) -> Change {
    let metadata = Metadata { display_phone_number: &number.display_phone_number, phone_number_id: number.phone_number_id.as_str() };
    let items = Map::from_iter([(list.to_owned(), items)]);
    let value = ChangeValue { messaging_product: "whatsapp", metadata, contacts, items };
    Change { waba_id: number.waba_id.to_string(), field, value: text(&value) }
}

/// One body of several changes, those of one account in one entry, and all else in order.
pub(crate) fn body(changes: &[Change]) -> Vec<u8> {
    let mut entries: Vec<(&str, Vec<String>)> = Vec::new();
    for change in changes {
        let text = format!(r#"{{"value":{},"field":"{}"}}"#, change.value, change.field);
        match entries.iter_mut().find(|(waba_id, _)| *waba_id == change.waba_id) {
            Some((_, texts)) => texts.push(text),
            None => entries.push((&change.waba_id, vec![text])),
        }
    }
    let entries: Vec<String> =
        entries.iter().map(|(waba_id, texts)| format!(r#"{{"id":"{waba_id}","changes":[{}]}}"#, texts.join(","))).collect();
    as_meta_writes(&format!(r#"{{"object":"whatsapp_business_account","entry":[{}]}}"#, entries.join(","))).into_bytes()
}

/// Everything beyond ASCII as `\u00e4`, lower-case hex, and `/` as `\/`: the form that Meta sends and signs.
fn as_meta_writes(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out
}

fn to_value(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("structs of text encode")
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("structs of text encode")
}
