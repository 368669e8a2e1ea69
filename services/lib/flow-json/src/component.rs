//! Which components exist, with which properties, from which version on. Tables alone; [`crate::check`] applies them.

mod property;
mod table;

pub(crate) use property::{Action, Kind, Property};
pub(crate) use table::{OPTION, SCREEN_COMPONENTS};

use crate::Version;
use crate::data_type::DataType;
use crate::json::Object;

pub(crate) struct Component {
    pub(crate) name: &'static str,
    pub(crate) since: Version,
    pub(crate) properties: &'static [Property],
    /// Our table may lack properties: one that it does not know is a note.
    pub(crate) is_open: bool,
    pub(crate) role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Shows something.
    Shown,
    /// Takes something from the user, under a name.
    Input,
    /// Takes files.
    Picker,
    Footer,
    /// Chooses between children.
    Branch,
    Form,
}

impl Component {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        SCREEN_COMPONENTS.iter().find(|component| component.name == name)
    }

    /// Whether it may stand in a branch of an If or a Switch.
    pub(crate) fn may_branch(&self) -> bool {
        match self.role {
            Role::Picker | Role::Form => false,
            Role::Shown | Role::Input | Role::Footer | Role::Branch => {
                !matches!(self.name, "RichText" | "NavigationList" | "CalendarPicker")
            }
        }
    }

    pub(crate) fn takes_input(&self) -> bool {
        matches!(self.role, Role::Input | Role::Picker)
    }
}

/// What `${form.name}` gives for an input.
pub(crate) fn input_type(component: &Component, object: &Object) -> DataType {
    let texts = || DataType::List(Box::new(DataType::Text));
    match component.name {
        "TextInput" if object.text("input-type") == Some("number") => DataType::Numeral,
        "TextInput" | "TextArea" | "RadioButtonsGroup" | "Dropdown" | "DatePicker" => DataType::Text,
        "CheckboxGroup" | "ChipsSelector" => texts(),
        "OptIn" => DataType::Bool,
        "PhotoPicker" | "DocumentPicker" => DataType::Files,
        "CalendarPicker" if object.text("mode") == Some("range") => DataType::Object(None),
        "CalendarPicker" => DataType::Text,
        _ => DataType::Any,
    }
}
