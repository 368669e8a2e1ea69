//! What came of asking Meta, and what follows. Pure: time and chance are arguments.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{SendFailure, UnknownOutcome};
use whatsapp::graph::{self, Class, Sent};

use crate::pace::MAINTENANCE;

/// The pause before the second attempt; doubled for every further one.
const BACKOFF_MIN: TimeDelta = TimeDelta::seconds(1);
/// The longest pause between two attempts.
const BACKOFF_MAX: TimeDelta = TimeDelta::minutes(5);
/// How many attempts a message gets of which nobody knows whether Meta took it, so that each may be on the phone, or why Meta did not take a
/// file of it.
const UNCLEAR_ATTEMPTS_MAX: u32 = 3;
/// Meta's word for a message that goes on its way at once.
const NOT_HELD: &str = "accepted";

/// Meta's codes that mean something here.
pub(crate) mod code {
    /// Too many messages of the number.
    pub(crate) const THROUGHPUT: i64 = 130_429;
    /// Too many calls for the account, or of the app.
    pub(crate) const CALLS: [i64; 2] = [4, 80_007];
    /// Too many messages to this person.
    pub(crate) const PAIR: i64 = 131_056;
    /// Something is wrong with what was sent, which may be that Meta has a file of it no more.
    pub(crate) const FILES: [i64; 3] = [100, 131_009, 131_053];
    /// Meta works on the number.
    pub(crate) const MAINTENANCE: i64 = 131_057;
}

/// What is said about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Meta has it.
    Accepted { wamid: String, held_as: Option<String>, settled_by_status: bool },
    /// Meta has it not, which is proved; again at that time.
    Deferred { meta_code: Option<i64>, reason: String, retry_at: DateTime<Utc> },
    /// Nobody knows; a status is waited for until then.
    Unknown { reason: String, settle_by: DateTime<Utc> },
    /// Meta has it not and will not.
    Failed { code: SendFailure, meta_code: Option<i64>, reason: String },
    /// Nobody knows, and nothing more is done.
    Abandoned { reason: String },
}

/// An attempt, as far as its outcome depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    /// From 1.
    pub(crate) number: u32,
    /// Of how many earlier ones nobody knew what came of them, or why.
    pub(crate) unclear: u32,
    /// A file of it may be why Meta refused, and is uploaded once more.
    pub(crate) stale_file: bool,
    /// Of an earlier attempt nobody knows whether Meta took it.
    pub(crate) doubtful: bool,
    /// From 0 to 1.
    pub(crate) chance: f64,
    /// How long a status is waited for.
    pub(crate) settle_wait: TimeDelta,
    /// When the pair may send again, if Meta refused because of it.
    pub(crate) pair_ready: Option<DateTime<Utc>>,
}

/// What came of an attempt. If Meta itself does not know, a status is waited for, as after no answer at all. If it was the last attempt,
/// nothing is waited for: no further attempt has to be held back. But the message is abandoned, not failed, because Meta may have it.
pub(crate) fn outcome(answer: Result<Sent, graph::Error>, attempt: Attempt, now: DateTime<Utc>) -> Outcome {
    let error = match answer {
        Ok(Sent { wamid, message_status, .. }) => {
            let held_as = message_status.filter(|status| status != NOT_HELD);
            return Outcome::Accepted { wamid: wamid.into(), held_as, settled_by_status: false };
        }
        Err(error) => error,
    };
    if error.proves_unsent() {
        return refused(&error, attempt, now);
    }
    let reason = error.for_people();
    if error.class() == Class::Unclear && attempt.unclear + 1 >= UNCLEAR_ATTEMPTS_MAX {
        return Outcome::Abandoned { reason: format!("whether it was taken is not known, and it was tried often enough: {reason}") };
    }
    Outcome::Unknown { reason, settle_by: now + attempt.settle_wait }
}

/// What follows from an error that proves that no message came of it.
pub(crate) fn refused(error: &graph::Error, attempt: Attempt, now: DateTime<Utc>) -> Outcome {
    let (meta_code, reason) = (error.code(), error.for_people());
    let again = match error.class() {
        Class::Transient | Class::RateLimited => true,
        Class::Unclear => attempt.unclear + 1 < UNCLEAR_ATTEMPTS_MAX,
        Class::Final => attempt.stale_file,
    };
    if !again {
        return ended(failure_code(error), meta_code, reason, attempt.doubtful);
    }
    let backoff = now + backoff(attempt.number, attempt.chance);
    let retry_at = match meta_code {
        Some(code::PAIR) => attempt.pair_ready.unwrap_or(backoff),
        Some(code::MAINTENANCE) => backoff.max(now + MAINTENANCE),
        Some(_) | None => backoff,
    };
    Outcome::Deferred { meta_code, reason, retry_at }
}

/// Whether a file that Meta has lost may be why it refused a message.
pub(crate) fn may_be_a_file(error: &graph::Error) -> bool {
    error.code().is_some_and(|code| code::FILES.contains(&code))
}

/// Whether a code of Meta's explains nothing.
pub(crate) fn is_unclear(code: i64) -> bool {
    Class::of_code(code) == Class::Unclear
}

/// A message that is not tried again. What may be at Meta from an earlier attempt cannot be said to have failed.
pub(crate) fn ended(code: SendFailure, meta_code: Option<i64>, reason: String, doubtful: bool) -> Outcome {
    if doubtful {
        return Outcome::Abandoned { reason: format!("whether an earlier attempt was taken is not known; the last one: {reason}") };
    }
    Outcome::Failed { code, meta_code, reason }
}

/// What becomes of an unknown outcome when no status told of it in time. `unclear`: how many of them there were, with this one.
pub(crate) fn unsettled(policy: UnknownOutcome, unclear: u32, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Outcome {
    match policy {
        UnknownOutcome::SendAgain if unclear >= UNCLEAR_ATTEMPTS_MAX => {
            Outcome::Abandoned { reason: "no status told whether it was sent, and it was tried often enough".to_owned() }
        }
        UnknownOutcome::SendAgain if now < expires_at => Outcome::Deferred {
            meta_code: None,
            reason: "no status told whether it was sent; it is sent again, as the project wants".to_owned(),
            retry_at: now,
        },
        UnknownOutcome::SendAgain | UnknownOutcome::GiveUp => {
            Outcome::Abandoned { reason: "no status told whether it was sent".to_owned() }
        }
    }
}

/// From 0 to 1, of a random number. Numbers that follow each other, as ids of one moment do, come out far apart.
pub(crate) fn chance(random: u128) -> f64 {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let low = (random & u128::from(u64::MAX)) as u64;
    (low.wrapping_mul(GOLDEN) >> 32) as f64 / f64::from(u32::MAX)
}

/// Exponential, half of it by chance, so that what failed together does not come back together.
fn backoff(attempt: u32, chance: f64) -> TimeDelta {
    let doubled = BACKOFF_MIN * 2_i32.saturating_pow(attempt.saturating_sub(1).min(16));
    let whole = doubled.min(BACKOFF_MAX).num_milliseconds() as f64;
    TimeDelta::milliseconds((whole * (0.5 + chance.clamp(0.0, 1.0) / 2.0)) as i64)
}

fn failure_code(error: &graph::Error) -> SendFailure {
    match error {
        graph::Error::Refused(_) if error.is_access_lost() => SendFailure::AccessLost,
        graph::Error::Refused(_) => SendFailure::RefusedByMeta,
        graph::Error::Unaskable(_) | graph::Error::Client(_) => SendFailure::CannotBeSent,
        graph::Error::NotSent
        | graph::Error::TooLate
        | graph::Error::Unanswered
        | graph::Error::Unreadable { .. }
        | graph::Error::Expired
        | graph::Error::TooLarge { .. } => SendFailure::RefusedByMeta,
    }
}

#[cfg(test)]
mod tests;
