//! What a follower could not handle, and the key that it holds back meanwhile.

use serde::{Deserialize, Serialize};

use crate::event::events;

events! {
    /// What followers and operators say, on `parked.<service>.<stream>`.
    ParkedEvent {
        KeyHeld = "parked.key_held.v1",
        RetryRequested = "parked.retry_requested.v1",
        EventSkipped = "parked.event_skipped.v1",
        KeyReleased = "parked.key_released.v1",
    }
}

/// Why a key is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// An event cannot be handled: someone must look.
    Parked,
    /// Something that the key needs is down: tried again by itself.
    SetAside,
}

/// From this event on, the key waits. Its later events stay in the stream and are read from there when it is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHeld {
    /// The leading tokens of the subjects that wait.
    pub key: String,
    /// The first event that was not handled.
    pub from_sequence: u64,
    /// Why someone must look, or what is being waited for.
    pub kind: HoldKind,
    /// What the handler said.
    pub cause: String,
    /// How often it was tried.
    pub attempts: u32,
}

/// An operator, or an event that changes the cause, asks for another attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryRequested {
    /// The key that waits.
    pub key: String,
}

/// An operator decided that one event of the key is not to be handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSkipped {
    /// The key that waits.
    pub key: String,
    /// The event to pass over.
    pub sequence: u64,
    /// Why, for whoever reads this later.
    pub reason: String,
}

/// Everything that waited was handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyReleased {
    /// The key.
    pub key: String,
    /// The last event that was read for it while it waited.
    pub through_sequence: u64,
}
