//! What goes wrong with the next calls: a list that is worked off, call by call.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{GraphRefusal, Meta};
use crate::Refused;

/// Faults that may wait.
const FAULTS_MAX: usize = 1_000;
/// Times that one fault is met.
const TIMES_MAX: u32 = 1_000_000;

/// The next call of a name does not work out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphFault {
    /// Of the call: `exchange_code`, `debug_token`, `phone_numbers`, `subscribe`, `unsubscribe`, `register`, `deregister`, `number`,
    /// `profile`, `change_profile`, `start_upload`, `send_upload`, `upload_offset`, `request_display_name`, `change_pin`.
    #[schema(example = "register")]
    pub call: String,
    /// Meta does what it is asked for, and the answer is lost on the way.
    #[serde(default)]
    pub lose_answer: bool,
    /// Meta's code that is answered instead; nothing happens.
    pub code: Option<i64>,
    /// The HTTP status of that, 400 if absent.
    pub http_status: Option<u16>,
    /// In Meta's words.
    pub message: Option<String>,
    /// Meta says that it would work later.
    #[serde(default)]
    pub is_transient: bool,
    /// How many calls meet it, 1 if absent.
    #[serde(default = "once")]
    #[schema(default = 1)]
    pub times: u32,
}

/// What a call meets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fate {
    /// Nothing is wrong.
    Usual,
    /// It is done, and nobody hears of it.
    Lost,
    /// It is not done.
    Refused(GraphRefusal),
}

fn once() -> u32 {
    1
}

impl GraphFault {
    pub(crate) fn check_all(faults: &[Self]) -> Result<(), Refused> {
        let rules = [
            (faults.len() <= FAULTS_MAX, "at most 1000 faults"),
            (faults.iter().all(|fault| fault.lose_answer != fault.code.is_some()), "a fault has either lose_answer or a code"),
            (faults.iter().all(|fault| (1..=TIMES_MAX).contains(&fault.times)), "times is 1 to 1000000"),
            (faults.iter().all(|fault| fault.http_status.is_none_or(|status| (400..600).contains(&status))), "http_status is 400 to 599"),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            Some((_, rule)) => Err(Refused::Invalid(rule.to_owned())),
            None => Ok(()),
        }
    }
}

impl Meta {
    /// What the next call of this name meets; the fault is used up.
    pub(crate) fn fate(&mut self, call: &str) -> Fate {
        let Some(index) = self.faults.iter().position(|fault| fault.call == call) else { return Fate::Usual };
        let Some(fault) = self.faults.get_mut(index) else { return Fate::Usual };
        fault.times = fault.times.saturating_sub(1);
        let met = fault.clone();
        if met.times == 0 {
            self.faults.remove(index);
        }
        let Some(code) = met.code else { return Fate::Lost };
        let message = met.message.unwrap_or_else(|| format!("(#{code}) Simulated failure"));
        Fate::Refused(GraphRefusal { transient: met.is_transient, ..GraphRefusal::new(met.http_status.unwrap_or(400), code, &message) })
    }
}
