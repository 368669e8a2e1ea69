//! Objects of projects: code, media, whatever is too large for an event. A folder on this machine, or any store that speaks S3.
//!
//! A key is `<project>/<area>/…`, so that everything of one project, or of one area of it, is erased by its prefix. What is put is on
//! storage that survives a power cut when `put` returns. It knows no event and decides nothing; an object has its name
//! when it is whole.

mod args;
mod error;
mod key;
mod open;
mod store;
mod writer;

pub use args::StorageArgs;
pub use error::{Error, OpenError};
pub use key::{KEY_BYTES_MAX, Key, KeyError};
pub use store::{OBJECT_BYTES_MAX, Object, Storage};
pub use writer::Writer;
