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
