//! AI credits: a use is charged once, from what is there.

use contract::CreditsUsed;

use super::Refusal;
use super::change::Change;
use crate::account::{Uses, use_key};

pub(super) fn charge(change: &mut Change, uses: &Uses, usage: &str, credits: u64, what: &str) -> Result<(), Refusal> {
    match uses.get(&use_key(usage)) {
        Some(charged) if *charged == credits => Ok(()),
        Some(_) => Err(Refusal::UseReused),
        None if change.account.credits < credits => Err(Refusal::CreditsExhausted),
        None => {
            change.push(CreditsUsed { usage: usage.to_owned(), credits, what: what.to_owned() });
            Ok(())
        }
    }
}
