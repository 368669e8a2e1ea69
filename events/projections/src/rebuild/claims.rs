//! Who had a message first. One wamid belongs to one contact; when the log holds it under two, the first by sequence keeps it, and
//! a pass that holds only the second must know.
//!
//! Kept only for projects that need several passes: 16 bytes a message, by a hash of 96 bits.

use std::hash::{DefaultHasher, Hasher};

use contract::{ContactId, ConversationEvent};
use foldhash::HashMap;

use crate::Error;

/// The most messages of one project; about 1.5 GiB of claims.
const CLAIMS_MAX: usize = 50_000_000;

#[derive(Debug, Default)]
pub(crate) struct Claims(HashMap<[u32; 3], u32>);

impl Claims {
    /// Takes the message for `contact` unless somebody has it. Says whether it is the contact's. Must be called in the order of the log.
    pub(crate) fn claim(&mut self, wamid: &str, contact: ContactId) -> Result<bool, Error> {
        let mine = short(contact);
        let owner = *self.0.entry(key(wamid)).or_insert(mine);
        if self.0.len() > CLAIMS_MAX {
            return Err(Error::TooLarge { what: "messages of one project", limit: CLAIMS_MAX });
        }
        Ok(owner == mine)
    }
}

/// The message that an event adds.
pub(crate) fn message(fact: &ConversationEvent) -> Option<&str> {
    fact.said().map(|message| &*message.wamid)
}

fn key(wamid: &str) -> [u32; 3] {
    let hash = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(salt);
        hasher.write(wamid.as_bytes());
        hasher.finish()
    };
    let (a, b) = (hash(1), hash(2));
    [a as u32, (a >> 32) as u32, b as u32]
}

/// Enough of a contact's id to tell two claimants of one message apart.
fn short(contact: ContactId) -> u32 {
    let bits = contact.ulid().0;
    (bits ^ (bits >> 32) ^ (bits >> 64) ^ (bits >> 96)) as u32
}
