//! One spelling of what may be written in two ways: constants in capitals, languages with an underscore. Takes only what has been accepted.

use serde_json::Value;

pub(super) fn template(given: &Value) -> Value {
    let mut template = given.clone();
    for key in ["category", "parameter_format"] {
        capitals(&mut template, key);
    }
    if let Some(language) = template.get_mut("language")
        && let Some(text) = language.as_str()
    {
        *language = Value::from(text.replace('-', "_"));
    }
    components(&mut template);
    template
}

/// Of a template or of a card.
fn components(holder: &mut Value) {
    for component in elements(holder, "components") {
        capitals(component, "type");
        capitals(component, "format");
        for button in elements(component, "buttons") {
            capitals(button, "type");
            capitals(button, "otp_type");
        }
        elements(component, "cards").for_each(components);
    }
}

fn elements<'v>(holder: &'v mut Value, key: &str) -> impl Iterator<Item = &'v mut Value> {
    holder.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

fn capitals(holder: &mut Value, key: &str) {
    if let Some(value) = holder.get_mut(key)
        && let Some(text) = value.as_str()
    {
        *value = Value::from(text.to_ascii_uppercase());
    }
}
