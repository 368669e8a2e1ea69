//! A form for an address. Meta offers it to businesses and people in India only.

use super::named;
use crate::strict::{Distinct, Object};

const COUNTRY: &str = "IN";
/// Ours: addresses to choose from.
const SAVED_MAX: usize = 20;
const ID_MAX: usize = 256;
/// Ours: one line of an address.
const LINE_MAX: usize = 200;

const FIELDS: [&str; 11] = [
    "name",
    "phone_number",
    "in_pin_code",
    "floor_number",
    "building_name",
    "address",
    "landmark_area",
    "city",
    "state",
    "house_number",
    "tower_number",
];

pub(super) fn check(action: &Object<'_>) {
    named(action, "address_message");
    let Some(parameters) = action.required("parameters").and_then(|parameters| parameters.object()) else { return };
    if let Some(country) = parameters.required("country") {
        country.fixed(COUNTRY);
    }
    for key in ["values", "validation_errors"] {
        if let Some(object) = parameters.optional(key).and_then(|values| values.object()) {
            fields(&object);
        }
    }
    let Some(saved) = parameters.optional("saved_addresses") else { return };
    let mut ids = Distinct::default();
    for address in saved.list("address", 1..=SAVED_MAX) {
        let Some(object) = address.object() else { continue };
        if let Some(id) = object.required("id")
            && let Some(text) = id.id(ID_MAX)
        {
            ids.see(&id, text);
        }
        if let Some(value) = object.required("value").and_then(|value| value.object()) {
            fields(&value);
        }
    }
}

fn fields(object: &Object<'_>) {
    for key in FIELDS {
        if let Some(text) = object.optional(key) {
            text.line(LINE_MAX);
        }
    }
}
