//! Reads JSON that a caller is responsible for, and reports everything that is wrong with it at once, each error with its place.
//!
//! It is the opposite of `lenient`. Nothing is copied: what is valid is used as it is. Only what a reader asks for is walked into, so
//! unexpected depth or width costs nothing. It knows nothing of WhatsApp.

mod free;
mod list;
mod number;
mod object;
mod text;

use std::cell::RefCell;

pub(crate) use list::Distinct;
pub(crate) use object::Object;
use serde_json::Value;
pub(crate) use text::LINK_MAX;

use crate::field_error::{Code, FIELD_ERRORS_MAX, FieldError};

/// What was found wrong so far.
#[derive(Default)]
pub(crate) struct Findings(RefCell<Vec<FieldError>>);

/// A value at its place.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    value: &'a Value,
    pointer: String,
    findings: &'a Findings,
}

impl Findings {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(crate) fn take(&self) -> Vec<FieldError> {
        self.0.take()
    }

    pub(crate) fn add(&self, pointer: String, code: Code, detail: impl Into<String>) {
        let mut errors = self.0.borrow_mut();
        if errors.len() < FIELD_ERRORS_MAX {
            errors.push(FieldError { pointer, code: code.as_str(), detail: detail.into() });
        }
    }
}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value, findings: &'a Findings) -> Self {
        Self { value, pointer: String::new(), findings }
    }

    pub(crate) fn refuse(&self, code: Code, detail: impl Into<String>) {
        self.findings.add(self.pointer.clone(), code, detail);
    }

    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    /// `None`, and said, if it is no object.
    pub(crate) fn object(&self) -> Option<Object<'a>> {
        let Value::Object(members) = self.value else {
            self.refuse(Code::Type, "must be an object");
            return None;
        };
        Some(Object::new(self.clone(), members))
    }

    pub(crate) fn flag(&self) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.refuse(Code::Type, "must be true or false");
        }
        flag
    }

    /// One of the choices, spelled as they are.
    pub(crate) fn choice<T: Copy>(&self, among: &[T], name: fn(T) -> &'static str) -> Option<T> {
        self.chosen(among, name, |given, name| given == name)
    }

    /// One of the choices, in capitals or not.
    pub(crate) fn choice_in_any_case<T: Copy>(&self, among: &[T], name: fn(T) -> &'static str) -> Option<T> {
        self.chosen(among, name, str::eq_ignore_ascii_case)
    }

    /// Exactly this text.
    pub(crate) fn fixed(&self, text: &'static str) {
        self.choice(&[text], |text| text);
    }

    fn chosen<T: Copy>(&self, among: &[T], name: fn(T) -> &'static str, same: fn(&str, &str) -> bool) -> Option<T> {
        let given = self.string()?;
        let found = among.iter().find(|choice| same(given, name(**choice))).copied();
        if found.is_none() {
            let names: Vec<_> = among.iter().map(|choice| name(*choice)).collect();
            let one_of = if names.len() == 1 { "" } else { "one of " };
            self.refuse(Code::Value, format!("must be {one_of}{}", names.join(", ")));
        }
        found
    }

    fn child(&self, step: &str, value: &'a Value) -> Self {
        Self { value, pointer: join(&self.pointer, step), findings: self.findings }
    }
}

/// One step further, RFC 6901.
pub(crate) fn join(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
}

/// `1 card`, `2 cards`
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
