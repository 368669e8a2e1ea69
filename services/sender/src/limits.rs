//! How much at once, how fast, and how long a status is waited for.

use std::time::Duration;

use projects::Project;

use crate::pace::NumberRate;

/// What a number may send where the WhatsApp Business app is in use too, in messages a second.
const COEXISTENCE_PER_SECOND_MAX: u32 = 20;
/// So much of a second's messages may go at once.
const BURST_SHARE: u32 = 8;

/// The limits of one sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Messages on their way to Meta at once.
    pub calls_max: usize,
    /// Of one project: a slow one takes no more than its share.
    pub project_calls_max: usize,
    /// Messages a second of one number.
    pub number_rate: u32,
    /// How much longer than the call itself a status is waited for that tells what came of it.
    pub settle_margin: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls_max: 1_024, project_calls_max: 128, number_rate: 80, settle_margin: Duration::from_secs(90) }
    }
}

impl Limits {
    /// Of a project's number.
    pub(crate) fn rate(&self, project: Option<&Project>) -> NumberRate {
        let coexistence = project.and_then(|project| project.number.as_ref()).is_some_and(|number| number.coexistence);
        let per_second = if coexistence { self.number_rate.min(COEXISTENCE_PER_SECOND_MAX) } else { self.number_rate };
        NumberRate { per_second, burst: (per_second / BURST_SHARE).max(1) }
    }
}
