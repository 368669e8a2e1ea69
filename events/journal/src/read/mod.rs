//! Reading: one subject, a range, or everything as it comes.

mod entity;
mod pull;
mod replay;
mod state;

pub use replay::{Filter, Range};
pub use state::StreamState;

pub(crate) use pull::{Read, Reader, Window};
pub(crate) use replay::Replay;
