//! What a message offers or asks for beside replies, rows and links: products, an address, a call, the person's own card.

use serde_json::Value;

use super::Choice;
use super::choices::{choice, list};
use crate::saying::address_line;

/// What opens a list of products.
pub(super) const VIEW_ITEMS: &str = "View items";

/// Of an interactive message, by its type.
pub(super) fn of(interactive: &Value) -> Vec<Choice> {
    let action = &interactive["action"];
    let parameters = &action["parameters"];
    match interactive["type"].as_str().unwrap_or_default() {
        "product" => {
            let id = &action["product_retailer_id"];
            vec![choice("order", id, &Value::from(format!("Order {}", id.as_str().unwrap_or_default())))]
        }
        "product_list" => products(&action["sections"]),
        "catalog_message" => vec![choice("order", &parameters["thumbnail_product_retailer_id"], &Value::from("View catalog"))],
        "address_message" => addresses(parameters),
        "call_permission_request" => permissions(),
        "voice_call" => vec![call(&parameters["display_text"])],
        "request_contact_info" => vec![own_card(&Value::Null)],
        _ => Vec::new(),
    }
}

/// What the phone shows where the business need not write anything.
pub(super) fn text(interactive: &Value) -> Option<String> {
    match interactive["type"].as_str().unwrap_or_default() {
        "product" => interactive["action"]["product_retailer_id"].as_str().map(str::to_owned),
        "call_permission_request" => Some("May this business call you?".to_owned()),
        _ => None,
    }
}

pub(super) fn products(sections: &Value) -> Vec<Choice> {
    let mut found = Vec::new();
    for section in list(sections) {
        let title = section["title"].as_str();
        found.extend(list(&section["product_items"]).iter().map(|item| {
            let id = &item["product_retailer_id"];
            Choice { section: title.map(str::to_owned), ..choice("order", id, id) }
        }));
    }
    found
}

pub(super) fn permissions() -> Vec<Choice> {
    let answers = [("accept", "Always allow"), ("reject", "Don't allow")];
    answers.map(|(id, title)| choice("call_permission_reply", &Value::from(id), &Value::from(title))).into()
}

pub(super) fn call(title: &Value) -> Choice {
    choice("call", &Value::Null, &named(title, "Call now"))
}

pub(super) fn own_card(title: &Value) -> Choice {
    choice("contacts", &Value::Null, &named(title, "Share contact info"))
}

/// Those that the business knows, and another one.
fn addresses(parameters: &Value) -> Vec<Choice> {
    let saved = list(&parameters["saved_addresses"]).iter();
    let mut found: Vec<Choice> =
        saved.map(|address| choice("address", &address["id"], &Value::from(address_line(&address["value"])))).collect();
    found.push(choice("address", &Value::Null, &Value::from("Provide address")));
    found
}

fn named(title: &Value, otherwise: &str) -> Value {
    if title.is_string() { title.clone() } else { Value::from(otherwise) }
}
