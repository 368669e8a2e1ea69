//! Bodies as Meta would send them: the published samples, and small ones made for a test.

use std::path::PathBuf;

use serde_json::{Value, json};

/// Every sample, by file name, byte for byte.
pub fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/meta/webhooks");
    let mut samples: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
        .expect("the samples are in schemas/meta/webhooks")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read(&path).expect("a readable sample")))
        .collect();
    samples.sort();
    assert!(samples.len() > 100, "only {} samples in {}", samples.len(), folder.display());
    samples
}

/// A text message.
pub fn text(number: &str, from: &str, wamid: &str, second: i64, body: &str) -> Vec<u8> {
    let message = json!({ "from": from, "id": wamid, "timestamp": second.to_string(), "type": "text", "text": { "body": body } });
    change(number, json!({ "contacts": [{ "profile": { "name": format!("Person {from}") }, "wa_id": from }], "messages": [message] }))
}

/// A text message of about 1 kB with everything that Meta's own sample of one has.
pub fn long_text(number: &str, from: &str, wamid: &str, second: i64) -> Vec<u8> {
    const WORDS: &str = "Hi! Do you have a table for two tonight? We would be there at eight, by the window if that is possible. ";
    let user_id = format!("US.{from}00000");
    let body = WORDS.repeat(4);
    let message = json!({
        "from": from, "from_user_id": user_id, "id": wamid, "timestamp": second.to_string(), "type": "text", "text": { "body": body }
    });
    let contact = json!({ "profile": { "name": format!("Person {from}") }, "wa_id": from, "user_id": user_id });
    change(number, json!({ "contacts": [contact], "messages": [message] }))
}

/// A status of an outbound message.
pub fn status(number: &str, to: &str, wamid: &str, status: &str, second: i64) -> Vec<u8> {
    let mut item = json!({ "id": wamid, "status": status, "timestamp": second.to_string(), "recipient_id": to });
    if status == "failed" {
        item["errors"] = json!([{ "code": 131_026, "title": "Message undeliverable" }]);
    }
    change(number, json!({ "statuses": [item] }))
}

/// A message that the business typed in its app.
pub fn echo(number: &str, to: &str, wamid: &str, second: i64, body: &str) -> Vec<u8> {
    let message =
        json!({ "from": "15550100234", "to": to, "id": wamid, "timestamp": second.to_string(), "type": "text", "text": { "body": body } });
    field(number, "smb_message_echoes", json!({ "message_echoes": [message] }))
}

/// A change of field `messages`.
pub fn change(number: &str, value: Value) -> Vec<u8> {
    field(number, "messages", value)
}

/// A change of any field.
pub fn field(number: &str, field: &str, mut value: Value) -> Vec<u8> {
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({ "display_phone_number": "15550100234", "phone_number_id": number });
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "104857392016384", "changes": [{ "value": value, "field": field }] }] });
    body.to_string().into_bytes()
}

/// Several bodies as one, as Meta sends what gathered: their entries one after another.
pub fn together(bodies: &[Vec<u8>]) -> Vec<u8> {
    let entries: Vec<Value> = bodies
        .iter()
        .flat_map(|body| {
            let mut body: Value = serde_json::from_slice(body).expect("a body");
            body["entry"].as_array_mut().map(std::mem::take).expect("entries")
        })
        .collect();
    json!({ "object": "whatsapp_business_account", "entry": entries }).to_string().into_bytes()
}

/// JSON as Meta writes it: everything beyond ASCII escaped.
pub fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    escaped
}
