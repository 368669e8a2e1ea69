//! The log on NATS JetStream: append, replay, tail and follow. The only crate that names `async-nats`.
//!
//! - [`Journal::append`]: several events of one decision land together or not at all, guarded by the last sequence of their
//!   subject. Appends that wait together travel as one atomic batch (group commit); a lone one travels alone, at once.
//! - [`Journal::replay`] and [`Journal::tail`]: in order, without gap or repeat, over restarts of the broker. [`Journal::feed`] keeps a fold in
//!   memory up to date.
//! - [`Journal::follow`]: keys in parallel, each key in order, retried, parked or set aside, nobody held up by a neighbour.
//!
//! It does not know what events mean and keeps no state of its own: positions and parked keys are events as well.

mod append;
mod connect;
mod erase;
mod error;
mod follow;
mod link;
mod read;
mod request;
mod streams;
mod wire;

use std::num::NonZeroU64;
use std::sync::Arc;

pub use append::{Append, AppendError, Expect, Position};
pub use connect::{ConnectOptions, Credentials};
pub use erase::Erasure;
pub use error::{Difference, Error};
pub use follow::{Follow, Follower, Handled, Handler, HeldKey, Status, Stop, Unsettled, project_of};
pub use read::{Filter, Range, StreamState};

/// A connection to the log. Cheap to clone; every clone shares one connection and one committer per stream.
#[derive(Clone)]
pub struct Journal {
    link: Arc<link::Link>,
    committers: Arc<append::Committers>,
    purge_sequences: NonZeroU64,
}
