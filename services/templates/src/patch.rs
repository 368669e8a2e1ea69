//! Puts the texts that a webhook reports into a template's definition. Everything else in a component stays as it is.

use serde_json::{Map, Value, json};

use crate::report::Texts;

/// The definition with other texts.
pub(crate) fn patched(definition: &Value, texts: &Texts) -> Value {
    let mut definition = definition.clone();
    let Some(object) = definition.as_object_mut() else { return definition };
    let components = object.entry("components").or_insert_with(|| json!([]));
    let Some(components) = components.as_array_mut() else { return definition };
    for (kind, text) in [("HEADER", &texts.header), ("BODY", &texts.body), ("FOOTER", &texts.footer)] {
        let Some(text) = text else { continue };
        let component = component(components, kind);
        if kind == "HEADER" {
            component.entry("format").or_insert_with(|| json!("TEXT"));
        }
        component.insert("text".to_owned(), json!(text));
    }
    if let Some(buttons) = &texts.buttons {
        let component = component(components, "BUTTONS");
        let before = component.get("buttons").and_then(Value::as_array).cloned().unwrap_or_default();
        let after = buttons.iter().enumerate().map(|(index, button)| overlaid(before.get(index), button)).collect();
        component.insert("buttons".to_owned(), Value::Array(after));
    }
    definition
}

/// The component of that kind; a new one at the end if there is none.
fn component<'c>(components: &'c mut Vec<Value>, kind: &str) -> &'c mut Map<String, Value> {
    let found = components.iter().position(|component| component.is_object() && component["type"] == kind);
    let index = found.unwrap_or_else(|| {
        components.push(json!({ "type": kind }));
        components.len() - 1
    });
    components[index].as_object_mut().expect("it was looked for as an object")
}

/// A button of the same kind keeps what the webhook does not tell.
fn overlaid(before: Option<&Value>, button: &Map<String, Value>) -> Value {
    let mut after = match before {
        Some(Value::Object(before)) if before.get("type") == button.get("type") => before.clone(),
        Some(_) | None => Map::new(),
    };
    after.extend(button.clone());
    Value::Object(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_replace_texts_and_the_rest_stays() {
        let held = json!({"name": "a", "components": [
            {"type": "BODY", "text": "Hi {{1}}", "example": {"body_text": [["Ana"]]}},
            {"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Book", "flow_id": "7"}, {"type": "QUICK_REPLY", "text": "No"}]}]});
        let button = |kind: &str, text: &str| Map::from_iter([("type".to_owned(), json!(kind)), ("text".to_owned(), json!(text))]);
        let texts = Texts {
            header: Some("News".into()),
            body: Some("Hello {{1}}".into()),
            footer: None,
            buttons: Some(vec![button("FLOW", "Book now"), button("URL", "See")]),
        };
        assert_eq!(
            patched(&held, &texts),
            json!({"name": "a", "components": [
                {"type": "BODY", "text": "Hello {{1}}", "example": {"body_text": [["Ana"]]}},
                {"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Book now", "flow_id": "7"}, {"type": "URL", "text": "See"}]},
                {"type": "HEADER", "format": "TEXT", "text": "News"}]})
        );
        assert_eq!(patched(&held, &Texts::default()), held);
        assert_eq!(patched(&json!({"components": 5}), &texts), json!({"components": 5}), "what is none stays");
        assert_eq!(
            patched(&json!({"components": [7]}), &Texts { body: Some("x".into()), ..Texts::default() })["components"][1]["text"],
            "x"
        );
    }
}
