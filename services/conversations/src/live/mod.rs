//! What happens now: one reader of the stream `conversation` for the whole process, a bounded memory of the latest events, and any
//! number of subscribers that read it by sequence.
//!
//! Nothing is queued per subscriber: a slow one falls out of the memory and is told so, and costs nobody else anything.

mod feed;
mod frame;
mod ring;
mod subscription;

pub(crate) use feed::Feed;
pub(crate) use frame::{LiveEvent, events, position, reset};
pub(crate) use subscription::{News, Resume, Subscription};
