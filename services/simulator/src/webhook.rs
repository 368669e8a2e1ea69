//! The bodies of webhooks, spelled as Meta spells them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use whatsapp::{Bsuid, WaId, Wamid};

use crate::content::Content;
use crate::number::Number;
use crate::person::Person;

/// What a phone that calls offers to talk with (RFC 8866): no audio at all, for nobody answers.
const OFFER: &str = "v=0\r\no=- 4611 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

/// One change of a body, before it is put into one.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) waba_id: String,
    pub(crate) field: &'static str,
    /// JSON text.
    pub(crate) value: String,
    /// Of the entry: Unix seconds, for what is about an account.
    pub(crate) time: Option<i64>,
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

/// Field `calls`: a person calls, and it rings; or it is over, because nobody answered.
pub(crate) fn call(number: &Number, person: &Person, wacid: &Wamid, over: bool, at: DateTime<Utc>) -> Change {
    let mut call = json!({
        "id": wacid, "from_user_id": person.user_id, "to": number.display_phone_number, "timestamp": at.timestamp().to_string(),
        "direction": "USER_INITIATED",
    });
    if !person.hidden {
        call["from"] = json!(person.wa_id);
    }
    if over {
        (call["event"], call["status"]) = (json!("terminate"), json!("FAILED"));
    } else {
        (call["event"], call["session"]) = (json!("connect"), json!({"sdp_type": "offer", "sdp": OFFER}));
    }
    change(number, "calls", vec![profile(person)], "calls", json!([call]))
}

/// What becomes of a message of the business.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Status<'a> {
    pub(crate) name: &'a str,
    /// What the business gave with the message.
    pub(crate) opaque: Option<&'a str>,
    /// Code and title; makes it a failure.
    pub(crate) error: Option<(i64, &'a str)>,
    /// Of the price; `service` if it is not known.
    pub(crate) category: Option<&'a str>,
}

/// The webhook of a status. No profile beside a failure, as Meta does it.
pub(crate) fn status(number: &Number, person: &Person, wamid: &Wamid, status: Status<'_>, at: DateTime<Utc>) -> Change {
    let contacts = if status.name == "failed" { Vec::new() } else { vec![profile(person)] };
    change(number, "messages", contacts, "statuses", json!([status_object(person, wamid, status, at)]))
}

fn status_object(person: &Person, wamid: &Wamid, status: Status<'_>, at: DateTime<Utc>) -> Value {
    let Status { name, opaque, error, category } = status;
    let mut object = json!({"id": wamid, "status": name, "timestamp": at.timestamp().to_string(), "recipient_user_id": person.user_id});
    if !person.hidden {
        object["recipient_id"] = json!(person.wa_id);
    }
    if let Some(opaque) = opaque {
        object["biz_opaque_callback_data"] = json!(opaque);
    }
    if name == "sent" || name == "delivered" {
        let category = category.unwrap_or("service");
        let (billable, kind) = if category == "service" { (false, "free_customer_service") } else { (true, "regular") };
        object["pricing"] = json!({"billable": billable, "pricing_model": "PMP", "category": category, "type": kind});
    }
    if let Some((code, title)) = error {
        object["errors"] = json!([{"code": code, "title": title, "message": title, "error_data": {"details": title}}]);
    }
    object
}

/// Field `user_preferences`: the person wants marketing from this business no more, or again.
pub(crate) fn user_preference(number: &Number, person: &Person, stop: bool, at: DateTime<Utc>) -> Change {
    let (detail, value) = match stop {
        true => ("User requested to stop marketing messages", "stop"),
        false => ("User requested to resume marketing messages", "resume"),
    };
    let mut preference = json!({
        "user_id": person.user_id, "detail": detail, "category": "marketing_messages", "value": value, "timestamp": at.timestamp(),
    });
    if !person.hidden {
        preference["wa_id"] = json!(person.wa_id);
    }
    change(number, "user_preferences", vec![profile(person)], "user_preferences", json!([preference]))
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
    Change { waba_id: number.waba_id.to_string(), field, value: text(&value), time: None }
}

/// One body of several changes, those of one account in one entry, and all else in order.
pub(crate) fn body(changes: &[Change]) -> Vec<u8> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for change in changes {
        let text = format!(r#"{{"value":{},"field":"{}"}}"#, change.value, change.field);
        match entries.iter_mut().find(|entry| entry.waba_id == change.waba_id && entry.time == change.time) {
            Some(entry) => entry.changes.push(text),
            None => entries.push(Entry { waba_id: &change.waba_id, time: change.time, changes: vec![text] }),
        }
    }
    let entries: Vec<String> = entries.iter().map(Entry::text).collect();
    as_meta_writes(&format!(r#"{{"object":"whatsapp_business_account","entry":[{}]}}"#, entries.join(","))).into_bytes()
}

/// What is about one account.
struct Entry<'a> {
    waba_id: &'a str,
    time: Option<i64>,
    /// JSON texts.
    changes: Vec<String>,
}

impl Entry<'_> {
    fn text(&self) -> String {
        let time = self.time.map(|time| format!(r#""time":{time},"#)).unwrap_or_default();
        format!(r#"{{"id":"{}",{time}"changes":[{}]}}"#, self.waba_id, self.changes.join(","))
    }
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
