//! Which contact had a message first. A wamid belongs to one contact. If the log holds it under two, the one with the lower sequence keeps
//! it, and a pass that folds only the second contact has to be told so.
//!
//! This is kept only for projects that need several passes. It takes 16 bytes for each message, which is named by a hash of 96 bits.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher};

use contract::{ContactId, ConversationEvent};
use foldhash::HashMap;

use crate::Error;
use crate::rows::Message;

/// The most messages of one project; about 1.5 GiB of claims.
const CLAIMS_MAX: usize = 50_000_000;

#[derive(Debug, Default)]
pub(crate) struct Claims(HashMap<[u32; 3], u32>);

impl Claims {
    /// Claims the message of an event for `contact`, unless another contact has it already; then returns that message. It must be called in
    /// the order of the log, or with the claims of the whole log.
    pub(crate) fn claim<'f>(&mut self, fact: &'f ConversationEvent, contact: ContactId) -> Result<Option<Cow<'f, str>>, Error> {
        if let ConversationEvent::MessageAccepted(accepted) = fact {
            return Ok((!self.claim_accepted(&accepted.message.to_string(), &accepted.wamid, contact)?).then(|| (*accepted.wamid).into()));
        }
        let Some(name) = message(fact) else { return Ok(None) };
        Ok((!self.claim_name(&name, contact)?).then_some(name))
    }

    /// Takes what a row of the fold has.
    pub(crate) fn claim_row(&mut self, row: &Message) -> Result<(), Error> {
        self.claim_name(&row.wamid, row.contact_id)?;
        if let Some(asked) = row.asked_as.as_ref().filter(|asked| **asked != row.wamid) {
            self.claim_name(asked, row.contact_id)?;
            self.0.insert(key(ACCEPTED, asked), short(row.contact_id));
        }
        Ok(())
    }

    fn claim_name(&mut self, name: &str, contact: ContactId) -> Result<bool, Error> {
        let mine = short(contact);
        let owner = *self.0.entry(key(NAME, name)).or_insert(mine);
        if self.0.len() > CLAIMS_MAX {
            return Err(Error::TooLarge { what: "messages of one project", limit: CLAIMS_MAX });
        }
        Ok(owner == mine)
    }

    /// As the fold does it: an acceptance takes Meta's id for a message that the contact asked for and that has none yet.
    fn claim_accepted(&mut self, asked: &str, wamid: &str, contact: ContactId) -> Result<bool, Error> {
        let mine = short(contact);
        if let Some(owner) = self.0.get(&key(NAME, wamid)) {
            return Ok(*owner == mine);
        }
        if self.0.get(&key(NAME, asked)) == Some(&mine) && !self.0.contains_key(&key(ACCEPTED, asked)) {
            self.0.insert(key(ACCEPTED, asked), mine);
            self.claim_name(wamid, contact)?;
        }
        Ok(true)
    }
}

/// The message that an event adds, by the name that it has at first.
pub(crate) fn message(fact: &ConversationEvent) -> Option<Cow<'_, str>> {
    if let ConversationEvent::MessageRequested(requested) = fact {
        return Some(requested.message.to_string().into());
    }
    fact.said().map(|message| (*message.wamid).into())
}

/// What is claimed: a name, or to be the one acceptance of a message that was asked for.
const NAME: u8 = 0;
const ACCEPTED: u8 = 1;

fn key(what: u8, wamid: &str) -> [u32; 3] {
    let hash = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(2 * what + salt);
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
