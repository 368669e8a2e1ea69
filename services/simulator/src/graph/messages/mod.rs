//! Messages of a business: read without the world, held against it, accepted, and on their way to a phone.

mod ask;
mod checks;
mod mark_read;
mod send;

pub(crate) use ask::Ask;
pub(crate) use send::answer;
