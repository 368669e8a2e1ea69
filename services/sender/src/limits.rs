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

#[cfg(test)]
mod tests {
    use contract::{ProjectId, UnknownOutcome, WorkspaceId};
    use projects::{Life, Number};
    use ulid::Ulid;

    use super::*;

    fn with_number(coexistence: bool) -> Project {
        let number = Number {
            phone_number_id: "1".to_owned(),
            waba_id: None,
            display: None,
            coexistence,
            sealed_token: Some("v1.x".to_owned()),
            since: None,
        };
        Project {
            id: ProjectId::from_ulid(Ulid::from_parts(1, 1)),
            workspace: WorkspaceId::from_ulid(Ulid::from_parts(1, 2)),
            name: "Shop".to_owned(),
            life: Life::Ready,
            suspended: false,
            conversation_idle: None,
            unknown_outcome: UnknownOutcome::default(),
            number: Some(number),
            sequence: 1,
        }
    }

    #[test]
    fn a_number_that_is_in_use_in_the_app_too_sends_twenty_a_second_and_never_more_than_is_configured() {
        let rate = |number_rate, coexistence| {
            let rate = Limits { number_rate, ..Limits::default() }.rate(Some(&with_number(coexistence)));
            (rate.per_second, rate.burst)
        };
        assert_eq!(rate(80, true), (20, 2));
        assert_eq!(rate(80, false), (80, 10));
        assert_eq!(rate(5, true), (5, 1), "slower was asked for");
    }
}
