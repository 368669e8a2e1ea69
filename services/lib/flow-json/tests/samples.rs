//! Every sample is judged as `schemas/meta/flows/README.md` says: a valid one without a word, an invalid one with its one error and no other.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod documents;

use documents::{read, sample_names};
use flow_json::{Version, check};

/// File, error, message, path, line and columns of the error.
const INVALID: [(&str, &str, &str, &str, [usize; 3]); 20] = [
    (
        "unknown-property",
        "INVALID_PROPERTY_KEY",
        "Property placeholder cannot be specified at TextInput on $root/screens/0/layout/children/0.",
        "screens[0].layout.children[0]",
        [16, 13, 25],
    ),
    ("missing-version", "MISSING_FLOW_JSON_VERSION", "Flow JSON version is not specified.", "", [1, 1, 1]),
    ("version-number", "INVALID_FLOW_JSON_VERSION", "Invalid Flow JSON version.", "version", [2, 14, 21]),
    (
        "screen-id-with-digit",
        "PATTERN_MISMATCH",
        "Property id should only consist of alphabets and underscores.",
        "screens[0].id",
        [5, 13, 23],
    ),
    ("duplicate-screen-id", "DUPLICATE_SCREEN_IDS", "Duplicate screen id found: CONFIRM.", "screens[2].id", [106, 13, 21]),
    (
        "reserved-screen-id",
        "SCREEN_ID_IS_RESERVED_KEYWORD",
        "Screen id cannot be 'success' since it is a reserved keyword.",
        "screens[1].id",
        [58, 13, 21],
    ),
    ("no-terminal-screen", "MISSING_TERMINAL_SCREEN", "Terminal screen is required but not provided.", "screens", [3, 3, 11]),
    (
        "complete-on-non-terminal",
        "INVALID_COMPLETE_ACTION",
        "On-click-action 'complete' can only be configured on a terminal screen.",
        "screens[0].layout.children[3].on-click-action.name",
        [58, 23, 32],
    ),
    (
        "navigate-unknown-screen",
        "INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME",
        "Unknown screen ids found: [NO_SUCH_SCREEN].",
        "screens[1].layout.children[1].on-click-action.next.name",
        [91, 25, 40],
    ),
    (
        "navigate-payload-missing-field",
        "INVALID_NAVIGATE_ACTION_PAYLOAD",
        "Following fields are expected in the next screen's data model but missing in payload: [topics].",
        "screens[0].layout.children[2].on-click-action.payload",
        [48, 15, 23],
    ),
    (
        "form-reference",
        "INVALID_ON_CLICK_ACTION_PAYLOAD",
        "Missing Form component ${form.agreed} for screen 'CONFIRM'.",
        "screens[1].layout.children[2].on-click-action.payload.agree",
        [98, 26, 41],
    ),
    (
        "two-footers",
        "MAX_FOOTER_PER_SCREEN",
        "Maximum number of Footer allowed per screen is 1 but found 2.",
        "screens[1].layout.children",
        [102, 11, 11],
    ),
    (
        "data-exchange-without-endpoint",
        "MISSING_REQUIRED_PROPERTY",
        "The property 'data_api_version' is required for data_exchange action.",
        "screens[1].layout.children[1].on-select-action.name",
        [89, 23, 37],
    ),
    (
        "duplicate-component-name",
        "DUPLICATE_FORM_COMPONENT_NAMES",
        "Duplicate name found for Form components: full_name.",
        "screens[0].layout.children[1].name",
        [19, 21, 31],
    ),
    (
        "footer-caption-pair",
        "INVALID_DEPENDENCIES",
        "Footer should have property right-caption when property left-caption is present.",
        "screens[1].layout.children[2]",
        [101, 13, 26],
    ),
    (
        "input-outside-form",
        "COMPONENTS_OUTSIDE_FORM",
        "Component 'TextInput' is not allowed outside Form when Form component is present.",
        "screens[0].layout.children[0]",
        [10, 11, 11],
    ),
    (
        "blank-text",
        "PATTERN_MISMATCH",
        "Property text should not be blank or empty string.",
        "screens[1].layout.children[0].text",
        [82, 21, 22],
    ),
    (
        "component-from-newer-version",
        "INVALID_PROPERTY_VALUE",
        "Invalid value found for property type at $root/screens/0/layout/children/1.",
        "screens[0].layout.children[1].type",
        [18, 21, 36],
    ),
    (
        "success-on-non-terminal",
        "NOT_KEYWORD_SCHEMA_VALIDATION_FAILED",
        "Property 'success' can only be specified on a terminal screen.",
        "screens[0].success",
        [56, 7, 15],
    ),
    (
        "label-too-long",
        "INVALID_PROPERTY_VALUE",
        "Property label has 35 characters, at most 20 are allowed.",
        "screens[0].layout.children[0].label",
        [13, 22, 58],
    ),
];

#[test]
fn a_valid_document_is_passed_without_a_word() {
    for name in sample_names("valid-") {
        let report = check(read(&name).as_bytes());
        assert!(report.is_valid() && report.notes.is_empty(), "{name}: {report:#?}");
        assert_eq!(report.version, Some(Version::of(6, 0)), "{name}");
    }
}

#[test]
fn an_invalid_document_has_its_one_error_where_it_stands() {
    for (name, error, message, path, [line, column_start, column_end]) in INVALID {
        let report = check(read(&format!("invalid-{name}.json")).as_bytes());
        let [found] = report.errors.as_slice() else { panic!("{name} has one mistake, not {:#?}", report.errors) };
        let pointer = &found.pointers[0];
        assert_eq!((found.error.as_str(), found.message.as_str(), pointer.path.as_str()), (error, message, path), "{name}");
        assert_eq!([found.line_start, found.column_start, found.column_end], [line, column_start, column_end], "{name}");
        assert_eq!([pointer.line_start, pointer.column_start, pointer.column_end], [line, column_start, column_end], "{name}");
        assert!(report.notes.is_empty(), "{name}: {:#?}", report.notes);
    }
}

#[test]
fn neither_other_line_ends_nor_characters_of_many_bytes_move_an_error() {
    let found = |text: &str| -> Vec<_> {
        let errors = check(text.as_bytes()).errors.into_iter();
        errors.map(|error| (error.error, error.line_end, error.column_end, error.pointers)).collect()
    };
    for (name, ..) in INVALID {
        let text = read(&format!("invalid-{name}.json"));
        let as_it_is = found(&text);
        assert_eq!(found(&text.replace('\n', "\r\n")), as_it_is, "{name}");
        // As many characters as before, of more bytes.
        let wide = text.replace("Your details", "\u{178}our d\u{e9}tail\u{1f600}");
        assert!(wide.len() > text.len() && found(&wide) == as_it_is, "{name}: {:?}", found(&wide));
        let tabs = text.replace("  ", "\u{9}\u{9}");
        assert_eq!(found(&tabs), as_it_is, "{name}");
    }
}

#[test]
fn every_sample_is_in_a_table() {
    let mut listed: Vec<String> = INVALID.iter().map(|(name, ..)| format!("invalid-{name}.json")).collect();
    listed.sort();
    assert_eq!(sample_names("invalid-"), listed);
    assert_eq!(sample_names("valid-").len(), 8);
}

#[test]
fn an_error_has_the_shape_that_meta_sends() {
    let report = check(read("invalid-unknown-property.json").as_bytes());
    let json = serde_json::to_value(&report.errors[0]).unwrap();
    let area = |path: Option<&str>| {
        let mut area = serde_json::json!({"line_start": 16, "line_end": 16, "column_start": 13, "column_end": 25});
        area.as_object_mut().unwrap().extend(path.map(|path| ("path".to_owned(), path.into())));
        area
    };
    let mut expected = area(None);
    let message = "Property placeholder cannot be specified at TextInput on $root/screens/0/layout/children/0.";
    let rest = serde_json::json!({
        "error": "INVALID_PROPERTY_KEY", "error_type": "FLOW_JSON_ERROR", "message": message, "pointers": [area(Some("screens[0].layout.children[0]"))],
    });
    expected.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    assert_eq!(json, expected);
}
