//! Between events and the broker's messages. On the path of every event read, so nothing is copied that need not be.

use async_nats::HeaderMap;
use async_nats::header::{NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID};
use bytes::Bytes;
use contract::{NewEvent, Recorded, Stream, Subject};

use crate::{Error, Expect};

/// Protocol bytes of one header beside its name and value, and of the block.
const HEADER_EXTRA: usize = 4;
const BLOCK_EXTRA: usize = 12;
/// Room for the headers that an expectation, an atomic batch and [`MORE`] add.
const GUARD_EXTRA: usize = 180;
/// Marks an event that others of its append follow. A broker that loses a part of an append must find where it is cut; see `embedded`.
const MORE: &str = "Paige-More";

/// The headers of an event, and the size of the whole message in bytes.
pub(crate) fn encode(event: &NewEvent) -> (HeaderMap, usize) {
    let mut headers = HeaderMap::new();
    let mut size = BLOCK_EXTRA + GUARD_EXTRA + event.data.len();
    event.headers(|name, value| {
        size += name.len() + value.len() + HEADER_EXTRA;
        headers.insert(name, value);
    });
    let id = event.id.to_string();
    size += "Nats-Msg-Id".len() + id.len() + HEADER_EXTRA;
    headers.insert(NATS_MESSAGE_ID, id);
    (headers, size)
}

/// Adds what the subject's last sequence must be.
pub(crate) fn guard(headers: &mut HeaderMap, expect: Expect) {
    if let Some(sequence) = expect.sequence() {
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, sequence.to_string());
    }
}

/// Marks an event that others of its append follow.
pub(crate) fn more(headers: &mut HeaderMap) {
    headers.insert(MORE, "1");
}

/// Reads a stored message.
pub(crate) fn decode(stream: Stream, sequence: u64, subject: &str, headers: Option<&HeaderMap>, data: Bytes) -> Result<Recorded, Error> {
    let not_an_event = |source| Error::NotAnEvent { stream, sequence, source };
    let subject = Subject::parse(subject).map_err(|_| not_an_event(contract::EnvelopeError::Malformed("subject")))?;
    let pairs = headers.into_iter().flat_map(HeaderMap::iter).filter_map(|(name, values)| Some((name.as_ref(), values.first()?.as_str())));
    Recorded::from_headers(sequence, subject, pairs, data).map_err(not_an_event)
}
