//! What goes wrong with the next calls: a list that is worked off, call by call, or a share of the calls by a seed.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{GraphRefusal, Meta};
use crate::Refused;

/// Faults that may wait.
const FAULTS_MAX: usize = 1_000;
/// Times that one fault is met.
const TIMES_MAX: u32 = 1_000_000;
/// How long an answer is held.
const HOLD_MS_MAX: u32 = 600_000;

/// Calls of a name do not work out: the next ones, or a share of all. Exactly one of `lose_answer`, `code`, `http_status` alone,
/// `fail_later` and `hold_ms` alone says how; `hold_ms` goes with each of the others, `done` with `code` and `http_status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphFault {
    /// Of the call, as `GET /sim/api/graph/calls` names it: `register`, `send_message`, `upload_media`, `download_media`,
    /// `create_flow`, `publish_flow`, `create_template`, …
    #[schema(example = "send_message")]
    pub call: String,
    /// Meta does what it is asked for, and the answer is lost on the way.
    #[serde(default)]
    pub lose_answer: bool,
    /// Meta's code that is answered instead; nothing happens, unless `done`.
    pub code: Option<i64>,
    /// The HTTP status of that, 400 if absent. Alone: an answer without Meta's error object, and nothing happens, unless `done`.
    pub http_status: Option<u16>,
    /// Of `code` and `http_status`: Meta does what it is asked for all the same, as behind an unknown error or a proxy that gave up.
    #[serde(default)]
    pub done: bool,
    /// In Meta's words.
    pub message: Option<String>,
    /// Meta says that it would work later.
    #[serde(default)]
    pub is_transient: bool,
    /// Of `send_message`: the message is accepted, and a `failed` status with this code follows.
    pub fail_later: Option<i64>,
    /// Hold the answer, or its loss, so long: real milliseconds, whatever the simulator's clock says.
    #[serde(default)]
    pub hold_ms: u32,
    /// How many calls meet it. Absent: one, or with `percent` all.
    pub times: Option<u32>,
    /// The share of calls that meet it, 1 to 100. Absent: the next ones, without exception.
    pub percent: Option<u8>,
    /// Which calls that are follows from it.
    pub seed: Option<u64>,
}

/// A fault that is set, and what is left of it.
#[derive(Debug)]
pub(crate) struct Armed {
    fault: GraphFault,
    left: Option<u32>,
    dice: StdRng,
}

/// What a call meets.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fate {
    pub(crate) end: End,
    pub(crate) hold_ms: u32,
}

/// How it ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum End {
    /// Nothing is wrong.
    #[default]
    Usual,
    /// It is done, and nobody hears of it.
    Lost,
    /// It is not done.
    Refused(GraphRefusal),
    /// It is done, and this is answered all the same.
    Belied(GraphRefusal),
    /// It is done, and a failure with this code follows.
    FailsLater(i64),
}

impl GraphFault {
    pub(crate) fn check_all(faults: &[Self]) -> Result<(), Refused> {
        let status = |fault: &Self| fault.http_status.is_none_or(|status| (400..600).contains(&status));
        let rules = [
            (faults.len() <= FAULTS_MAX, "at most 1000 faults"),
            (
                faults.iter().all(Self::is_one),
                "a fault has one of lose_answer, code, http_status alone, fail_later of send_message, hold_ms alone",
            ),
            (faults.iter().all(|fault| !fault.done || fault.refuses()), "done goes with code or http_status"),
            (faults.iter().all(|fault| fault.times.is_none_or(|times| (1..=TIMES_MAX).contains(&times))), "times is 1 to 1000000"),
            (faults.iter().all(|fault| fault.percent.is_none_or(|percent| (1..=100).contains(&percent))), "percent is 1 to 100"),
            (faults.iter().all(status), "http_status is 400 to 599"),
            (faults.iter().all(|fault| fault.hold_ms <= HOLD_MS_MAX), "hold_ms is at most 600000"),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            Some((_, rule)) => Err(Refused::Invalid(rule.to_owned())),
            None => Ok(()),
        }
    }

    fn refuses(&self) -> bool {
        self.code.is_some() || self.http_status.is_some()
    }

    fn is_one(&self) -> bool {
        let later = self.fail_later.is_some();
        match u8::from(self.lose_answer) + u8::from(self.refuses()) + u8::from(later) {
            0 => self.hold_ms > 0,
            1 => !later || self.call == "send_message",
            _ => false,
        }
    }

    fn end(&self) -> End {
        if self.lose_answer {
            return End::Lost;
        }
        if let Some(code) = self.fail_later {
            return End::FailsLater(code);
        }
        let refusal = match (self.code, self.http_status) {
            (Some(code), status) => {
                let message = self.message.clone().unwrap_or_else(|| format!("(#{code}) Simulated failure"));
                GraphRefusal::new(status.unwrap_or(400), code, &message).transient(self.is_transient)
            }
            (None, Some(status)) => GraphRefusal::bare(status),
            (None, None) => return End::Usual,
        };
        if self.done { End::Belied(refusal) } else { End::Refused(refusal) }
    }
}

impl Meta {
    /// Sets the faults; those before are off. `seed` is for those that have none.
    pub(crate) fn arm(&mut self, faults: Vec<GraphFault>, seed: u64) {
        let armed = faults.into_iter().map(|fault| Armed {
            left: fault.times.or(fault.percent.is_none().then_some(1)),
            dice: StdRng::seed_from_u64(fault.seed.unwrap_or(seed)),
            fault,
        });
        self.faults = armed.collect();
    }

    /// What the next call of this name meets; once of a fault is used up.
    pub(crate) fn fate(&mut self, call: &str) -> Fate {
        let hit = |armed: &mut Armed| {
            armed.fault.call == call && armed.fault.percent.is_none_or(|percent| armed.dice.random_range(0..100) < percent)
        };
        let Some(index) = self.faults.iter_mut().position(hit) else { return Fate::default() };
        let Some(armed) = self.faults.get_mut(index) else { return Fate::default() };
        let fate = Fate { end: armed.fault.end(), hold_ms: armed.fault.hold_ms };
        armed.left = armed.left.map(|left| left.saturating_sub(1));
        if armed.left == Some(0) {
            self.faults.remove(index);
        }
        fate
    }
}
