//! One webhook on its way: Meta tries until it is answered with 200, with growing gaps, for 7 days.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid};

/// How long Meta tries.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::days(7);
/// Before the second attempt; each further gap is twice as long.
const GAP_FIRST: TimeDelta = TimeDelta::seconds(1);
const GAP_MAX: TimeDelta = TimeDelta::hours(1);

/// The message whose ticks depend on the webhook.
pub(crate) type Told = (WaId, PhoneNumberId, Wamid);

#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) body: Bytes,
    pub(crate) tells: Vec<Told>,
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) attempts: u32,
    pub(crate) state: State,
    /// What the last attempt met.
    pub(crate) last: Option<String>,
}

/// Where a webhook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// For its first or next attempt.
    Waiting,
    InFlight,
    /// Answered with 200.
    Delivered,
    /// Tried for 7 days.
    GivenUp,
}

/// One attempt to make, and what is to go wrong with it.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) serial: u64,
    pub(crate) body: Bytes,
    pub(crate) wrong_signature: bool,
    pub(crate) drop: bool,
    pub(crate) lose_answer: bool,
}

impl Delivery {
    /// Takes in what an attempt met: `Ok` is the answer's status. Says whether it is over now.
    pub(crate) fn met(&mut self, outcome: Result<u16, String>, now: DateTime<Utc>) -> bool {
        self.attempts += 1;
        self.last = Some(match &outcome {
            Ok(status) => format!("answered {status}"),
            Err(cause) => cause.clone(),
        });
        if outcome == Ok(200) {
            self.state = State::Delivered;
            return true;
        }
        self.due_at = now + gap(self.attempts);
        let over = self.due_at > self.made_at + LIFETIME;
        self.state = if over { State::GivenUp } else { State::Waiting };
        over
    }
}

fn gap(attempts: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(16);
    (GAP_FIRST * (1 << doublings)).min(GAP_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_grow_and_the_seventh_day_is_the_last() {
        let start = DateTime::from_timestamp(1_794_992_403, 0).unwrap();
        let mut delivery = Delivery {
            body: Bytes::new(),
            tells: Vec::new(),
            made_at: start,
            due_at: start,
            attempts: 0,
            state: State::Waiting,
            last: None,
        };
        let mut gaps = Vec::new();
        while delivery.state == State::Waiting {
            let now = delivery.due_at;
            delivery.met(Ok(503), now);
            gaps.push(delivery.due_at - now);
        }
        assert_eq!(gaps[..4], [1, 2, 4, 8].map(TimeDelta::seconds));
        assert!(gaps.is_sorted() && gaps.last() == Some(&GAP_MAX));
        assert_eq!(delivery.state, State::GivenUp);
        assert!(delivery.due_at > start + LIFETIME && delivery.due_at - start < LIFETIME + TimeDelta::hours(2));
        assert!((170..200).contains(&delivery.attempts), "{}", delivery.attempts);
    }
}
