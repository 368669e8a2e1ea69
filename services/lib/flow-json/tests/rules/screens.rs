//! Screens, their data, and what ends a Flow.

use serde_json::{Value, json};

use super::{base, refused, set, taken};

const DATA: &str = "INVALID_SCREEN_DATA";

#[test]
fn a_screen_has_what_it_needs_and_nothing_else() {
    let missing = "MISSING_REQUIRED_TYPE_PROPERTY";
    refused(&set(base(), "/screens/0/title", Value::Null), &[(missing, "'title'")]);
    refused(&set(base(), "/screens/0/layout/type", Value::Null), &[(missing, "'type'")]);
    // Of these more follows than that.
    for (pointer, property) in [("/screens/0/id", "'id'"), ("/screens/1/layout", "'layout'"), ("/screens/0/layout/children", "'children'")]
    {
        let report = super::judge(&set(base(), pointer, Value::Null));
        assert!(report.errors.iter().any(|error| error.error == missing && error.message.contains(property)), "{property}: {report:#?}");
    }
    refused(&set(base(), "/screens/0/title", json!(" ")), &[("PATTERN_MISMATCH", "Property title should not be blank")]);
    refused(&set(base(), "/screens/0/sensitive", json!(["full_name", 1])), &[("INVALID_PROPERTY_TYPE", "string, but found number")]);
    refused(&set(base(), "/screens/0/sensitive", json!("full_name")), &[("INVALID_PROPERTY_TYPE", "array, but found string")]);
    refused(&set(base(), "/screens/0/layout/type", json!("Grid")), &[("INVALID_PROPERTY_VALUE", "type at $root/screens/0/layout.")]);
    refused(
        &set(base(), "/screens/0/color", json!("x")),
        &[("INVALID_PROPERTY_KEY", "Property color cannot be specified at $root/screens/0.")],
    );
    refused(&set(base(), "/name", json!("x")), &[("INVALID_PROPERTY_KEY", "Property name cannot be specified at $root.")]);
    refused(
        &set(base(), "/screens/1/terminal", json!("true")),
        &[
            ("MISSING_TERMINAL_SCREEN", ""),
            ("INVALID_COMPLETE_ACTION", ""),
            ("NOT_KEYWORD_SCHEMA_VALIDATION_FAILED", ""),
            ("INVALID_PROPERTY_TYPE", "boolean"),
        ],
    );
    refused(&set(base(), "/screens", json!([])), &[("MIN_ITEMS_REQUIRED", "Property 'screens' should have at least '1' items.")]);
    refused(&set(base(), "/screens", Value::Null), &[(missing, "'screens'")]);
    refused(&set(base(), "/screens/0/id", json!("")), &[("MIN_CHARS_REQUIRED", "'id'")]);
    taken(&set(base(), "/screens/0/sensitive", json!(["full_name"])));
    for not_object in [json!([]), json!(1), json!("x"), json!(null)] {
        refused(&not_object, &[("INVALID_PROPERTY_TYPE", "object")]);
    }
}

#[test]
fn a_data_model_is_a_schema_with_examples() {
    let with = |definition: Value| set(base(), "/screens/0/data", json!({"x": definition}));
    for definition in [
        json!({"type": "integer", "__example__": 3}),
        json!({"type": "array", "items": true, "__example__": [1, "a"]}),
        json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}}}, "__example__": {"a": [1]}}),
    ] {
        taken(&with(definition));
    }
    for (definition, says) in [
        (json!({"__example__": 1}), "Missing the definition of property 'type'."),
        (json!({"type": 123, "__example__": 1}), "Expected the property 'type' to be of type string."),
        (json!({"type": "text", "__example__": "x"}), "Type 'text' is not one of"),
        (json!({"type": "array", "__example__": []}), "Missing the schema for property 'items' in array."),
        (json!({"type": "array", "items": "string", "__example__": []}), "Expected the property 'items' to be of type boolean or object."),
        (json!({"type": "object", "__example__": {}}), "Missing the schema for property 'properties' in object."),
        (json!({"type": "string"}), "Missing the definition of property '__example__'."),
        (json!({"type": "number", "__example__": "123"}), "Expected property '__example__' to be of type number, but found string."),
        (json!({"type": "array", "items": {"type": "string"}, "__example__": ["a", 1]}), "of type string, but found number"),
        (
            json!({"type": "array", "items": {"type": "string", "__example__": "x"}, "__example__": []}),
            "allowed only as a top level property",
        ),
        (
            json!({"type": "object", "properties": {"n": {"type": "number"}, "__example__": {"n": 1}}, "__example__": {"n": 1}}),
            "Invalid entry: '$root/screens/0/data/x/properties/__example__'",
        ),
    ] {
        refused(&with(definition), &[(DATA, says)]);
    }
    refused(&with(json!("string")), &[("INVALID_PROPERTY_TYPE", "object")]);
}

#[test]
fn a_flow_ends_on_a_terminal_screen_with_a_footer() {
    refused(
        &set(base(), "/screens/1/success", json!(false)),
        &[("INVALID_PROPERTY_VALUE", "At least one terminal screen must have property 'success' set as true.")],
    );
    taken(&set(base(), "/screens/1/success", Value::Null));
    let without_footer = set(base(), "/screens/1/layout/children/2", json!({"type": "TextHeading", "text": "x"}));
    refused(&without_footer, &[("MISSING_FOOTER_ON_TERMINAL_SCREEN", "Footer component is missing on terminal screens: CONFIRM.")]);
}

#[test]
fn names_are_unique_in_all_branches() {
    let branch = json!({"type": "If", "condition": "${form.agree}", "then": [{"type": "TextInput", "name": "agree", "label": "x"}]});
    let duplicate = set(base(), "/screens/1/layout/children/0", branch);
    let report = super::judge(&duplicate);
    assert!(
        report.errors.iter().any(|error| error.error == "DUPLICATE_FORM_COMPONENT_NAMES" && error.message.contains("agree")),
        "{report:#?}"
    );
}

#[test]
fn a_flow_has_a_hundred_screens_at_most() {
    let name = |index: usize| format!("S_{}{}", char::from(b'A' + (index / 26) as u8), char::from(b'A' + (index % 26) as u8));
    let screen = |index: usize, count: usize| {
        let last = index + 1 == count;
        let action = match last {
            true => json!({"name": "complete", "payload": {}}),
            false => json!({"name": "navigate", "next": {"type": "screen", "name": name(index + 1)}, "payload": {}}),
        };
        let layout = json!({"type": "SingleColumnLayout", "children": [{"type": "Footer", "label": "x", "on-click-action": action}]});
        json!({"id": name(index), "title": "x", "terminal": last, "layout": layout})
    };
    let flow = |count: usize| json!({"version": "6.0", "screens": (0..count).map(|index| screen(index, count)).collect::<Value>()});
    taken(&flow(100));
    refused(&flow(101), &[("MAX_SCREENS_NUMBER", "Maximum number of screens allowed per Flow is 100 but found 101.")]);
}
