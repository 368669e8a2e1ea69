//! Webhooks for measuring: signed beforehand, each with a wamid of its own.

use std::net::SocketAddr;

use bytes::Bytes;
use chassis::Clock;
use contract::{CHANGE_RECEIVED, Context, EventId, NewEvent, Subject};
use futures::StreamExt;
use journal::{AppendError, Expect, Journal};

use crate::bodies;
use crate::load::Requests;

/// Meta's time stamp of the first of them.
pub const FIRST_SECOND: i64 = 1_794_992_403;
/// How many senders take turns at each number.
const SENDERS_PER_NUMBER: usize = 200;

/// Appends on their way at once, when the log is filled.
const AT_ONCE: usize = 2_048;

/// What a load of webhooks looks like.
pub struct Webhooks<'a> {
    /// Told apart from other loads of the run by this.
    pub name: &'a str,
    /// Which numbers take turns.
    pub numbers: &'a [String],
    /// How many.
    pub count: usize,
}

impl Webhooks<'_> {
    /// The wamid of one.
    pub fn wamid(&self, index: usize) -> String {
        format!("wamid.{}{index:026}=", self.name)
    }

    /// The number that it comes to.
    pub fn number(&self, index: usize) -> &str {
        &self.numbers[index % self.numbers.len()]
    }

    /// The body of one: neighbours go to different numbers, and each sender comes back after all others of its number.
    pub fn body(&self, index: usize) -> Vec<u8> {
        let round = index / self.numbers.len();
        let sender = index % self.numbers.len() * SENDERS_PER_NUMBER + round % SENDERS_PER_NUMBER;
        bodies::long_text(self.number(index), &format!("1650{sender:07}"), &self.wamid(index), FIRST_SECOND + (index / 1_000) as i64)
    }

    /// One as ingress puts it into the log.
    ///
    /// # Panics
    /// Never: the body is one that Meta could have sent.
    pub fn event(&self, index: usize) -> (Subject, NewEvent) {
        taken_in(self.number(index), self.body(index))
    }

    /// Puts them all into the log, as they would have come.
    ///
    /// # Panics
    /// The log does not take them.
    pub async fn store(&self, journal: &Journal) {
        store(journal, (0..self.count).map(|index| self.event(index))).await;
    }

    /// All of them as HTTP requests.
    pub fn requests(&self, address: SocketAddr, app_secret: &str) -> Requests {
        let mut requests = Requests::default();
        for index in 0..self.count {
            requests.push(&post(address, app_secret, &self.body(index)));
        }
        requests
    }
}

/// A body of one message, as ingress puts it into the log.
///
/// # Panics
/// It is not one that Meta could have sent.
pub fn taken_in(number: &str, body: Vec<u8>) -> (Subject, NewEvent) {
    let body = Bytes::from(body);
    let changes = whatsapp::split(&body).expect("a body with changes");
    let event = NewEvent {
        id: EventId::derive(CHANGE_RECEIVED, &[changes[0].raw]),
        event_type: CHANGE_RECEIVED,
        source: "/paige/bench",
        time: Clock::System.now(),
        context: Context { actor: Some("meta".to_owned()), ..Context::default() },
        extensions: Vec::new(),
        content_type: "application/json",
        data: body.slice_ref(changes[0].raw.as_bytes()),
    };
    (Subject::webhook(number, "messages").expect("a number"), event)
}

/// Puts events into the log, many at once.
///
/// # Panics
/// The log does not take them.
pub async fn store(journal: &Journal, events: impl Iterator<Item = (Subject, NewEvent)>) {
    let appends = futures::stream::iter(events).map(|(subject, event)| async move {
        // A machine that is busy with other things may be late; the same id makes trying again harmless.
        while let Err(error) = journal.append(&subject, Expect::Any, vec![event.clone()]).await {
            assert!(matches!(error, AppendError::Unavailable(_)), "{error}");
        }
    });
    appends.buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// A webhook as Meta's client writes it.
pub fn post(address: SocketAddr, app_secret: &str, body: &[u8]) -> Vec<u8> {
    let signature = whatsapp::sign(app_secret, body);
    let mut request = format!(
        "POST /webhooks/meta HTTP/1.1\r\nhost: {address}\r\nuser-agent: facebookexternalua\r\naccept: */*\r\ncontent-type: application/json\r\n\
         {}: {signature}\r\ncontent-length: {}\r\n\r\n",
        whatsapp::SIGNATURE_HEADER,
        body.len(),
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}
