//! What references stand for on a screen: its data, its inputs as they are filled in, and the screens before.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::{Map, Value};

use super::model::{Input, Screen};
use super::state::Screens;
use crate::expression::{Mode, Names, Reference, Source, Written, evaluate, parse, truth};

/// Bytes that references of one render or step may bring in. A document that repeats a large value without end gets nothing beyond it.
const RESOLVED_BYTES_MAX: usize = 4 * 1024 * 1024;

pub(super) struct Scope<'a> {
    pub(super) screen: &'a Screen,
    pub(super) data: &'a Map<String, Value>,
    pub(super) form: &'a Map<String, Value>,
    pub(super) seen: &'a Screens,
    left: Cell<usize>,
    /// First values may refer to other inputs, but to what was entered there alone: otherwise two could wait for each other.
    initial: Cell<bool>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(screen: &'a Screen, data: &'a Map<String, Value>, form: &'a Map<String, Value>, seen: &'a Screens) -> Self {
        Self { screen, data, form, seen, left: Cell::new(RESOLVED_BYTES_MAX), initial: Cell::new(false) }
    }

    /// Whether references were left empty because there were too many bytes behind them.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// A value of the document with everything dynamic in it replaced.
    pub(super) fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match Written::read(text, self.screen.version) {
                Written::Literal | Written::Malformed(_) => value.clone(),
                Written::Dynamic(expression) => evaluate(&expression, self),
            },
            Value::Array(elements) => elements.iter().map(|element| self.resolve(element)).collect(),
            Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), self.resolve(value))).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// Whether the condition of an If holds.
    pub(super) fn holds(&self, condition: &str) -> bool {
        parse(condition, Mode::Condition).is_ok_and(|expression| truth(&evaluate(&expression, self)))
    }

    /// What an input holds: what was entered, else what it shows first, else nothing of its kind.
    pub(super) fn entered(&self, name: &str) -> Option<Value> {
        let input = self.screen.inputs.get(name)?;
        let value = self.form.get(name).filter(|value| !value.is_null()).cloned();
        let value = value.or_else(|| if self.initial.get() { None } else { self.first(name, input) });
        Some(value.unwrap_or_else(|| input.nothing()))
    }

    fn first(&self, name: &str, input: &Input) -> Option<Value> {
        self.initial.set(true);
        let own = input.initial.as_ref().map(|value| self.resolve(value));
        let of_form = || match input.form_initials.as_ref()? {
            Value::Object(values) => values.get(name).map(|value| self.resolve(value)),
            reference => self.resolve(reference).get(name).cloned(),
        };
        let value = own.or_else(of_form).filter(|value| !value.is_null());
        self.initial.set(false);
        value
    }

    /// All inputs as they stand.
    pub(super) fn all_entered(&self) -> Map<String, Value> {
        self.screen.inputs.keys().filter_map(|name| Some((name.clone(), self.entered(name)?))).collect()
    }

    fn spend(&self, value: &Value) -> Option<()> {
        let left = self.left.get().saturating_sub(weight(value, self.left.get()));
        self.left.set(left);
        (left > 0).then_some(())
    }
}

impl Names for Scope<'_> {
    fn value(&self, reference: &Reference) -> Option<Cow<'_, Value>> {
        if self.is_spent() {
            return None;
        }
        let (first, name) = (&reference.path[1..], reference.name());
        let root: Cow<'_, Value> = match (reference.screen.as_deref(), reference.source) {
            (None, Source::Data) => Cow::Borrowed(self.data.get(name)?),
            (None, Source::Form) => Cow::Owned(self.entered(name)?),
            (Some(screen), Source::Data) => Cow::Borrowed(self.seen.find(screen)?.data.get(name)?),
            (Some(screen), Source::Form) => Cow::Borrowed(self.seen.find(screen)?.form.get(name)?),
        };
        let found = match root {
            Cow::Borrowed(root) => Cow::Borrowed(first.iter().try_fold(root, |value, step| value.get(step))?),
            Cow::Owned(root) => Cow::Owned(first.iter().try_fold(&root, |value, step| value.get(step))?.clone()),
        };
        self.spend(&found)?;
        Some(found)
    }
}

/// About how many bytes a value has; it stops counting at `enough`.
fn weight(value: &Value, enough: usize) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => 8 + text.len(),
        Value::Array(elements) => sum(elements.iter().map(|element| (0, element)), enough),
        Value::Object(members) => sum(members.iter().map(|(key, value)| (key.len(), value)), enough),
    }
}

fn sum<'v>(values: impl Iterator<Item = (usize, &'v Value)>, enough: usize) -> usize {
    let mut total = 8;
    for (key, value) in values {
        if total >= enough {
            break;
        }
        total += key + weight(value, enough - total);
    }
    total
}
