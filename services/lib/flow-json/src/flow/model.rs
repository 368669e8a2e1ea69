//! One screen of a valid document, with what must be known about its inputs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::component::{Component, Role};
use crate::version::Version;

#[derive(Debug, Clone)]
pub struct Screen {
    id: String,
    /// The document's: what its strings mean.
    pub(super) version: Version,
    object: Map<String, Value>,
    pub(super) inputs: BTreeMap<String, Input>,
}

/// An input and what it shows before anyone has touched it.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) kind: String,
    /// As it is written: perhaps a reference.
    pub(super) initial: Option<Value>,
    /// `init-values` of the Form around it, as they are written.
    pub(super) form_initials: Option<Value>,
}

impl Input {
    /// What an input gives that was left alone.
    pub(super) fn nothing(&self) -> Value {
        match self.kind.as_str() {
            "OptIn" => Value::Bool(false),
            "CheckboxGroup" | "ChipsSelector" | "PhotoPicker" | "DocumentPicker" => Value::Array(Vec::new()),
            _ => Value::String(String::new()),
        }
    }
}

impl Screen {
    pub(super) fn of(value: &Value, version: Version) -> Option<Self> {
        let object = value.as_object()?.clone();
        let id = object.get("id")?.as_str()?.to_owned();
        let mut inputs = BTreeMap::new();
        gather(children_of(&object), None, &mut inputs);
        Some(Self { id, version, object, inputs })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// As it is written: perhaps a reference.
    pub fn title(&self) -> &str {
        self.object.get("title").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn is_terminal(&self) -> bool {
        self.flag("terminal", false)
    }

    /// Whether ending here counts as a good end. Of a screen that ends nothing: no.
    pub fn is_success(&self) -> bool {
        self.is_terminal() && self.flag("success", true)
    }

    /// Names whose values are not to be shown again.
    pub fn sensitive(&self) -> Vec<&str> {
        self.object.get("sensitive").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The screen's data as its examples have it.
    pub fn examples(&self) -> Map<String, Value> {
        let fields = self.object.get("data").and_then(Value::as_object).into_iter().flatten();
        fields.filter_map(|(name, definition)| Some((name.clone(), definition.get("__example__")?.clone()))).collect()
    }

    pub(super) fn children(&self) -> &[Value] {
        children_of(&self.object)
    }

    /// Screens to which a navigate leads.
    pub(super) fn routes(&self) -> Vec<&str> {
        let mut found = Vec::new();
        routes_below(self.children(), &mut found);
        found
    }

    fn flag(&self, key: &str, otherwise: bool) -> bool {
        self.object.get(key).and_then(Value::as_bool).unwrap_or(otherwise)
    }
}

fn children_of(screen: &Map<String, Value>) -> &[Value] {
    screen.get("layout").and_then(|layout| layout.get("children")).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The lists of components inside a component.
fn below(component: &Map<String, Value>) -> impl Iterator<Item = &Vec<Value>> {
    let lists = ["children", "then", "else"].into_iter().filter_map(|key| component.get(key)?.as_array());
    lists.chain(component.get("cases").and_then(Value::as_object).into_iter().flat_map(Map::values).filter_map(Value::as_array))
}

fn gather(children: &[Value], form: Option<&Value>, inputs: &mut BTreeMap<String, Input>) {
    for component in children.iter().filter_map(Value::as_object) {
        let kind = component.get("type").and_then(Value::as_str).unwrap_or_default();
        let role = Component::find(kind).map(|component| component.role);
        if let Some(name) = component.get("name").and_then(Value::as_str)
            && matches!(role, Some(Role::Input | Role::Picker))
        {
            let initial = component.get("init-value").cloned();
            inputs.entry(name.to_owned()).or_insert(Input { kind: kind.to_owned(), initial, form_initials: form.cloned() });
        }
        let form = if role == Some(Role::Form) { component.get("init-values") } else { form };
        below(component).for_each(|children| gather(children, form, inputs));
    }
}

fn routes_below<'a>(children: &'a [Value], found: &mut Vec<&'a str>) {
    for component in children.iter().filter_map(Value::as_object) {
        let items = component.get("list-items").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
        for holder in std::iter::once(component).chain(items) {
            let actions = ["on-click-action", "on-select-action"].into_iter().filter_map(|key| holder.get(key));
            found.extend(actions.filter_map(|action| action.get("next")?.get("name")?.as_str()));
        }
        below(component).for_each(|children| routes_below(children, found));
    }
}
