//! What can go wrong with the log, apart from appends, which have [`crate::AppendError`].

use std::fmt;

use contract::{EnvelopeError, Stream};

/// Why the log could not be opened or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The broker does not answer. Trying later may help.
    #[error("log unavailable: {0}")]
    Unavailable(String),
    /// The broker answers and cannot be the log: version, limits, JetStream.
    #[error("nats server at {url} cannot keep the log: {cause}")]
    Unsuitable {
        /// Where it is.
        url: String,
        /// What is missing.
        cause: String,
    },
    /// A stream exists with other settings than the table's. Nothing was changed.
    #[error("stream {stream} differs from its definition: {}", list(.differences))]
    StreamDiffers {
        /// Which.
        stream: Stream,
        /// Every field that differs.
        differences: Vec<Difference>,
    },
    /// The connection's user may not use this subject.
    #[error("not permitted to use {0}")]
    Forbidden(String),
    /// The broker understood and said no.
    #[error("broker refused {request}: {description} ({code})")]
    Refused {
        /// The API subject.
        request: String,
        /// JetStream's error code.
        code: u64,
        /// JetStream's words.
        description: String,
    },
    /// A stored message is not an event: somebody else writes into the stream.
    #[error("message {sequence} of stream {stream} is not an event: {source}")]
    NotAnEvent {
        /// Where.
        stream: Stream,
        /// Which.
        sequence: u64,
        /// What it lacks.
        source: EnvelopeError,
    },
    /// Reading was to go on after a sequence that the stream never reached: it is not the stream that was read before.
    #[error("sequence {wanted} is ahead of stream {stream}, which ends at {last}")]
    Ahead {
        /// Which.
        stream: Stream,
        /// The first sequence asked for.
        wanted: u64,
        /// The last one there is.
        last: u64,
    },
    /// What a follower's handler had done may be gone.
    #[error("what was done may be gone: {0}")]
    Unsettled(String),
    /// A subject holds more events than [`crate::Journal::entity`] reads.
    #[error("subject {subject} holds more than {limit} events")]
    TooMany {
        /// Which.
        subject: String,
        /// The limit.
        limit: usize,
    },
}

impl From<crate::Unsettled> for Error {
    fn from(crate::Unsettled(cause): crate::Unsettled) -> Self {
        Self::Unsettled(cause)
    }
}

/// One setting of a stream that is not as the table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The broker's name of the setting.
    pub field: String,
    /// As the table says, in JSON.
    pub wanted: String,
    /// As it is, in JSON.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} should be {} and is {}", self.field, self.wanted, self.found)
    }
}

fn list(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
