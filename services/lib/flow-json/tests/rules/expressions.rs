//! References and expressions in properties.

use serde_json::{Value, json};

use super::{refused, taken, with_data};

const DYNAMIC: &str = "INVALID_SCREEN_DYNAMIC_DATA";

fn heading(text: &str) -> Value {
    with_data(json!({"type": "TextHeading", "text": text}))
}

fn condition(text: &str) -> Value {
    with_data(json!({"type": "If", "condition": text, "then": [{"type": "TextHeading", "text": "x"}]}))
}

#[test]
fn a_reference_stands_for_something_of_the_right_type() {
    for text in ["${data.text}", "${data.object.inner}", "${form.full_name}", "`'a ' ${data.number}`", "`${data.text} + 'b'`"] {
        taken(&heading(text));
    }
    for (text, code, says) in [
        ("${data.none}", DYNAMIC, "Missing dynamic data '${data.none}' in the screen data model."),
        ("${data.object.none}", DYNAMIC, "Missing dynamic data"),
        ("${data.number}", DYNAMIC, "Expected '${data.number}' to be of type 'string'."),
        ("${data.texts}", DYNAMIC, "to be of type 'string'"),
        ("${form.none}", DYNAMIC, "Missing Form component ${form.none} for screen 'DETAILS'."),
        ("${screen.NONE.data.x}", DYNAMIC, "screen 'NONE' is missing in the Flow JSON"),
        ("${screen.DETAILS.data.text}", DYNAMIC, "represents current screen"),
        ("${screen.CONFIRM.form.none}", DYNAMIC, "on screen CONFIRM does not exist, but is used on screen DETAILS"),
        ("Hello ${data.text}", "PATTERN_MISMATCH", "should be of type 'string' or have dynamic data format"),
        ("`${data.text} - 1`", "INVALID_PROPERTY_VALUE", "arithmetic"),
        ("`${data.number} > 1`", DYNAMIC, "of type 'string'"),
        ("`'a`", "INVALID_PROPERTY_VALUE", "Missing closing quote"),
        ("``", "INVALID_PROPERTY_VALUE", "at least one operand"),
    ] {
        refused(&heading(text), &[(code, says)]);
    }
    taken(&heading("${screen.CONFIRM.data.full_name}"));
    refused(&heading("${screen.CONFIRM.form.agree}"), &[(DYNAMIC, "of type 'string'")]);
    let list = |source: &str| with_data(json!({"type": "Dropdown", "name": "i", "label": "x", "data-source": source}));
    taken(&list("${data.options}"));
    refused(&list("${data.untitled}"), &[(DYNAMIC, "Data model schema is invalid for '${data.untitled}'. Missing schema for title.")]);
    refused(&list("${data.text}"), &[(DYNAMIC, "of type 'array'")]);
    refused(&list("${data.texts}"), &[(DYNAMIC, "of type 'array'")]);
    refused(&list("A, B"), &[("INVALID_PROPERTY_TYPE", "array")]);
}

#[test]
fn a_condition_is_a_boolean_that_can_change() {
    for text in
        ["${data.bool}", "`${data.bool}`", "${data.text} == 'a' && !(${data.number} > 1 || ${data.bool})", "${form.full_name} != ''"]
    {
        taken(&condition(text));
    }
    let value = "INVALID_PROPERTY_VALUE";
    for (text, says) in [
        (" ", "Expected property 'condition' to contain at least one operand."),
        ("( )", "Found invalid empty parentheses at column 1."),
        ("573 == 376", "literals on both sides"),
        ("))${data.bool}((", "Missing opening parenthesis"),
        ("((${data.text}))", "Expected single operand to be a boolean."),
        ("true", "The only operand is a literal value."),
        ("${data.bool} ) -a", "Invalid literal 'a'."),
        ("${data.text} == 1", "Type mismatch in an equality operation"),
        ("${data.bool} ${data.bool}", "Missing operator between"),
    ] {
        refused(&condition(text), &[(value, says)]);
    }
    refused(&condition("${data.none} == 1"), &[(DYNAMIC, "Missing dynamic data")]);
}
