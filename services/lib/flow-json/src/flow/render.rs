//! A screen as someone sees it: branches chosen, references replaced, inputs with what they hold.
//!
//! Components keep the names of their properties and the order of the document; a Form gives its children, an If or Switch those of the branch
//! that shows. What is not visible stays in the list with `visible: false`, as it may come back with the next answer.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Flow;
use super::scope::Scope;
use super::state::Screens;
use crate::component::{Component, Role};
use crate::expression::truth;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rendered {
    pub screen: String,
    pub title: String,
    pub terminal: bool,
    /// Whether ending here is a good end.
    pub success: bool,
    pub components: Vec<Shown>,
    pub footer: Option<Shown>,
}

/// Lists of what can be tapped in a component, each with an id. They stand in the document or come from data.
pub(super) const OPTIONS: [&str; 2] = ["data-source", "list-items"];

/// One component.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// Its place on the screen, by which a step names it: `layout.children[2].then[0]`.
    pub path: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub visible: bool,
    /// Of an input: what it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ShownAction>,
    /// Everything else, under Meta's names.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShownAction {
    /// `on-click-action`, `on-select-action`, `on-unselect-action`.
    pub on: String,
    pub name: String,
    /// The option or item whose own it is, by its id; None: of the component, whatever is tapped in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// Of a navigate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Of an `open_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// None if the Flow has no such screen. Without data (`null`) the screen's examples stand in; `form` that is no object counts as empty.
pub fn render(flow: &Flow, screen_id: &str, data: &Value, form: &Value, seen: &Screens) -> Option<Rendered> {
    let screen = flow.screen(screen_id)?;
    let (examples, empty) = (screen.examples(), Map::new());
    let data = if data.is_null() { &examples } else { data.as_object().unwrap_or(&empty) };
    let scope = Scope::new(screen, data, form.as_object().unwrap_or(&empty), seen);
    let title = scope.resolve(&Value::from(screen.title())).as_str().unwrap_or_default().to_owned();
    let (mut components, mut footer) = (Vec::new(), None);
    for active in active(&scope) {
        match active.shown.kind.as_str() {
            "Footer" => footer = Some(active.shown),
            _ => components.push(active.shown),
        }
    }
    Some(Rendered { screen: screen_id.to_owned(), title, terminal: screen.is_terminal(), success: screen.is_success(), components, footer })
}

/// A component that stands on the screen, with how it is written.
pub(super) struct Active<'a> {
    pub(super) written: &'a Map<String, Value>,
    pub(super) shown: Shown,
}

/// What is on the screen now, in order.
pub(super) fn active<'a>(scope: &Scope<'a>) -> Vec<Active<'a>> {
    let mut found = Vec::new();
    collect(scope, scope.screen.children(), "layout.children", None, &mut found);
    found
}

fn collect<'a>(scope: &Scope<'a>, children: &'a [Value], path: &str, messages: Option<&Value>, found: &mut Vec<Active<'a>>) {
    for (index, written) in children.iter().enumerate().filter_map(|(index, child)| Some((index, child.as_object()?))) {
        let path = format!("{path}[{index}]");
        let kind = written.get("type").and_then(Value::as_str).unwrap_or_default();
        let branch = match kind {
            "If" => Some(if scope.holds(text(written, "condition")) { "then" } else { "else" }),
            "Form" => Some("children"),
            _ => None,
        };
        let messages_of_form = (kind == "Form").then(|| written.get("error-messages").map(|messages| scope.resolve(messages))).flatten();
        let messages = messages_of_form.as_ref().or(messages);
        match (branch, kind) {
            (Some(branch), _) => collect(scope, list(written.get(branch)), &format!("{path}.{branch}"), messages, found),
            (None, "Switch") => {
                let Some((case, children)) = chosen(scope, written) else { continue };
                collect(scope, children, &format!("{path}.cases.{case}"), messages, found);
            }
            (None, _) => found.push(Active { written, shown: show(scope, written, kind, path, messages) }),
        }
    }
}

/// The case that the value names, else the one named `default`.
fn chosen<'a>(scope: &Scope<'a>, written: &'a Map<String, Value>) -> Option<(&'a str, &'a [Value])> {
    let value = scope.resolve(written.get("value")?);
    let cases = written.get("cases")?.as_object()?;
    let named = value.as_str().and_then(|value| cases.get_key_value(value));
    let (name, children) = named.or_else(|| cases.get_key_value("default"))?;
    Some((name, list(Some(children))))
}

fn show(scope: &Scope<'_>, written: &Map<String, Value>, kind: &str, path: String, messages: Option<&Value>) -> Shown {
    let (mut properties, mut of_options) = (Map::new(), Vec::new());
    for (key, value) in written.iter().filter(|(key, _)| !is_apart(key)) {
        let value = scope.resolve(value);
        if OPTIONS.contains(&key.as_str()) {
            let options = list(Some(&value)).iter().filter_map(Value::as_object);
            of_options.extend(options.flat_map(|option| shown_actions(scope, option, Some(text(option, "id")))));
        }
        if !value.is_null() {
            properties.insert(key.clone(), without_actions(&value));
        }
    }
    let visible = written.get("visible").is_none_or(|visible| truth(&scope.resolve(visible)));
    let takes_input = Component::find(kind).is_some_and(|component| matches!(component.role, Role::Input | Role::Picker));
    let name = text(written, "name");
    if let Some(message) = messages.and_then(|messages| messages.get(name)).filter(|_| takes_input) {
        properties.insert("error-message".to_owned(), message.clone());
    }
    let mut actions = shown_actions(scope, written, None);
    actions.extend(of_options);
    let value = if takes_input { scope.entered(name) } else { None };
    Shown { path, kind: kind.to_owned(), visible, value, actions, properties }
}

/// What is not among the properties of what is shown.
fn is_apart(key: &str) -> bool {
    matches!(key, "type" | "visible" | "init-value") || is_action(key)
}

fn is_action(key: &str) -> bool {
    key.ends_with("-action")
}

/// Options and items as they are shown: what they do is not part of it.
fn without_actions(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(without_actions).collect(),
        Value::Object(members) => {
            members.iter().filter(|(key, _)| !is_action(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// What a component does, or one of its options.
fn shown_actions(scope: &Scope<'_>, holder: &Map<String, Value>, option: Option<&str>) -> Vec<ShownAction> {
    let shown = |(on, action): (&String, &Value)| {
        let name = action.get("name")?.as_str()?.to_owned();
        let next = action.get("next").and_then(|next| next.get("name")?.as_str()).map(str::to_owned);
        let url = action.get("url").and_then(|url| scope.resolve(url).as_str().map(str::to_owned));
        Some(ShownAction { on: on.clone(), name, option: option.map(str::to_owned), next, url })
    };
    holder.iter().filter(|(key, _)| is_action(key)).filter_map(shown).collect()
}

pub(super) fn text<'v>(object: &'v Map<String, Value>, key: &str) -> &'v str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
