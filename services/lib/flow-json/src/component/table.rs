//! The components and options with their properties and limits, as Meta's page "Components" has them.

use super::property::{Action, Kind, Property, may, must};
use super::{Component, Role};
use crate::Version;

const SELECT: Kind = Kind::Action(&[Action::DataExchange, Action::UpdateData]);
const UPDATE: Kind = Kind::Action(&[Action::UpdateData]);
const OPENS: Kind = Kind::Action(&[Action::DataExchange, Action::Navigate, Action::OpenUrl]);
const LEAVES: Kind = Kind::Action(&[Action::Complete, Action::DataExchange, Action::Navigate]);
const INPUT_TYPES: Kind = Kind::Choice(&["text", "number", "email", "password", "passcode", "phone"]);
const WEIGHTS: Kind = Kind::Choice(&["bold", "italic", "bold_italic", "normal"]);
const SIZES: Kind = Kind::Choice(&["regular", "large"]);
const SCALES: Kind = Kind::Choice(&["cover", "contain"]);
const SOURCES: Kind = Kind::Choice(&["camera_gallery", "camera", "gallery"]);
const MODES: Kind = Kind::Choice(&["single", "range"]);
const LISTED: Kind = Kind::Options { min: 1, max: 20, with_images_max: 20 };
const DROPPED_DOWN: Kind = Kind::Options { min: 1, max: 200, with_images_max: 100 };
const CHIPS: Kind = Kind::Options { min: 2, max: 20, with_images_max: 20 };
const ANY_COUNT: Kind = Kind::Whole(0, u32::MAX);
const FILES_MIN: Kind = Kind::Whole(0, 30);
const FILES_MAX: Kind = Kind::Whole(1, 30);

/// What stands in the list of a `data-source`.
pub(crate) static OPTION: &[Property] = &[
    must("id", Kind::Text(usize::MAX)),
    must("title", Kind::Text(30)),
    may("description", Kind::Text(300)),
    may("metadata", Kind::Text(20)),
    may("enabled", Kind::Bool),
    may("image", Kind::Thumbnail),
    may("alt-text", Kind::Text(usize::MAX)),
    may("color", Kind::Colour),
    may("on-select-action", UPDATE).since(6, 0),
    may("on-unselect-action", UPDATE).since(6, 0),
];

pub(crate) static SCREEN_COMPONENTS: &[Component] = &[
    shown("TextHeading", &[must("text", Kind::Text(80)), may("visible", Kind::Bool)]),
    shown("TextSubheading", &[must("text", Kind::Text(80)), may("visible", Kind::Bool)]),
    shown("TextBody", TEXT_BODY),
    shown("TextCaption", TEXT_CAPTION),
    since(shown("RichText", &[must("text", Kind::Texts(usize::MAX)), may("visible", Kind::Bool)]), 5, 1),
    shown("EmbeddedLink", &[must("text", Kind::Text(25)), must("on-click-action", OPENS), may("visible", Kind::Bool)]),
    shown("Image", IMAGES),
    input("TextInput", TEXT_INPUT),
    input("TextArea", TEXT_AREA),
    input("CheckboxGroup", CHECKBOXES),
    input("RadioButtonsGroup", RADIO_BUTTONS),
    input("Dropdown", DROPDOWN),
    input("DatePicker", DATE_PICKER),
    input("OptIn", OPT_IN),
    since(Component { role: Role::Picker, ..input("PhotoPicker", PHOTO_PICKER) }, 4, 0),
    since(Component { role: Role::Picker, ..input("DocumentPicker", DOCUMENT_PICKER) }, 4, 0),
    Component { role: Role::Footer, ..shown("Footer", FOOTER) },
    since(branch("If", &[must("condition", Kind::Condition), must("then", Kind::Components(1)), may("else", Kind::Components(0))]), 4, 0),
    since(branch("Switch", &[must("value", Kind::Subject), must("cases", Kind::Cases)]), 4, 0),
    Component { role: Role::Form, ..shown("Form", FORM) },
    newer(input("CalendarPicker", CALENDAR_PICKER), 6, 1),
    newer(shown("NavigationList", NAVIGATION_LIST), 6, 2),
    newer(input("ChipsSelector", CHIPS_SELECTOR), 6, 3),
    newer(shown("ImageCarousel", &[must("images", Kind::Unjudged), may("visible", Kind::Bool)]), 7, 1),
];

static TEXT_BODY: &[Property] = &[
    must("text", Kind::Texts(4096)),
    may("font-weight", WEIGHTS),
    may("strikethrough", Kind::Bool),
    may("markdown", Kind::Bool).since(5, 1),
    may("visible", Kind::Bool),
];

static TEXT_CAPTION: &[Property] = &[
    must("text", Kind::Texts(409)),
    may("font-weight", WEIGHTS),
    may("strikethrough", Kind::Bool),
    may("markdown", Kind::Bool).since(5, 1),
    may("visible", Kind::Bool),
];

static IMAGES: &[Property] = &[
    must("src", Kind::Picture),
    may("width", ANY_COUNT),
    may("height", ANY_COUNT),
    may("scale-type", SCALES),
    may("aspect-ratio", Kind::Decimal),
    may("alt-text", Kind::Text(usize::MAX)),
    may("visible", Kind::Bool),
];

static TEXT_INPUT: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(20)),
    may("input-type", INPUT_TYPES),
    may("required", Kind::Bool),
    may("min-chars", ANY_COUNT),
    may("max-chars", ANY_COUNT),
    may("helper-text", Kind::Text(80)),
    may("init-value", Kind::InitValue).outside_form(),
    may("error-message", Kind::Text(30)).outside_form(),
    may("visible", Kind::Bool),
    may("pattern", Kind::Pattern).since(6, 2),
    may("label-variant", Kind::Unjudged).since(7, 0),
];

static TEXT_AREA: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(20)),
    may("required", Kind::Bool),
    may("max-length", ANY_COUNT),
    may("helper-text", Kind::Text(80)),
    may("enabled", Kind::Bool),
    may("init-value", Kind::InitValue).outside_form(),
    may("error-message", Kind::Text(usize::MAX)).outside_form(),
    may("visible", Kind::Bool),
    may("label-variant", Kind::Unjudged).since(7, 0),
];

static CHECKBOXES: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(30)),
    must("data-source", LISTED),
    may("description", Kind::Text(300)),
    may("min-selected-items", ANY_COUNT),
    may("max-selected-items", ANY_COUNT),
    may("required", Kind::Bool),
    may("enabled", Kind::Bool),
    may("init-value", Kind::InitValue).outside_form(),
    may("error-message", Kind::Text(usize::MAX)).outside_form(),
    may("media-size", SIZES),
    may("on-select-action", SELECT),
    may("on-unselect-action", UPDATE).since(6, 0),
    may("visible", Kind::Bool),
];

static RADIO_BUTTONS: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(30)),
    must("data-source", LISTED),
    may("description", Kind::Text(300)),
    may("required", Kind::Bool),
    may("enabled", Kind::Bool),
    may("init-value", Kind::InitValue).outside_form(),
    may("error-message", Kind::Text(usize::MAX)).outside_form(),
    may("media-size", SIZES),
    may("on-select-action", SELECT),
    may("on-unselect-action", UPDATE).since(6, 0),
    may("visible", Kind::Bool),
];

static DROPDOWN: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(20)),
    must("data-source", DROPPED_DOWN),
    may("required", Kind::Bool),
    may("enabled", Kind::Bool),
    may("init-value", Kind::InitValue).outside_form(),
    may("error-message", Kind::Text(usize::MAX)).outside_form(),
    may("on-select-action", SELECT),
    may("on-unselect-action", UPDATE).since(6, 0),
    may("visible", Kind::Bool),
];

static DATE_PICKER: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(40)),
    may("min-date", Kind::Date),
    may("max-date", Kind::Date),
    may("unavailable-dates", Kind::Dates),
    may("required", Kind::Bool),
    may("helper-text", Kind::Text(80)),
    may("enabled", Kind::Bool),
    may("init-value", Kind::InitValue).outside_form(),
    may("error-message", Kind::Text(80)).outside_form(),
    may("on-select-action", Kind::Action(&[Action::DataExchange])),
    may("visible", Kind::Bool),
];

static OPT_IN: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(120)),
    may("required", Kind::Bool),
    may("on-click-action", OPENS),
    may("on-select-action", UPDATE).since(6, 0),
    may("on-unselect-action", UPDATE).since(6, 0),
    may("init-value", Kind::InitValue).outside_form(),
    may("visible", Kind::Bool),
];

static PHOTO_PICKER: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(80)),
    may("description", Kind::Text(300)),
    may("photo-source", SOURCES),
    may("max-file-size-kb", Kind::Whole(1, 25_600)),
    may("min-uploaded-photos", FILES_MIN),
    may("max-uploaded-photos", FILES_MAX),
    may("enabled", Kind::Bool),
    may("error-message", Kind::ErrorMessages),
    may("visible", Kind::Bool),
];

static DOCUMENT_PICKER: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(80)),
    may("description", Kind::Text(300)),
    may("max-file-size-kb", Kind::Whole(1, 25_600)),
    may("min-uploaded-documents", FILES_MIN),
    may("max-uploaded-documents", FILES_MAX),
    may("allowed-mime-types", Kind::TextList),
    may("enabled", Kind::Bool),
    may("error-message", Kind::ErrorMessages),
    may("visible", Kind::Bool),
];

static FOOTER: &[Property] = &[
    must("label", Kind::Text(35)),
    must("on-click-action", LEAVES),
    may("left-caption", Kind::Text(15)),
    may("center-caption", Kind::Text(15)),
    may("right-caption", Kind::Text(15)),
    may("enabled", Kind::Bool),
];

static FORM: &[Property] = &[
    must("name", Kind::Name),
    must("children", Kind::Components(1)),
    may("init-values", Kind::InitValues),
    may("error-messages", Kind::ErrorMessages),
];

static CALENDAR_PICKER: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Unjudged),
    may("mode", MODES),
    may("min-date", Kind::Date),
    may("max-date", Kind::Date),
    may("unavailable-dates", Kind::Dates),
    may("enabled", Kind::Bool),
    may("visible", Kind::Bool),
    may("on-select-action", Kind::Action(&[Action::DataExchange])),
];

static NAVIGATION_LIST: &[Property] = &[
    must("list-items", Kind::Items(1, 20)),
    may("on-click-action", Kind::Action(&[Action::DataExchange, Action::Navigate])),
    may("visible", Kind::Bool),
];

static CHIPS_SELECTOR: &[Property] = &[
    must("name", Kind::Name),
    must("label", Kind::Text(80)),
    must("data-source", CHIPS),
    may("min-selected-items", ANY_COUNT),
    may("max-selected-items", ANY_COUNT),
    may("required", Kind::Bool),
    may("enabled", Kind::Bool),
    may("init-value", Kind::InitValue).outside_form(),
    may("on-select-action", SELECT),
    may("on-unselect-action", UPDATE),
    may("visible", Kind::Bool),
];

const fn shown(name: &'static str, properties: &'static [Property]) -> Component {
    Component { name, since: Version::of(2, 1), properties, is_open: false, role: Role::Shown }
}

const fn input(name: &'static str, properties: &'static [Property]) -> Component {
    Component { role: Role::Input, ..shown(name, properties) }
}

const fn branch(name: &'static str, properties: &'static [Property]) -> Component {
    Component { role: Role::Branch, ..shown(name, properties) }
}

const fn since(component: Component, major: u8, minor: u8) -> Component {
    Component { since: Version::of(major, minor), ..component }
}

/// Newer than what is known in full.
const fn newer(component: Component, major: u8, minor: u8) -> Component {
    Component { is_open: true, ..since(component, major, minor) }
}
