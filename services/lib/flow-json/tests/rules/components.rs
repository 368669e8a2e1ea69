//! Components, their properties and their limits.

use serde_json::{Value, json};

use super::{base, refused, set, taken, with_component, with_data};

const VALUE: &str = "INVALID_PROPERTY_VALUE";

#[test]
fn every_component_of_6_0_is_taken_with_every_property() {
    let option = json!({"id": "a", "title": "A", "description": "d", "metadata": "m", "enabled": true, "image": "iVBORw0KGgo=", "alt-text": "t", "color": "00ff7F"});
    for component in [
        json!({"type": "TextHeading", "text": "x", "visible": true}),
        json!({"type": "TextSubheading", "text": "x", "visible": "${data.bool}"}),
        json!({"type": "TextBody", "text": ["x", "**y**"], "font-weight": "bold_italic", "strikethrough": true, "markdown": true}),
        json!({"type": "TextCaption", "text": "${data.texts}", "font-weight": "${data.text}"}),
        json!({"type": "TextInput", "name": "i", "label": "x", "input-type": "passcode", "min-chars": 1, "max-chars": "${data.number}", "helper-text": "x", "init-value": "y", "error-message": "z", "required": "${data.bool}"}),
        json!({"type": "TextInput", "name": "i", "label": "x", "input-type": "number", "init-value": 3}),
        json!({"type": "TextArea", "name": "i", "label": "x", "max-length": 600, "enabled": false, "init-value": "${data.text}"}),
        json!({"type": "CheckboxGroup", "name": "i", "label": "x", "description": "d", "data-source": [option], "init-value": ["a"], "media-size": "large"}),
        json!({"type": "RadioButtonsGroup", "name": "i", "label": "x", "data-source": "${data.options}", "init-value": "a"}),
        json!({"type": "Dropdown", "name": "i", "label": "x", "data-source": "${data.options}", "on-select-action": {"name": "update_data", "payload": {"text": "b"}}, "on-unselect-action": {"name": "update_data", "payload": {"text": "`'<' ${data.text}`"}}}),
        json!({"type": "DatePicker", "name": "i", "label": "x", "min-date": "2026-01-01", "max-date": "2026-12-31", "unavailable-dates": "${data.texts}", "init-value": "2026-02-01"}),
        json!({"type": "OptIn", "name": "i", "label": "x", "init-value": true, "on-click-action": {"name": "open_url", "url": "https://example.com/?a=1"}, "on-select-action": {"name": "update_data", "payload": {"bool": false}}}),
        json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"name": "open_url", "url": "${data.text}"}}),
        json!({"type": "Image", "src": "/9j/4AAQ", "width": 10, "height": 20, "scale-type": "contain", "aspect-ratio": 1.5, "alt-text": "x"}),
        json!({"type": "PhotoPicker", "name": "i", "label": "x", "description": "d", "photo-source": "gallery", "max-file-size-kb": 25600, "min-uploaded-photos": 0, "max-uploaded-photos": 30, "error-message": {"i": "x"}}),
        json!({"type": "DocumentPicker", "name": "i", "label": "x", "allowed-mime-types": ["application/pdf"], "max-uploaded-documents": 2, "error-message": "${data.object}"}),
        json!({"type": "If", "condition": "${data.bool}", "then": [{"type": "TextHeading", "text": "x"}], "else": []}),
        json!({"type": "Switch", "value": "${data.text}", "cases": {"a": [{"type": "TextHeading", "text": "x"}], "b": []}}),
    ] {
        taken(&with_data(component));
    }
}

#[test]
fn a_property_that_must_be_there_is_missed() {
    for (component, missing) in [
        (json!({"type": "TextHeading"}), "text"),
        (json!({"type": "TextInput", "label": "x"}), "name"),
        (json!({"type": "TextInput", "name": "x"}), "label"),
        (json!({"type": "Dropdown", "name": "x", "label": "x"}), "data-source"),
        (json!({"type": "EmbeddedLink", "text": "x"}), "on-click-action"),
        (json!({"type": "Image"}), "src"),
        (json!({"type": "If", "then": [{"type": "TextHeading", "text": "x"}]}), "condition"),
        (json!({"text": "x"}), "type"),
        (json!({"type": "RadioButtonsGroup", "name": "x", "label": "x", "data-source": [{"id": "a"}]}), "title"),
        (json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"name": "open_url"}}), "url"),
        (json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"payload": {}}}), "name"),
    ] {
        refused(&with_component(component), &[("MISSING_REQUIRED_TYPE_PROPERTY", &format!("'{missing}' is missing"))]);
    }
}

#[test]
fn every_property_that_meta_requires_is_missed() {
    let options = json!([{"id": "a", "title": "A"}]);
    let text = json!([{"type": "TextHeading", "text": "x"}]);
    let opens = json!({"name": "open_url", "url": "https://a.b"});
    for (component, required) in [
        (json!({"type": "TextHeading", "text": "x"}), &["text"][..]),
        (json!({"type": "TextSubheading", "text": "x"}), &["text"]),
        (json!({"type": "TextBody", "text": "x"}), &["text"]),
        (json!({"type": "TextCaption", "text": "x"}), &["text"]),
        (json!({"type": "EmbeddedLink", "text": "x", "on-click-action": opens}), &["text", "on-click-action"]),
        (json!({"type": "TextInput", "name": "i", "label": "x"}), &["name", "label"]),
        (json!({"type": "TextArea", "name": "i", "label": "x"}), &["name", "label"]),
        (json!({"type": "CheckboxGroup", "name": "i", "label": "x", "data-source": options}), &["name", "label", "data-source"]),
        (json!({"type": "RadioButtonsGroup", "name": "i", "label": "x", "data-source": options}), &["name", "label", "data-source"]),
        (json!({"type": "Dropdown", "name": "i", "label": "x", "data-source": options}), &["name", "label", "data-source"]),
        (json!({"type": "DatePicker", "name": "i", "label": "x"}), &["name", "label"]),
        (json!({"type": "OptIn", "name": "i", "label": "x"}), &["name", "label"]),
        (json!({"type": "PhotoPicker", "name": "i", "label": "x"}), &["name", "label"]),
        (json!({"type": "DocumentPicker", "name": "i", "label": "x"}), &["name", "label"]),
        (json!({"type": "Image", "src": "/9j/4AAQ"}), &["src"]),
        (json!({"type": "If", "condition": "${data.bool}", "then": text}), &["condition", "then"]),
        (json!({"type": "Switch", "value": "${data.text}", "cases": {"a": text}}), &["value", "cases"]),
    ] {
        taken(&with_data(component.clone()));
        for key in required {
            let without = set(component.clone(), &format!("/{key}"), Value::Null);
            refused(&with_data(without), &[("MISSING_REQUIRED_TYPE_PROPERTY", &format!("Required property '{key}' is missing."))]);
        }
    }
    let without = |key: &str| set(base(), &format!("/screens/1/layout/children/2/{key}"), Value::Null);
    for key in ["label", "on-click-action"] {
        refused(&without(key), &[("MISSING_REQUIRED_TYPE_PROPERTY", &format!("Required property '{key}' is missing."))]);
    }
}

#[test]
fn numbers_of_components_and_options_have_limits() {
    let many = |component: &dyn Fn(usize) -> Value, count: usize| {
        (0..count).fold(base(), |document, index| set(document, "/screens/1/layout/children/-", component(index)))
    };
    let image = |_| json!({"type": "Image", "src": "/9j/4AAQ"});
    let link = |_| json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"name": "open_url", "url": "https://a.b"}});
    let opt_in = |index| json!({"type": "OptIn", "name": format!("o{index}"), "label": "x"});
    let heading = |_| json!({"type": "TextHeading", "text": "x"});
    let picker =
        |index| json!({"type": if index == 0 { "PhotoPicker" } else { "DocumentPicker" }, "name": format!("p{index}"), "label": "x"});
    taken(&many(&image, 3));
    refused(&many(&image, 4), &[("MAX_IMAGE_PER_SCREEN", "Maximum number of Image allowed per screen is 3 but found 4.")]);
    refused(&many(&link, 3), &[("MAX_EMBEDDED_LINK_PER_SCREEN", "is 2 but found 3")]);
    refused(&many(&opt_in, 5), &[("MAX_OPT_IN_PER_SCREEN", "is 5 but found 6")]);
    taken(&many(&heading, 47));
    refused(&many(&heading, 48), &[(VALUE, "Maximum number of components allowed per screen is 50 but found 51.")]);
    refused(&many(&picker, 2), &[(VALUE, "PhotoPicker and DocumentPicker allowed per screen is 1 but found 2")]);
    let options = |count: usize| (0..count).map(|index| json!({"id": index.to_string(), "title": "x"})).collect::<Value>();
    let source = "/screens/0/layout/children/1/data-source";
    taken(&set(base(), source, options(20)));
    refused(&set(base(), source, options(21)), &[(VALUE, "Property data-source has 21 items, at most 20")]);
    refused(&set(base(), source, json!([])), &[("MIN_ITEMS_REQUIRED", "Property 'data-source' should have at least '1' items.")]);
    let dropdown = |options: Value| with_component(json!({"type": "Dropdown", "name": "i", "label": "x", "data-source": options}));
    taken(&dropdown(options(200)));
    refused(&dropdown(options(201)), &[(VALUE, "at most 200")]);
    let pictured = set(options(101), "/0/image", json!("/9j/4AAQ"));
    refused(&dropdown(pictured), &[(VALUE, "at most 100")]);
}

#[test]
fn values_of_the_wrong_kind_are_told_apart() {
    for (component, code, says) in [
        (json!({"type": "TextHeading", "text": 1}), "INVALID_PROPERTY_TYPE", "to be of type string, but found number"),
        (json!({"type": "TextHeading", "text": "  "}), "PATTERN_MISMATCH", "blank"),
        (json!({"type": "TextHeading", "text": "x", "visible": "yes"}), "INVALID_PROPERTY_TYPE", "boolean, but found string"),
        (json!({"type": "TextHeading", "text": "x", "visible": [null]}), "INVALID_PROPERTY_TYPE", "found array"),
        (
            json!({"type": "TextHeading", "text": "x", "colour": "red"}),
            "INVALID_PROPERTY_KEY",
            "Property colour cannot be specified at TextHeading",
        ),
        (json!({"type": "TextInput", "name": "i", "label": "x", "pattern": "a"}), "INVALID_PROPERTY_KEY", "pattern"),
        (
            json!({"type": "TextInput", "name": "i", "label": "x", "input-type": "tel"}),
            "INVALID_ENUM_VALUE",
            "[text, number, email, password, passcode, phone]",
        ),
        (
            json!({"type": "TextInput", "name": "i", "label": "x", "max-chars": "Hundred"}),
            "PATTERN_MISMATCH",
            "should be of type 'number' or have dynamic",
        ),
        (json!({"type": "TextInput", "name": "i", "label": "x", "max-chars": -1}), "MINIMUM_VALUE_REQUIRED", "'max-chars' is 0"),
        (
            json!({"type": "TextInput", "name": "i", "label": "x", "min-chars": 3, "max-chars": 2}),
            "MIN_VALUE_GREATER_THAN_MAX",
            "min-chars cannot be greater than max-chars for TextInput i.",
        ),
        (
            json!({"type": "PhotoPicker", "name": "i", "label": "x", "max-uploaded-photos": 31}),
            "MAXIMUM_VALUE_REQUIRED",
            "'max-uploaded-photos' is 30",
        ),
        (json!({"type": "PhotoPicker", "name": "i", "label": "x", "max-uploaded-photos": 1.5}), "INVALID_PROPERTY_TYPE", "integer"),
        (json!({"type": "DatePicker", "name": "i", "label": "x", "min-date": "1.1.2026"}), "INVALID_PROPERTY_VALUE_FORMAT", "'YYYY-MM-DD'"),
        (
            json!({"type": "DatePicker", "name": "i", "label": "x", "unavailable-dates": ["2026-02-30"]}),
            "INVALID_PROPERTY_VALUE_FORMAT",
            "unavailable-dates",
        ),
        (
            json!({"type": "DatePicker", "name": "i", "label": "x", "min-date": "2026-02-02", "max-date": "2026-02-01"}),
            "MIN_VALUE_GREATER_THAN_MAX",
            "min-date",
        ),
        (json!({"type": "Image", "src": "no base64!"}), "INVALID_PROPERTY_VALUE_FORMAT", "base64"),
        (json!({"type": "Image", "src": "A".repeat(410_000)}), VALUE, "at most 307200"),
        (json!({"type": "OptIn", "name": "i", "label": "x", "init-value": "yes"}), "INVALID_PROPERTY_TYPE", "boolean"),
        (
            json!({"type": "CheckboxGroup", "name": "i", "label": "x", "data-source": [{"id": "a", "title": "A"}], "init-value": "a"}),
            "INVALID_PROPERTY_TYPE",
            "array",
        ),
        (
            json!({"type": "CheckboxGroup", "name": "i", "label": "x", "data-source": [{"id": "a", "title": "A"}], "init-value": ["a", 1]}),
            "INVALID_PROPERTY_TYPE",
            "init-value/1 to be of type string, but found number",
        ),
        (
            json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"name": "complete", "payload": {}}}),
            "INVALID_ENUM_VALUE",
            "[data_exchange, navigate, open_url]",
        ),
        (
            json!({"type": "EmbeddedLink", "text": "x", "on-click-action": {"name": "open_url", "url": "example.com"}}),
            "INVALID_PROPERTY_VALUE_FORMAT",
            "'uri'",
        ),
        (json!({"type": "Video", "src": "x"}), VALUE, "type at $root/screens/0/layout/children/0"),
        (json!("TextHeading"), "INVALID_PROPERTY_TYPE", "object, but found string"),
    ] {
        refused(&with_component(component), &[(code, says)]);
    }
    let select = |action: Value| with_component(json!({"type": "DatePicker", "name": "i", "label": "x", "on-select-action": action}));
    refused(&select(json!({"name": "update_data", "payload": {}})), &[("INVALID_ENUM_VALUE", "[data_exchange]")]);
    let option = json!({"id": "a", "title": "A", "color": "red"});
    refused(&set(base(), "/screens/0/layout/children/1/data-source/0", option), &[("PATTERN_MISMATCH", "Property color")]);
}

#[test]
fn some_components_stand_only_in_some_places() {
    let branch = |inner: Value| with_data(json!({"type": "If", "condition": "${data.bool}", "then": [inner]}));
    let switch = |inner: Value| with_data(json!({"type": "Switch", "value": "${data.text}", "cases": {"a": [inner]}}));
    let plain = json!({"type": "If", "condition": "${data.bool}", "then": [{"type": "TextHeading", "text": "x"}]});
    let nested =
        |levels: usize| (1..levels).fold(plain.clone(), |inner, _| json!({"type": "If", "condition": "${data.bool}", "then": [inner]}));
    taken(&with_data(nested(3)));
    refused(&with_data(nested(4)), &[(VALUE, "in more than 3 levels of If")]);
    refused(&switch(plain.clone()), &[(VALUE, "Component 'If' is not allowed inside Switch.")]);
    refused(&branch(json!({"type": "PhotoPicker", "name": "p", "label": "x"})), &[(VALUE, "inside If or Switch")]);
    let rich = json!({"type": "RichText", "text": "x"});
    for inside in [branch(rich.clone()), switch(rich)] {
        refused(&inside, &[(VALUE, "Component 'RichText' is not allowed inside If or Switch.")]);
    }
    let form = json!({"type": "Form", "name": "f", "children": [{"type": "TextHeading", "text": "x"}]});
    refused(
        &branch(form),
        &[(VALUE, "'Form' is not allowed inside If or Switch"), ("COMPONENTS_OUTSIDE_FORM", "'TextInput', 'CheckboxGroup'")],
    );
    refused(&with_component(json!({"type": "RichText", "text": "x"})), &[(VALUE, "'RichText' must be the only")]);
    refused(
        &with_data(json!({"type": "If", "condition": "${data.bool}", "then": []})),
        &[(VALUE, "Expected array to contain at least one component.")],
    );
    refused(&with_data(json!({"type": "Switch", "value": "${data.text}", "cases": {}})), &[("MIN_ITEMS_REQUIRED", "'cases'")]);
    refused(
        &with_data(json!({"type": "Switch", "value": "a", "cases": {"a": []}})),
        &[("PATTERN_MISMATCH", "should have dynamic data format")],
    );
}

#[test]
fn what_stands_on_a_screen_of_its_own_does_so_in_a_form_too() {
    let action = json!({"name": "navigate", "next": {"type": "screen", "name": "CONFIRM"}, "payload": {"full_name": "x", "topics": ["a"]}});
    let first = |children: Value| set(set(base(), "/version", json!("7.3")), "/screens/0/layout/children", children);
    let form = |children: Value| json!([{"type": "Form", "name": "f", "children": children}]);
    let footer = json!({"type": "Footer", "label": "x", "on-click-action": action});
    let heading = json!({"type": "TextHeading", "text": "x"});
    let rich = json!({"type": "RichText", "text": "x"});
    let list = json!({"type": "NavigationList", "list-items": [{}], "on-click-action": action});
    let ways: [fn(Value) -> Value; 2] = [form, std::convert::identity];
    for around in ways {
        taken(&first(around(json!([rich, footer]))));
        taken(&first(around(json!([list, list]))));
        refused(&first(around(json!([rich, footer, heading]))), &[(VALUE, "'RichText' must be the only")]);
        refused(&first(around(json!([rich, rich, footer]))), &[(VALUE, "'RichText' must be the only")]);
        refused(&first(around(json!([heading, list]))), &[(VALUE, "'NavigationList' must be the only")]);
    }
    let beside = json!([form(json!([rich, footer]))[0], heading]);
    let report = super::judge(&first(beside));
    assert_eq!(report.errors[0].pointers[0].path, "screens[0].layout.children[0].children[0]", "{:?}", report.errors);
}

#[test]
fn footers_agree_with_each_other() {
    let footer = json!({"type": "Footer", "label": "x", "on-click-action": {"name": "complete", "payload": {}}});
    let second = |component: Value| set(base(), "/screens/1/layout/children/2", component);
    let with = |component: Value| set(second(component), "/screens/1/data/full_name/type", json!("string"));
    let condition = "${form.agree}";
    taken(&with(json!({"type": "If", "condition": condition, "then": [footer], "else": [footer]})));
    let missing = "MISSING_FOOTER_IN_IF_ELSE_BRANCHES";
    refused(&with(json!({"type": "If", "condition": condition, "then": [footer]})), &[(missing, "Branch 'else' should exist")]);
    let other = json!({"type": "TextHeading", "text": "x"});
    refused(
        &with(json!({"type": "If", "condition": condition, "then": [other], "else": [footer]})),
        &[(missing, "in all branches of 'If'")],
    );
    let switch = json!({"type": "Switch", "value": "${data.full_name}", "cases": {"a": [footer], "b": [other]}});
    refused(&with(switch), &[("MISSING_FOOTER_IN_SWITCH_BRANCHES", "in all switch cases")]);
    let deep =
        json!({"type": "If", "condition": condition, "then": [{"type": "If", "condition": condition, "then": [footer], "else": [footer]}]});
    refused(&with(deep), &[(VALUE, "deeper than the first level"), (VALUE, "deeper than the first level")]);
    let branched = json!({"type": "If", "condition": condition, "then": [footer], "else": [footer]});
    refused(&set(base(), "/screens/1/layout/children/-", branched), &[("MORE_THAN_ONE_FOOTER", "component allowed per screen is 1.")]);
    let captions = set(base(), "/screens/1/layout/children/2/center-caption", json!("c"));
    let captions = set(captions, "/screens/1/layout/children/2/left-caption", json!("l"));
    let captions = set(captions, "/screens/1/layout/children/2/right-caption", json!("r"));
    refused(&captions, &[("NOT_KEYWORD_SCHEMA_VALIDATION_FAILED", "'center-caption' and [left-caption, right-caption]")]);
}

#[test]
fn a_form_takes_over_from_its_inputs() {
    let form = |extra: Value, child: Value| {
        let mut form = json!({"type": "Form", "name": "f", "children": [child, {"type": "TextInput", "name": "full_name", "label": "x"}, {"type": "CheckboxGroup", "name": "topics", "label": "x", "data-source": "${data.options}"}]});
        form.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let document = with_data(form);
        let children = document.pointer("/screens/0/layout/children").unwrap().as_array().unwrap();
        let kept: Value = [children[0].clone(), children[3].clone()].into_iter().collect();
        set(document, "/screens/0/layout/children", kept)
    };
    let heading = || json!({"type": "TextHeading", "text": "x"});
    taken(&form(json!({"init-values": {"full_name": "Ana", "topics": ["a"]}, "error-messages": {"full_name": "x"}}), heading()));
    taken(&form(json!({"init-values": "${data.object}", "error-messages": "${data.object}"}), heading()));
    refused(&form(json!({"init-values": {"topics": "a"}}), heading()), &[("INVALID_PROPERTY_TYPE", "array")]);
    refused(&form(json!({"init-values": "${data.text}"}), heading()), &[("INVALID_SCREEN_DYNAMIC_DATA", "of type 'object'")]);
    let options = json!([{"id": "a", "title": "A"}]);
    for (kind, options, first) in [
        ("TextInput", Value::Null, json!("y")),
        ("TextArea", Value::Null, json!("y")),
        ("CheckboxGroup", options.clone(), json!(["a"])),
        ("RadioButtonsGroup", options.clone(), json!("a")),
        ("Dropdown", options, json!("a")),
        ("DatePicker", Value::Null, json!("2026-01-01")),
        ("OptIn", Value::Null, json!(true)),
    ] {
        let bare = set(json!({"type": kind, "name": "inner", "label": "x"}), "/data-source", options);
        taken(&form(json!({}), bare.clone()));
        for (key, value) in [("init-value", first), ("error-message", json!("z"))].into_iter().take(if kind == "OptIn" { 1 } else { 2 }) {
            let own = set(bare.clone(), &format!("/{key}"), value);
            taken(&with_component(own.clone()));
            refused(&form(json!({}), own), &[("INVALID_PROPERTY_KEY", &format!("Property {key} cannot be specified at {kind}"))]);
        }
    }
    let picker = json!({"type": "PhotoPicker", "name": "inner", "label": "x"});
    let native = ("NATIVE_COMPONENT_IN_FORM_INIT_VALUES", "[PhotoPicker]");
    refused(&form(json!({"init-values": {"inner": "x"}}), picker.clone()), &[native]);
    refused(&form(json!({"init-values": "${data.object}"}), picker), &[native]);
}
