//! What is said in the log: ids, subjects, the envelope, and every event type with its versions.
//!
//! Pure by rule: no I/O crate may appear here, so that anything (a service, the replay tool, a test, a fuzzer) can
//! decode any event ever published. How events are stored is `journal`'s business, what is built from them
//! `projections`'. The published form of this crate is `schemas/`.

mod conversation;
mod database;
mod derive;
mod envelope;
mod event;
mod id;
mod identity;
mod message;
mod parked;
mod project;
mod raw_json;
mod stream;
mod subject;
mod upcast;
mod webhook;

pub use conversation::{
    CloseReason, ContactAbsorbed, ContactFirstSeen, ContactIdentityLinked, ContactIdentityReplaced, ContactIdentityUnlinked, ContactMerged,
    ContactPreferenceChanged, ContactProfile, ContactProfileChanged, ConversationClosed, ConversationEvent, ConversationOpened,
    ConversationStateChanged, MessageStatusReported, UnassignedItemReceived, UnlinkReason,
};
pub use database::{DatabaseEvent, DatabaseFailed, DatabaseReady, DatabaseStep, DatabaseStepCompleted};
pub use envelope::{Context, EnvelopeError, EventType, NewEvent, Recorded};
pub use event::{DecodeError, Event};
pub use id::{ContactId, ConversationId, EventId, IdError, MessageId, OperationId, ProjectId};
pub use identity::{Identity, IdentityKind};
pub use message::{Direction, Message, MessageEchoed, MessageImported, MessageReceived};
pub use parked::{EventSkipped, HoldKind, KeyHeld, KeyReleased, ParkedEvent, RetryRequested};
pub use project::{
    NumberClaimed, NumberConnected, NumberDisconnected, NumberReleased, ProjectCreated, ProjectEvent, ProjectFailed, ProjectReady,
};
pub use raw_json::RawJson;
pub use stream::Stream;
pub use subject::{Subject, SubjectError};
pub use webhook::{BODY_UNREADABLE, CHANGE_RECEIVED, ENTRY_TIME, WABA_ID};
