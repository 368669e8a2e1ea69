//! Versions: which are judged, and how much of the newer ones.

use serde_json::{Value, json};

use super::{base, judge, refused, set, taken, with_component, with_data};

fn of(version: &str, document: Value) -> Value {
    set(document, "/version", json!(version))
}

#[test]
fn newer_versions_are_judged_as_far_as_they_are_known() {
    for version in ["6.1", "6.2", "6.3", "7.0", "7.1", "7.2", "7.3"] {
        let report = judge(&of(version, base()));
        assert!(report.is_valid() && report.notes.len() == 1 && report.notes[0].path == "version", "{version}: {report:#?}");
        let wrong = of(version, with_component(json!({"type": "TextHeading", "text": 1})));
        refused(&wrong, &[("INVALID_PROPERTY_TYPE", "string")]);
        let unknown = judge(&of(version, with_component(json!({"type": "TextHeading", "text": "x", "glow": 1}))));
        assert!(unknown.is_valid() && unknown.notes.len() == 2, "{version}: {unknown:#?}");
        let unknown = judge(&of(version, with_component(json!({"type": "Hologram"}))));
        assert!(unknown.is_valid() && unknown.notes.len() == 2, "{version}: {unknown:#?}");
    }
}

#[test]
fn what_came_with_a_version_is_taken_from_then_on() {
    let chips =
        json!({"type": "ChipsSelector", "name": "c", "label": "x", "data-source": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]});
    let pattern = json!({"type": "TextInput", "name": "i", "label": "x", "pattern": "[0-9]+"});
    let calendar = json!({"type": "CalendarPicker", "name": "c", "label": "x", "mode": "range", "title": "new here"});
    let variant = |kind: &str| json!({"type": kind, "name": "i", "label": "x", "label-variant": "large"});
    let (input, area) = (variant("TextInput"), variant("TextArea"));
    for (component, before, since) in
        [(chips, "6.2", "6.3"), (pattern, "6.1", "6.2"), (calendar, "6.0", "6.1"), (input, "6.3", "7.0"), (area, "6.3", "7.0")]
    {
        assert!(!judge(&of(before, with_component(component.clone()))).is_valid(), "{before}: {component}");
        assert!(judge(&of(since, with_component(component.clone()))).is_valid(), "{since}: {component}");
    }
}

#[test]
fn a_component_or_property_of_a_later_version_is_none_before() {
    let action = json!({"name": "navigate", "next": {"type": "screen", "name": "CONFIRM"}, "payload": {"full_name": "x", "topics": ["a"]}});
    let list = json!([{"type": "NavigationList", "list-items": [{}], "on-click-action": action}]);
    let listed = set(base(), "/screens/0/layout/children", list);
    let carousel = with_component(json!({"type": "ImageCarousel", "images": []}));
    for (document, before, since) in [(listed, "6.1", "6.2"), (carousel, "7.0", "7.1")] {
        let says = "Invalid value found for property type at $root/screens/0/layout/children/0.";
        refused(&of(before, document.clone()), &[("INVALID_PROPERTY_VALUE", says)]);
        taken(&of(since, document));
    }
    let update = json!({"name": "update_data", "payload": {}});
    let option = |key: &str| set(base(), "/screens/0/layout/children/1/data-source/0", json!({"id": "a", "title": "A", key: update}));
    let group = set(base(), "/screens/0/layout/children/1/on-unselect-action", update.clone());
    for (document, key) in [
        (option("on-select-action"), "on-select-action"),
        (option("on-unselect-action"), "on-unselect-action"),
        (group, "on-unselect-action"),
    ] {
        refused(&of("5.1", document.clone()), &[("INVALID_PROPERTY_KEY", &format!("Property {key} cannot be specified at CheckboxGroup"))]);
        taken(&of("6.0", document));
    }
}

#[test]
fn expressions_are_taken_from_6_0_on() {
    let heading = |text: &str| with_data(json!({"type": "TextHeading", "text": text}));
    let condition = |text: &str| with_data(json!({"type": "If", "condition": text, "then": [{"type": "TextHeading", "text": "x"}]}));
    let payload = json!({"full_name": "`'Ms ' ${form.full_name}`", "topics": []});
    for (document, code, says) in [
        (heading("`'a ' ${data.text}`"), "PATTERN_MISMATCH", "should be of type 'string' or have dynamic data format"),
        (condition("`${data.bool}`"), "INVALID_PROPERTY_VALUE", "Unexpected character '`' found at column 1."),
        (condition("${data.number} + 1 > 2"), "INVALID_PROPERTY_VALUE", "Arithmetic is possible from version 6.0 on."),
        (
            set(base(), "/screens/0/layout/children/2/on-click-action/payload", payload),
            "INVALID_ON_CLICK_ACTION_PAYLOAD",
            "Invalid value found for the property 'full_name'.",
        ),
    ] {
        refused(&of("5.1", document.clone()), &[(code, says)]);
        taken(&of("6.0", document.clone()));
        taken(&of("7.3", document));
    }
    taken(&of("5.1", condition("${data.number} > 2 && ${data.bool}")));
    // A text with back-ticks is a text.
    taken(&of("5.1", heading("`'a'`")));
}

#[test]
fn a_footer_stands_beside_a_rich_text_from_6_3_on() {
    let payload = json!({"full_name": "x", "topics": ["a"]});
    let action = json!({"name": "navigate", "next": {"type": "screen", "name": "CONFIRM"}, "payload": payload});
    let children = json!([{"type": "RichText", "text": "x"}, {"type": "Footer", "label": "x", "on-click-action": action}]);
    let document = set(base(), "/screens/0/layout/children", children);
    refused(&of("6.2", document.clone()), &[("INVALID_PROPERTY_VALUE", "'RichText' must be the only")]);
    taken(&of("6.3", document));
}

#[test]
fn older_versions_say_why_they_are_refused() {
    for version in ["2.1", "3.0", "3.1", "4.0", "5.0"] {
        let document = of(version, base());
        refused(&document, &[("UNSUPPORTED_FLOW_JSON_VERSION", "Unsupported Flow JSON version.")]);
        assert!(judge(&document).notes[0].message.contains("no longer published"));
    }
    let report = judge(&of("5.1", base()));
    assert!(report.is_valid() && report.notes.len() == 1, "{report:#?}");
    let link = json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"name": "open_url", "url": "https://a.b"}});
    refused(&of("5.1", with_component(link)), &[("INVALID_ENUM_VALUE", "[data_exchange, navigate]")]);
    refused(&set(base(), "/version", json!(100)), &[("INVALID_PROPERTY_TYPE", "string")]);
}
