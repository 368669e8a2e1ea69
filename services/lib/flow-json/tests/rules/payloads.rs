//! Actions and what they carry.

use serde_json::{Value, json};

use super::{base, refused, set, taken, with_component, with_data, with_endpoint};

const CLICK: &str = "INVALID_ON_CLICK_ACTION_PAYLOAD";
const NAVIGATE: &str = "INVALID_NAVIGATE_ACTION_PAYLOAD";
const PAYLOAD: &str = "/screens/0/layout/children/2/on-click-action/payload";
const LAST: &str = "/screens/1/layout/children/2/on-click-action/payload";

#[test]
fn a_payload_has_the_fields_and_types_of_the_next_screen() {
    let with = |payload: Value| set(base(), PAYLOAD, payload);
    taken(&with(json!({"full_name": "Ana", "topics": ["a"]})));
    taken(&with(json!({"full_name": "`'Ms ' ${form.full_name}`", "topics": ["${form.full_name}"]})));
    for (payload, code, says) in [
        (json!({"full_name": "x"}), NAVIGATE, "expected in the next screen's data model but missing in payload: [topics]."),
        (json!({"full_name": "x", "topics": [], "b": 1, "a": 2}), NAVIGATE, "are missing in the next screen's data model: [a, b]."),
        (
            json!({"full_name": 1, "topics": []}),
            NAVIGATE,
            "Schema of payload data at 'full_name' on screen 'DETAILS' is not matching with schema of data model field on screen 'CONFIRM'. Property is expecting 'string' but got 'number'.",
        ),
        (
            json!({"full_name": "${form.topics}", "topics": []}),
            NAVIGATE,
            "Schema of dynamic data '${form.topics}' is not matching schema of data model field 'full_name' on screen 'CONFIRM'. Property is expecting 'string' but got 'array'.",
        ),
        (json!({"full_name": "Hello ${form.full_name}", "topics": []}), CLICK, "Invalid value found for the property 'full_name'."),
        (
            json!({"full_name": "${data.none}", "topics": []}),
            CLICK,
            "Missing dynamic data '${data.none}' in the data model for screen DETAILS.",
        ),
        (json!("x"), "INVALID_PROPERTY_TYPE", "object, but found string"),
    ] {
        refused(&with(payload), &[(code, says)]);
    }
    let without_model = set(base(), "/screens/1/data", Value::Null);
    let without_model = set(without_model, "/screens/1/layout/children/0/text", json!("x"));
    let without_model = set(without_model, LAST, json!({}));
    refused(&without_model, &[(NAVIGATE, "No data model is defined in the next screen 'CONFIRM'.")]);
    taken(&set(without_model, PAYLOAD, json!({})));
}

#[test]
fn null_is_nowhere() {
    let text = serde_json::to_string(&base()).unwrap();
    let report = flow_json::check(text.replace("\"${form.agree}\"", "null").as_bytes());
    assert_eq!(report.errors[0].error, "INVALID_PROPERTY_TYPE");
    let report = flow_json::check(text.replace("\"Full name\"", "null").as_bytes());
    assert_eq!(report.errors[0].error, "INVALID_PROPERTY_TYPE");
    // Also where a value of any type is taken, and among others.
    let options = json!([{"id": "a", "title": "A"}]);
    for component in [
        json!({"type": "TextInput", "name": "i", "label": "x", "init-value": null}),
        json!({"type": "Dropdown", "name": "i", "label": "x", "data-source": options, "init-value": null}),
        json!({"type": "CheckboxGroup", "name": "i", "label": "x", "data-source": options, "init-value": ["a", null]}),
    ] {
        refused(&with_component(component), &[("INVALID_PROPERTY_TYPE", "but found null.")]);
    }
    let example = json!({"x": {"type": "array", "items": true, "__example__": [1, null]}});
    refused(&set(base(), "/screens/0/data", example), &[("INVALID_PROPERTY_TYPE", "__example__/1 to be of type")]);
}

#[test]
fn an_action_needs_what_it_needs() {
    let footer = |action: Value| set(base(), "/screens/0/layout/children/2/on-click-action", action);
    let next = json!({"type": "screen", "name": "CONFIRM"});
    let payload = json!({"full_name": "x", "topics": []});
    taken(&footer(json!({"name": "navigate", "next": next, "payload": payload})));
    refused(&footer(json!({"name": "navigate", "next": next})), &[("MISSING_REQUIRED_TYPE_PROPERTY", "'payload'")]);
    refused(
        &footer(json!({"name": "navigate", "next": {"type": "plugin", "name": "CONFIRM"}, "payload": payload})),
        &[("INVALID_ENUM_VALUE", "[screen]")],
    );
    refused(&footer(json!({"name": "navigate", "next": next, "payload": payload, "url": "x"})), &[("INVALID_PROPERTY_KEY", "url")]);
    let target = |name: &str| footer(json!({"name": "navigate", "next": {"type": "screen", "name": name}, "payload": {}}));
    let name = "INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME";
    let lone = ("INVALID_ROUTING_MODEL", "not connected to any of the screens: (DETAILS, CONFIRM)");
    refused(&target("DETAILS"), &[lone, (name, "Same screen navigation is not allowed. Loop detected at [DETAILS].")]);
    refused(&target("NONE"), &[lone, (name, "Unknown screen ids found: [NONE].")]);
    let by_link = json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"name": "navigate", "next": next, "payload": payload}});
    let linked =
        set(with_component(by_link), "/screens/0/layout/children/3/on-click-action", json!({"name": "open_url", "url": "https://a.b"}));
    refused(&linked, &[("INVALID_ENUM_VALUE", "[complete, data_exchange, navigate]")]);
}

#[test]
fn update_data_changes_what_the_screen_has() {
    let with = |payload: Value| {
        with_data(json!({"type": "OptIn", "name": "o", "label": "x", "on-select-action": {"name": "update_data", "payload": payload}}))
    };
    taken(&with(json!({"text": "${data.object.inner}", "bool": true})));
    let code = "INVALID_ACTION_PAYLOAD_PROPERTY";
    refused(&with(json!({"none": 1})), &[(code, "property none does not exist in the screen data model")]);
    refused(&with(json!({"text": "`${data.none}`"})), &[(code, "${data.none} does not exist")]);
    refused(&with(json!({"text": 1})), &[(code, "expecting 'string' but got 'number'")]);
}

#[test]
fn files_travel_whole_and_at_the_top() {
    let picker = |max: Value| json!({"type": "PhotoPicker", "name": "photo", "label": "x", "max-uploaded-photos": max});
    let last = |picker: Value, payload: Value| set(set(base(), "/screens/1/layout/children/1", picker), LAST, payload);
    taken(&last(picker(json!(1)), json!({"p": "${form.photo}"})));
    refused(&last(picker(json!(2)), json!({"p": "${form.photo}"})), &[(CLICK, "doesn't exceed 1. Default value is 30.")]);
    refused(&last(picker(json!(1)), json!({"p": {"q": "${form.photo}"}})), &[(CLICK, "must be a top-level string")]);
    refused(
        &last(picker(json!(1)), json!({"p": "`'x' ${form.photo}`"})),
        &[(CLICK, "cannot be concatenated"), (CLICK, "must be a top-level string")],
    );
    let document = json!({"type": "DocumentPicker", "name": "document", "label": "x", "max-uploaded-documents": 1});
    let both = last(document, json!({"p": "${form.document}", "q": "${screen.DETAILS.form.photo}"}));
    let both = set(both, "/screens/0/layout/children/-", picker(json!(1)));
    refused(&both, &[(CLICK, "can contain either a single PhotoPicker or a single DocumentPicker component.")]);
    let across = set(base(), "/screens/0/layout/children/0/name", json!("full_name"));
    let across = set(across, "/screens/0/layout/children/-", picker(json!(1)));
    let passed = set(across, PAYLOAD, json!({"full_name": "x", "topics": "${form.photo}"}));
    refused(&passed, &[(CLICK, "The PhotoPicker component's value is not allowed in the payload of the navigate action.")]);
    let form = json!({"type": "Form", "name": "f", "children": [{"type": "OptIn", "name": "agree", "label": "x"}]});
    refused(
        &set(set(base(), "/screens/1/layout/children/1", form), LAST, json!({"f": "${form.f}"})),
        &[(CLICK, "Value of 'Form' component cannot be used in form binding.")],
    );
}

#[test]
fn a_server_is_asked_only_where_there_is_one() {
    let exchange = json!({"name": "data_exchange", "payload": {}});
    taken(&set(with_endpoint(), "/screens/0/layout/children/0/on-select-action", exchange));
    let missing = "MISSING_REQUIRED_PROPERTY";
    refused(
        &set(with_endpoint(), "/routing_model", Value::Null),
        &[(missing, "The property 'routing_model' is required for property 'data_api_version'.")],
    );
    taken(&set(with_endpoint(), "/data_api_version", json!("4.0")));
    refused(
        &set(with_endpoint(), "/data_api_version", json!("2.0")),
        &[("NO_SUPPORTED_DATA_API_VERSION", "No supported Data API version")],
    );
    refused(
        &set(base(), "/routing_model", json!({"DETAILS": ["CONFIRM"], "CONFIRM": []})),
        &[(missing, "'data_api_version' is required for property 'routing_model'")],
    );
    refused(&set(base(), "/screens/0/refresh_on_back", json!(true)), &[("INVALID_PROPERTY_VALUE", "'refresh_on_back' can be true only")]);
    refused(&set(base(), "/data_channel_uri", json!("https://a.b")), &[("INVALID_PROPERTY_KEY", "no longer supported")]);
}
