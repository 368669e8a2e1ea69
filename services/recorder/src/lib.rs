//! From Meta's webhooks to a project's tables, in two steps that meet only in the log:
//!
//! 1. [`Recorder`] follows `webhook.*.…`, finds the project and the contact, decides what happened, appends to `conversation`.
//! 2. [`Tables`] follows `conversation`, and applies it to the tables of each project.
//!
//! A project whose database is down is set aside by both; the others go on. This service answers no API and reads no project's
//! tables but through `projections`.

mod change;
pub mod contact;
pub mod decide;
mod draft;
mod error;
mod fit;
mod fold;
mod heard;
pub mod items;
mod load;
mod merge;
mod outbox;
mod project;
mod projects;
mod raw;
mod ready;
mod record;
mod resolve;
mod run;
mod stop;
pub mod view;

pub use error::Error;
pub use project::Tables;
pub use projects::Projects;
pub use ready::register;
pub use record::Recorder;
pub use run::{Followers, STREAMS, run};

/// The service, as events name it.
const SOURCE: &str = "/paige/recorder";

/// A contact that was merged into one that was merged into one … is followed so far.
const MERGERS_MAX: usize = 8;
