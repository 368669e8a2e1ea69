//! Limits of lengths, numbers and files: what is just at one is taken, what is one above is not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{base, refused, set, taken, with_component};

const VALUE: &str = "INVALID_PROPERTY_VALUE";
/// An option of the valid base.
const OPTION: &str = "/screens/0/layout/children/1/data-source/0";

/// A component with what it must have.
fn component(kind: &str) -> Value {
    let options = json!([{"id": "a", "title": "A"}]);
    match kind {
        "TextHeading" | "TextSubheading" | "TextBody" | "TextCaption" => json!({"type": kind, "text": "x"}),
        "EmbeddedLink" => json!({"type": kind, "text": "x", "on-click-action": {"name": "open_url", "url": "https://a.b"}}),
        "CheckboxGroup" | "RadioButtonsGroup" | "Dropdown" => json!({"type": kind, "name": "i", "label": "x", "data-source": options}),
        _ => json!({"type": kind, "name": "i", "label": "x"}),
    }
}

#[test]
fn lengths_are_in_characters() {
    let text = |length: usize| json!("ä".repeat(length));
    let says = |key: &str, max: usize| format!("Property {key} has {} characters, at most {max} are allowed.", max + 1);
    for (kind, key, max) in [
        ("TextHeading", "text", 80),
        ("TextSubheading", "text", 80),
        ("TextBody", "text", 4096),
        ("TextCaption", "text", 409),
        ("TextInput", "label", 20),
        ("TextInput", "helper-text", 80),
        ("TextInput", "error-message", 30),
        ("TextArea", "label", 20),
        ("TextArea", "helper-text", 80),
        ("CheckboxGroup", "label", 30),
        ("CheckboxGroup", "description", 300),
        ("RadioButtonsGroup", "label", 30),
        ("RadioButtonsGroup", "description", 300),
        ("Dropdown", "label", 20),
        ("DatePicker", "label", 40),
        ("DatePicker", "helper-text", 80),
        ("DatePicker", "error-message", 80),
        ("OptIn", "label", 120),
        ("EmbeddedLink", "text", 25),
        ("PhotoPicker", "label", 80),
        ("PhotoPicker", "description", 300),
        ("DocumentPicker", "label", 80),
        ("DocumentPicker", "description", 300),
    ] {
        let with = |length: usize| with_component(set(component(kind), &format!("/{key}"), text(length)));
        taken(&with(max));
        refused(&with(max + 1), &[(VALUE, &says(key, max))]);
    }
    for (key, max) in [("title", 30), ("description", 300), ("metadata", 20)] {
        let with = |length: usize| set(base(), OPTION, set(json!({"id": "a", "title": "A"}), &format!("/{key}"), text(length)));
        taken(&with(max));
        refused(&with(max + 1), &[(VALUE, &says(key, max))]);
    }
    for (keys, max) in [(&["label"][..], 35), (&["center-caption"], 15), (&["left-caption", "right-caption"], 15)] {
        let with = |length: usize| {
            keys.iter().fold(base(), |document, key| set(document, &format!("/screens/0/layout/children/2/{key}"), text(length)))
        };
        taken(&with(max));
        let all: Vec<String> = keys.iter().map(|key| says(key, max)).collect();
        refused(&with(max + 1), &all.iter().map(|says| (VALUE, says.as_str())).collect::<Vec<_>>());
    }
    // Meta names no limit.
    taken(&with_component(set(component("TextArea"), "/error-message", text(1_000))));
}

#[test]
fn lists_and_carousels_have_limits_of_their_own() {
    let action = json!({"name": "navigate", "next": {"type": "screen", "name": "CONFIRM"}, "payload": {"full_name": "x", "topics": ["a"]}});
    let newest = || set(base(), "/version", json!("7.3"));
    let listed = |items: usize| {
        let list = json!({"type": "NavigationList", "list-items": vec![json!({}); items], "on-click-action": action});
        set(newest(), "/screens/0/layout/children", json!([list]))
    };
    taken(&listed(1));
    taken(&listed(20));
    refused(&listed(0), &[("MIN_ITEMS_REQUIRED", "'list-items' should have at least '1'")]);
    refused(&listed(21), &[(VALUE, "Property list-items has 21 items, at most 20 are allowed at NavigationList.")]);
    let carousels = |of_screens: [usize; 2]| {
        let places = of_screens.into_iter().enumerate().flat_map(|(screen, count)| std::iter::repeat_n(screen, count));
        places.fold(newest(), |document, screen| {
            set(document, &format!("/screens/{screen}/layout/children/-"), json!({"type": "ImageCarousel", "images": []}))
        })
    };
    taken(&carousels([2, 1]));
    refused(&carousels([2, 2]), &[(VALUE, "ImageCarousel allowed per Flow is 3 but found 4.")]);
    refused(&carousels([3, 0]), &[(VALUE, "ImageCarousel allowed per screen is 2 but found 3.")]);
}

#[test]
fn a_list_of_ways_ends_no_flow_and_chips_have_limits_of_their_own() {
    let action = json!({"name": "navigate", "next": {"type": "screen", "name": "CONFIRM"}, "payload": {"full_name": "x", "topics": ["a"]}});
    let list = json!([{"type": "NavigationList", "list-items": [{}], "on-click-action": action}]);
    let ending = set(set(base(), "/version", json!("7.3")), "/screens/0/layout/children", list);
    let footer = ("MISSING_FOOTER_ON_TERMINAL_SCREEN", "DETAILS");
    let says = "Component 'NavigationList' is not allowed on a terminal screen.";
    refused(&set(ending, "/screens/0/terminal", json!(true)), &[footer, (VALUE, says)]);
    let chips = |options: usize, label: usize| {
        let options: Value = (0..options).map(|index| json!({"id": index.to_string(), "title": "x"})).collect();
        let chips = json!({"type": "ChipsSelector", "name": "c", "label": "x".repeat(label), "data-source": options});
        set(with_component(chips), "/version", json!("6.3"))
    };
    taken(&chips(2, 80));
    taken(&chips(20, 1));
    refused(&chips(1, 1), &[("MIN_ITEMS_REQUIRED", "'data-source' should have at least '2'")]);
    refused(&chips(21, 1), &[(VALUE, "Property data-source has 21 items, at most 20 are allowed at ChipsSelector.")]);
    refused(&chips(2, 81), &[(VALUE, "Property label has 81 characters, at most 80")]);
}

#[test]
fn a_choice_is_one_of_those_that_meta_names() {
    let sizes = &["regular", "large"][..];
    let weights = &["bold", "italic", "bold_italic", "normal"][..];
    for (kind, key, choices) in [
        ("TextBody", "font-weight", weights),
        ("TextCaption", "font-weight", weights),
        ("TextInput", "input-type", &["text", "number", "email", "password", "passcode", "phone"][..]),
        ("CheckboxGroup", "media-size", sizes),
        ("RadioButtonsGroup", "media-size", sizes),
        ("Image", "scale-type", &["cover", "contain"][..]),
        ("PhotoPicker", "photo-source", &["camera_gallery", "camera", "gallery"][..]),
    ] {
        let bare = if kind == "Image" { json!({"type": kind, "src": "/9j/4AAQ"}) } else { component(kind) };
        let with = |choice: &str| with_component(set(bare.clone(), &format!("/{key}"), json!(choice)));
        choices.iter().for_each(|choice| taken(&with(choice)));
        let says = format!("Value should be one of: [{}].", choices.join(", "));
        refused(&with("other"), &[("INVALID_ENUM_VALUE", &says)]);
    }
}

#[test]
fn no_more_options_must_be_chosen_than_may_be() {
    const CHECKBOXES: &str = "/screens/0/layout/children/1";
    let between = |min: u32, max: u32| {
        let document = set(base(), &format!("{CHECKBOXES}/min-selected-items"), json!(min));
        set(document, &format!("{CHECKBOXES}/max-selected-items"), json!(max))
    };
    taken(&between(2, 2));
    let says = "min-selected-items cannot be greater than max-selected-items for CheckboxGroup topics.";
    refused(&between(3, 2), &[("MIN_VALUE_GREATER_THAN_MAX", says)]);
}

#[test]
fn pickers_take_so_many_files_of_such_a_size() {
    for (kind, files) in [("PhotoPicker", "photos"), ("DocumentPicker", "documents")] {
        for (key, min, max) in
            [("max-file-size-kb".to_owned(), 1, 25_600), (format!("min-uploaded-{files}"), 0, 30), (format!("max-uploaded-{files}"), 1, 30)]
        {
            let with = |number: i64| with_component(set(component(kind), &format!("/{key}"), json!(number)));
            taken(&with(min));
            taken(&with(max));
            refused(&with(min - 1), &[("MINIMUM_VALUE_REQUIRED", &format!("'{key}' is {min}."))]);
            refused(&with(max + 1), &[("MAXIMUM_VALUE_REQUIRED", &format!("'{key}' is {max}."))]);
        }
        let (fewest, most) = (format!("min-uploaded-{files}"), format!("max-uploaded-{files}"));
        let between = |min: u32, max: u32| {
            with_component(set(set(component(kind), &format!("/{fewest}"), json!(min)), &format!("/{most}"), json!(max)))
        };
        taken(&between(2, 2));
        let says = format!("{fewest} cannot be greater than {most} for {kind} i.");
        refused(&between(3, 2), &[("MIN_VALUE_GREATER_THAN_MAX", &says)]);
    }
    let types = |types: Value| with_component(set(component("DocumentPicker"), "/allowed-mime-types", types));
    taken(&types(json!(["application/pdf", "image/png"])));
    refused(&types(json!(["application/pdf", 1])), &[("INVALID_PROPERTY_TYPE", "string, but found number")]);
}

#[test]
fn images_are_measured_in_bytes_and_those_of_options_are_smaller_since_6_0() {
    const KB: usize = 1_024;
    let jpeg = |bytes: usize| json!(STANDARD.encode([&[0xff, 0xd8, 0xff][..], &vec![0; bytes - 3]].concat()));
    let says = |key: &str, max: usize| format!("Property {key} has {} bytes, at most {max} are allowed.", max + 1);
    let shown = |bytes: usize| with_component(json!({"type": "Image", "src": jpeg(bytes)}));
    let beside = |version: &str, bytes: usize| {
        let option = json!({"id": "a", "title": "A", "image": jpeg(bytes)});
        set(set(base(), OPTION, option), "/version", json!(version))
    };
    taken(&shown(300 * KB));
    refused(&shown(300 * KB + 1), &[(VALUE, &says("src", 300 * KB))]);
    for (version, max) in [("5.1", 300 * KB), ("6.0", 100 * KB), ("7.3", 100 * KB)] {
        taken(&beside(version, max));
        refused(&beside(version, max + 1), &[(VALUE, &says("image", max))]);
    }
    let (png, gif) = (json!(STANDARD.encode(b"\x89PNG\r\n\x1a\n")), json!(STANDARD.encode(b"GIF89a")));
    taken(&with_component(json!({"type": "Image", "src": png})));
    refused(&with_component(json!({"type": "Image", "src": gif})), &[(VALUE, "Property src should be a JPEG or PNG image.")]);
    // Beside an option Meta names no formats: a note.
    let report = super::judge(&set(base(), OPTION, json!({"id": "a", "title": "A", "image": gif})));
    assert!(report.is_valid() && report.notes[0].message.contains("neither JPEG nor PNG"), "{report:#?}");
    let dropdown = |count: usize| {
        let options = (0..count).map(|index| json!({"id": index.to_string(), "title": "x", "image": jpeg(4)}));
        with_component(set(component("Dropdown"), "/data-source", options.collect()))
    };
    taken(&dropdown(100));
    refused(&dropdown(101), &[(VALUE, "Property data-source has 101 items, at most 100")]);
}
