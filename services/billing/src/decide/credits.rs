//! AI credits: a use is charged once, whatever is left. It has happened; what is too much is owed, and the next purchase pays it first.

use contract::CreditsUsed;

use super::Refusal;
use super::change::Change;
use crate::account::{Uses, use_key};
use crate::usage::Use;

pub(super) fn charge(change: &mut Change, uses: &Uses, used: &Use) -> Result<(), Refusal> {
    match uses.get(&use_key(used.usage())) {
        Some(charged) if *charged == used.credits() => Ok(()),
        Some(_) => Err(Refusal::UseReused),
        None => {
            change.push(CreditsUsed { usage: used.usage().to_owned(), credits: used.credits(), what: used.what().to_owned() });
            Ok(())
        }
    }
}
