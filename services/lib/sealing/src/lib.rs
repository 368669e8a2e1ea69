//! Secrets that must be kept where others can read: tokens and PINs in events, sealed.
//!
//! Each project has a [`DataKey`] of its own; what is secret of the project is sealed under it. The data key is kept wrapped by the
//! installation's [`MasterKey`]. So destroying one small text destroys every secret of a project, wherever copies of them lie.
//!
//! XChaCha20-Poly1305 with random nonces, which have 192 bits so that they never meet. What a sealed text is for is authenticated with
//! it: a token cannot be passed for a PIN, nor one project's key for another's. This crate stores nothing and decides nothing.

mod args;
mod data_key;
mod envelope;
mod error;
mod master_key;
mod opened;

pub use args::MasterKeyArgs;
pub use data_key::DataKey;
pub use error::Error;
pub use master_key::{MasterKey, MasterKeyError};
pub use opened::Opened;

/// Bytes of every key here.
const KEY_BYTES: usize = 32;
