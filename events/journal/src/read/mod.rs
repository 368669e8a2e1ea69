//! Reading: one subject, a range, or everything as it comes.

mod consumer;
mod entity;
mod feed;
mod reader;
mod replay;
mod state;

pub use replay::{Filter, Range};
pub use state::StreamState;

pub(crate) use consumer::Window;
pub(crate) use reader::Reader;
pub(crate) use replay::Replay;
