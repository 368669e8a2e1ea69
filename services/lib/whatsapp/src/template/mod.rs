//! Message templates as they are made and changed, held against Meta's limits before Meta is asked to review them, and whether a
//! message fills the template that it names.
//!
//! What a review finds in the text itself is Meta's to say. A name that is taken, and how often a template was edited, is not known here.

mod authentication;
mod body;
mod button;
mod buttons;
mod carousel;
mod category;
mod components;
mod draft;
mod edit;
mod example;
mod fill;
mod flow_button;
mod header;
mod normalise;
mod offer;
mod variables;

pub use category::Category;
pub use draft::TemplateDraft;
pub use edit::TemplateEdit;
pub use fill::check_parameters;
pub(crate) use fill::is;
pub use flow_button::{FlowButton, flow_button};

/// A template as JSON, in bytes. Callers refuse a longer request body before they parse it; what is accepted is never longer.
pub const TEMPLATE_BYTES_MAX: usize = 64 * 1024;
