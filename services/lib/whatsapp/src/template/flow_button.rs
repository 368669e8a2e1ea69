//! The button of a template behind which there is a Flow.

use std::borrow::Cow;

use serde_json::Value;

use super::is;

/// Where it is, and the Flow as the template names it: by exactly one of the two, unless the template brought a document of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowButton<'a> {
    /// Among the template's buttons, from 0.
    pub index: usize,
    /// Meta's id of it, also where that is written as a number.
    pub flow_id: Option<Cow<'a, str>>,
    pub flow_name: Option<&'a str>,
}

/// A template has one at most. `components` is what Meta has under that name.
pub fn flow_button(components: &Value) -> Option<FlowButton<'_>> {
    let buttons = components.as_array()?.iter().find(|component| is(component, "type", "BUTTONS"))?.get("buttons")?.as_array()?;
    let (index, button) = buttons.iter().enumerate().find(|(_, button)| is(button, "type", "FLOW"))?;
    let flow_id = match button.get("flow_id") {
        Some(Value::String(id)) => Some(Cow::Borrowed(id.as_str())),
        Some(Value::Number(id)) => Some(Cow::Owned(id.to_string())),
        _absent_or_no_id => None,
    };
    Some(FlowButton { index, flow_id, flow_name: button.get("flow_name").and_then(Value::as_str) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_flow_is_named_by_a_text_a_number_or_its_name() {
        for (key, value, flow_id, flow_name) in [
            ("flow_id", json!("812455391047283"), Some("812455391047283"), None),
            ("flow_id", json!(812_455_391_047_283_u64), Some("812455391047283"), None),
            ("flow_name", json!("Summer booking"), None, Some("Summer booking")),
            ("flow_json", json!("{}"), None, None),
            ("flow_id", json!(null), None, None),
        ] {
            let components = json!([{"type": "BODY", "text": "Hello"}, {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "No"}, {"type": "FLOW", "text": "Book", key: value}]}]);
            let expected = FlowButton { index: 1, flow_id: flow_id.map(Cow::Borrowed), flow_name };
            assert_eq!(flow_button(&components), Some(expected), "{components}");
        }
        assert_eq!(flow_button(&json!([{"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "No"}]}])), None);
    }
}
