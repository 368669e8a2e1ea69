//! Meta's WhatsApp Business Platform as it reaches us: who signed a webhook body, what changes it holds, what is in each.
//!
//! Three steps, each usable alone, each over the bytes that Meta sent:
//!
//! 1. [`AppSecrets::verify`] says whether the body comes from Meta.
//! 2. [`split`] cuts the body into its [`Change`]s without re-serialising.
//! 3. [`payload::Value::parse`] reads one change. It never fails: what it does not understand, it keeps raw.
//!
//! And as we reach it: [`Outbound`] is a message that Meta would take, [`TemplateDraft`] a template, [`FieldError`] what is wrong with
//! one that it would not.
//!
//! Nothing of ours is in here: no project, no event, no table. I/O is in `graph` alone, the client of the Graph API and its configuration,
//! which is a feature.

pub mod business_profile;
mod envelope;
mod field_error;
#[cfg(feature = "graph")]
pub mod graph;
mod ids;
mod lenient;
pub mod outbound;
pub mod payload;
mod phone;
mod signature;
mod strict;
pub mod template;
mod username;
mod wa_id;

pub use envelope::{CHANGES_MAX, Change, FIELD_MISSING, Unreadable, split};
pub use field_error::{FIELD_ERRORS_MAX, FieldError};
pub use ids::{Bsuid, GroupId, Invalid, PhoneNumberId, WabaId, Wamid};
pub use outbound::{MediaKind, OUTBOUND_BYTES_MAX, Outbound, Recipient};
pub use phone::Phone;
pub use signature::{AppSecrets, EmptySecret, SIGNATURE_HEADER, SignatureError, sign};
pub use template::{TEMPLATE_BYTES_MAX, TemplateDraft, TemplateEdit, check_parameters};
pub use username::Username;
pub use wa_id::{PhoneKey, WaId};
