//! What changes in a message between the request and Meta: one spelling of everything, and names of ours exchanged for Meta's.

use serde_json::{Value, json};

use super::Outbound;
use super::uses::FLOW_PARAMETERS;
use crate::template::is;

impl Outbound {
    /// Exchanges the id of a file wherever it is used.
    pub fn with_media_id(&mut self, from: &str, to: &str) {
        for (_, place) in self.media_places() {
            if let Some(id) = self.json.pointer_mut(&place).and_then(|media| media.get_mut("id"))
                && id.as_str() == Some(from)
            {
                *id = Value::from(to);
            }
        }
    }

    /// Names the Flow as Meta knows it and sets the token it will come back with. Any other message stays as it is.
    pub fn with_flow(&mut self, flow_id: &str, flow_token: &str) {
        if self.flow().is_some()
            && let Some(Value::Object(parameters)) = self.json.pointer_mut(FLOW_PARAMETERS)
        {
            parameters.remove("flow_name");
            parameters.insert("flow_id".to_owned(), Value::from(flow_id));
            parameters.insert("flow_token".to_owned(), Value::from(flow_token));
        }
    }

    /// Sets the token that the Flow behind that button of a template will come back with, also where the message leaves the button as it is.
    /// Any other message stays as it is.
    pub fn with_button_flow(&mut self, index: usize, flow_token: &str) {
        let Some(Value::Object(template)) = self.json.get_mut("template") else { return };
        let Value::Array(components) = template.entry("components").or_insert_with(|| json!([])) else { return };
        let index = index.to_string();
        let is_meant = |component: &&mut Value| is(component, "type", "button") && is(component, "index", &index);
        let action = components.iter_mut().find(is_meant).and_then(|button| button.pointer_mut("/parameters/0/action"));
        if let Some(Value::Object(action)) = action {
            action.insert("flow_token".to_owned(), Value::from(flow_token));
        } else {
            components.push(json!({
                "type": "button",
                "sub_type": "flow",
                "index": index,
                "parameters": [{ "type": "action", "action": { "flow_token": flow_token } }],
            }));
        }
    }
}

/// One spelling of what may be written in two ways. Takes only what has been accepted.
pub(super) fn normalise(message: &mut Value) {
    if let Some(place) = message.get_mut("location") {
        coordinates(place);
    }
    let Some(template) = message.get_mut("template") else { return };
    if let Some(code) = template.pointer_mut("/language/code")
        && let Some(text) = code.as_str()
    {
        *code = Value::from(text.replace('-', "_"));
    }
    if let Some(list) = template.get_mut("components") {
        components(list);
    }
}

fn components(list: &mut Value) {
    for component in elements(list) {
        if let Some(index) = component.get_mut("index")
            && let Some(number) = index.as_u64()
        {
            *index = Value::from(number.to_string());
        }
        if let Some(list) = component.get_mut("parameters") {
            elements(list).filter_map(|parameter| parameter.get_mut("location")).for_each(coordinates);
        }
        if let Some(cards) = component.get_mut("cards") {
            elements(cards).filter_map(|card| card.get_mut("components")).for_each(components);
        }
    }
}

fn elements(list: &mut Value) -> impl Iterator<Item = &mut Value> {
    list.as_array_mut().into_iter().flatten()
}

fn coordinates(place: &mut Value) {
    for key in ["latitude", "longitude"] {
        if let Some(coordinate) = place.get_mut(key)
            && let Some(number) = coordinate.as_str().and_then(|text| text.parse::<f64>().ok())
        {
            *coordinate = Value::from(number);
        }
    }
}
