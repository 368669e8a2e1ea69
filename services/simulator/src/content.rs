//! The content of Meta's message for what a person did: the type and the keys that go with it.

use serde_json::{Map, Value, json};

use crate::Saying;
use crate::saying::address_line;
use crate::view::File;

/// What orders are from if nothing else is said.
const CATALOG: &str = "194836987003835";

/// `type` and the keys that go with it, for a message of Meta's.
pub(crate) struct Content {
    pub(crate) type_name: String,
    pub(crate) keys: Map<String, Value>,
    /// The file in it, as a phone shows it.
    pub(crate) file: Option<File>,
}

impl Saying {
    /// The content as Meta would send it; `media` is the object of its file, if it is of one.
    pub(crate) fn content(&self, media: Option<Map<String, Value>>) -> Content {
        let media = media.unwrap_or_default();
        let file = |kind: &str, extra: Value| {
            let id = media.get("id").and_then(Value::as_str).map(str::to_owned);
            let name = extra["filename"].as_str().map(str::to_owned);
            let mut object = media.clone();
            object.extend(present(extra));
            Content { file: Some(File { kind: kind.to_owned(), id, link: None, name }), ..content(kind, Value::Object(object)) }
        };
        match self {
            Self::Text { body } => content("text", json!({"body": body})),
            Self::Image { caption, .. } => file("image", json!({"caption": caption})),
            Self::Video { caption, .. } => file("video", json!({"caption": caption})),
            Self::Audio { file: is_file, .. } => file("audio", json!({"voice": !is_file})),
            Self::Document { filename, caption, .. } => file("document", json!({"filename": filename, "caption": caption})),
            Self::Sticker { animated, .. } => file("sticker", json!({"animated": animated})),
            Self::Location { latitude, longitude, name, address } => {
                content("location", json!({"latitude": latitude, "longitude": longitude, "name": name, "address": address}))
            }
            Self::Contacts { name, phone } => keyed(
                "contacts",
                json!({"contacts": [{
                    "name": {"formatted_name": name, "first_name": name.split(' ').next()},
                    "phones": [{"phone": format!("+{phone}"), "wa_id": phone, "type": "CELL"}]
                }]}),
            ),
            Self::ButtonReply { id, title } => interactive("button_reply", json!({"id": id, "title": title})),
            Self::ListReply { id, title, description } => {
                interactive("list_reply", json!({"id": id, "title": title, "description": description}))
            }
            Self::NfmReply { answers, flow_token } => {
                let mut answers = answers.clone();
                answers["flow_token"] = json!(flow_token.as_deref().unwrap_or("unused"));
                interactive("nfm_reply", json!({"response_json": answers.to_string(), "body": "Sent", "name": "flow"}))
            }
            Self::Address { values, saved } => {
                let response = Value::Object(present(json!({"saved_address_id": saved, "values": values})));
                let reply = json!({"response_json": response.to_string(), "body": address_line(values), "name": "address_message"});
                interactive("nfm_reply", reply)
            }
            Self::CallPermissionReply { reject: true } => {
                interactive("call_permission_reply", json!({"response": "reject", "response_source": "user_action"}))
            }
            Self::CallPermissionReply { reject: false } => {
                interactive("call_permission_reply", json!({"response": "accept", "is_permanent": true, "response_source": "user_action"}))
            }
            Self::Button { payload, text } => content("button", json!({"payload": payload, "text": text})),
            Self::Reaction { message_id, emoji } => content("reaction", json!({"message_id": message_id, "emoji": emoji})),
            Self::Edit { message_id, body } => {
                content("edit", json!({"original_message_id": message_id, "message": {"type": "text", "text": {"body": body}}}))
            }
            Self::Revoke { message_id } => content("revoke", json!({"original_message_id": message_id})),
            Self::Order { product, quantity, price, text, catalog } => content(
                "order",
                json!({
                    "catalog_id": catalog.as_deref().unwrap_or(CATALOG), "text": text,
                    "product_items": [{"product_retailer_id": product, "quantity": quantity, "item_price": price, "currency": "USD"}]
                }),
            ),
            Self::Unsupported { what } => keyed(
                "unsupported",
                json!({
                    "errors": [{"code": 131_051, "title": "Message type unknown", "message": "Message type unknown",
                        "error_data": {"details": "Message type is currently not supported."}}],
                    "unsupported": {"type": what}
                }),
            ),
            Self::Other { name, content: object } => content(name, object.clone()),
        }
    }
}

fn interactive(kind: &str, reply: Value) -> Content {
    content("interactive", json!({"type": kind, kind: present(reply)}))
}

fn content(type_name: &str, object: Value) -> Content {
    keyed(type_name, json!({type_name: present(object)}))
}

fn keyed(type_name: &str, keys: Value) -> Content {
    Content { type_name: type_name.to_owned(), keys: present(keys), file: None }
}

/// The members that are not null: Meta leaves out what is not there.
fn present(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}
