//! The button of a template behind which there is a Flow.

use serde_json::Value;

use super::is;

/// Where it is, and the Flow as the template names it: by exactly one of the two, unless the template brought a document of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowButton<'a> {
    /// Among the template's buttons, from 0.
    pub index: usize,
    pub flow_id: Option<&'a str>,
    pub flow_name: Option<&'a str>,
}

/// A template has one at most. `components` is what Meta has under that name.
pub fn flow_button(components: &Value) -> Option<FlowButton<'_>> {
    let buttons = components.as_array()?.iter().find(|component| is(component, "type", "BUTTONS"))?.get("buttons")?.as_array()?;
    let (index, button) = buttons.iter().enumerate().find(|(_, button)| is(button, "type", "FLOW"))?;
    let text = |key: &str| button.get(key).and_then(Value::as_str);
    Some(FlowButton { index, flow_id: text("flow_id"), flow_name: text("flow_name") })
}
