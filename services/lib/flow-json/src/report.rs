//! What the validator says: errors in the shape of Meta's `validation_errors`, and notes, which are ours.
//!
//! An error is what Meta would refuse. A note is what Meta may take or refuse without our knowing, or what surprises later.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::Version;
use crate::json::Span;
use crate::place::Place;
use crate::position::Lines;

/// Errors of one document that are told. Who has more repairs these first.
pub const ERRORS_MAX: usize = 500;
/// Notes of one document that are told.
pub const NOTES_MAX: usize = 100;
/// Characters of the document that a message repeats.
const QUOTED_CHARACTERS_MAX: usize = 120;
/// The one type that current answers of Meta carry; older ones also had `JSON_SCHEMA_ERROR`.
const ERROR_TYPE: &str = "FLOW_JSON_ERROR";

/// The judgement of one document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// None where the document has none that exists.
    pub version: Option<Version>,
    /// In the order of the document, at most [`ERRORS_MAX`].
    pub errors: Vec<Finding>,
    /// In the order of the document, at most [`NOTES_MAX`].
    pub notes: Vec<Note>,
}

impl Report {
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }
}

/// One error, as an element of Meta's `validation_errors`. Lines and columns count from 1, ends are inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub error: String,
    pub error_type: String,
    pub message: String,
    pub line_start: usize,
    pub line_end: usize,
    pub column_start: usize,
    pub column_end: usize,
    pub pointers: Vec<Pointer>,
}

/// Where an error stands, once more with its way from the root: `screens[0].layout.children[2]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    pub line_start: usize,
    pub line_end: usize,
    pub column_start: usize,
    pub column_end: usize,
    pub path: String,
}

/// What is worth knowing and refuses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub message: String,
    pub path: String,
    pub line_start: usize,
    pub line_end: usize,
    pub column_start: usize,
    pub column_end: usize,
}

/// Collects while a document is judged. Beyond the limits it takes no more.
#[derive(Default)]
pub(crate) struct Collected {
    errors: Vec<(Span, &'static str, String, String)>,
    notes: Vec<(Span, String, String)>,
}

impl Collected {
    pub(crate) fn error(&mut self, code: &'static str, at: Span, place: &Place<'_>, message: String) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push((at, code, message, place.dotted()));
        }
    }

    pub(crate) fn note(&mut self, at: Span, place: &Place<'_>, message: String) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push((at, message, place.dotted()));
        }
    }

    /// Where errors stand.
    pub(crate) fn places(&self) -> HashSet<Span> {
        self.errors.iter().map(|(at, ..)| *at).collect()
    }

    /// Whether more errors would be passed over: who walks a hostile document can stop.
    pub(crate) fn is_full(&self) -> bool {
        self.errors.len() >= ERRORS_MAX
    }

    pub(crate) fn finish(mut self, text: &[u8], version: Option<Version>) -> Report {
        let lines = Lines::of(text);
        self.errors.sort_by_key(|(at, ..)| at.start);
        self.notes.sort_by_key(|(at, ..)| at.start);
        let errors = self.errors.into_iter().map(|(at, code, message, path)| finding(&lines, at, code, message, path)).collect();
        let notes = self.notes.into_iter().map(|(at, message, path)| note(&lines, at, message, path)).collect();
        Report { version, errors, notes }
    }
}

fn finding(lines: &Lines<'_>, at: Span, code: &str, message: String, path: String) -> Finding {
    let area = lines.area(at);
    let (line_start, line_end, column_start, column_end) = (area.line_start, area.line_end, area.column_start, area.column_end);
    let pointers = vec![Pointer { line_start, line_end, column_start, column_end, path }];
    Finding { error: code.to_owned(), error_type: ERROR_TYPE.to_owned(), message, line_start, line_end, column_start, column_end, pointers }
}

fn note(lines: &Lines<'_>, at: Span, message: String, path: String) -> Note {
    let area = lines.area(at);
    let (line_start, line_end, column_start, column_end) = (area.line_start, area.line_end, area.column_start, area.column_end);
    Note { message, path, line_start, line_end, column_start, column_end }
}

/// Words of the document as a message repeats them: never more than a line.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARACTERS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", shortened(text))
}
