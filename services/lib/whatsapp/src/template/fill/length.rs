//! How long a text of a template is once it is filled.

use serde_json::Value;

use crate::template::variables::filled_length;

/// Where a parameter holds its text; of money and dates what is shown where a phone cannot write them.
const TEXTS: [&str; 3] = ["/text", "/currency/fallback_value", "/date_time/fallback_value"];

/// In characters. A variable without a parameter has none.
pub(super) fn filled(text: &str, parameters: &[Value]) -> usize {
    filled_length(text, |name| parameter(name, parameters).and_then(text_of).map_or(0, |text| text.chars().count()))
}

/// What is given for a variable: by its place, or by its name.
fn parameter<'p>(name: &str, parameters: &'p [Value]) -> Option<&'p Value> {
    match name.parse::<usize>() {
        Ok(position) => parameters.get(position.checked_sub(1)?),
        Err(_) => parameters.iter().find(|parameter| parameter.get("parameter_name").and_then(Value::as_str) == Some(name)),
    }
}

fn text_of(parameter: &Value) -> Option<&str> {
    TEXTS.iter().find_map(|place| parameter.pointer(place)?.as_str())
}
