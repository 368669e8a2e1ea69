//! Flow JSON: the documents that WhatsApp Flows are made of.
//!
//! 1. [`check`] judges a document: every error that Meta would report, in the shape in which Meta reports it, with real lines and columns.
//!    The rules of version 6.0 are here in full; of 6.1 to 7.3 what could be learnt, and a note where the judgement ends.
//! 2. [`Flow::parse`] takes a valid document, [`render`] shows a screen of it with everything dynamic in it replaced, [`step`] follows a tap.
//!
//! Nothing here does I/O, knows the time or knows a project. Sources of the rules: Meta's pages "Flow JSON", "Components", "Error codes",
//! "Media upload components" and the changelog. Where they give no code for a rule (lengths of texts, numbers of components), the error is ours:
//! `INVALID_PROPERTY_VALUE` with a message that says the limit.

mod check;
mod component;
mod data_type;
mod date;
mod expression;
mod flow;
mod json;
mod pattern;
mod place;
mod position;
mod report;
mod version;

pub use check::check;
pub use flow::{
    Flow, InputError, InputFault, Outcome, Rendered, Screen, Screens, Seen, Shown, ShownAction, State, Step, StepError, Trigger, render,
    step,
};
pub use report::{ERRORS_MAX, Finding, NOTES_MAX, Note, Pointer, Report};
pub use version::{JUDGED, KNOWN, Version};
