//! A use of AI credits: what can be one, and how a program reports it.
//!
//! A use has happened when it is heard of, so it is charged whatever is left. Reporting it here is saying it in the stream `usage`, as every
//! service does that uses credits; then it is charged by the very command with which `handle::on_usage` charges them all.

use contract::{AiUsageReported, BillingEvent, Event, EventId, ProjectId, Subject, UsageEvent};
use journal::Expect;

use crate::Billing;
use crate::account::Account;
use crate::command::{Origin, SOURCE};
use crate::decide::{Command, Decision};
use crate::error::Error;

/// Longest name of a use.
const USAGE_BYTES_MAX: usize = 128;
/// Longest text of what it was for.
const WHAT_CHARS_MAX: usize = 200;
/// Most credits of one use.
const CREDITS_MAX: u64 = 1_000_000_000;

/// A use of credits that can be charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    usage: String,
    credits: u64,
    what: String,
}

/// Why something is not a use of credits: each field that is wrong, as a pointer, and how it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a use of credits: {}", .0.iter().map(|(pointer, rule)| format!("{pointer} {rule}")).collect::<Vec<_>>().join(", "))]
pub(crate) struct Unusable(pub(crate) Vec<(&'static str, &'static str)>);

impl Use {
    pub(crate) fn new(usage: String, credits: u64, what: String) -> Result<Self, Unusable> {
        let named = (1..=USAGE_BYTES_MAX).contains(&usage.len()) && usage.bytes().all(|byte| byte.is_ascii_graphic());
        let described = what.chars().count() <= WHAT_CHARS_MAX && !what.chars().any(char::is_control);
        let rules = [
            (named, "/usage", "must be 1 to 128 visible ASCII characters"),
            ((1..=CREDITS_MAX).contains(&credits), "/credits", "must be 1 to 1,000,000,000"),
            (described, "/what", "must be at most 200 characters without control characters"),
        ];
        let broken: Vec<_> = rules.into_iter().filter(|(kept, ..)| !kept).map(|(_, pointer, rule)| (pointer, rule)).collect();
        if broken.is_empty() { Ok(Self { usage, credits, what }) } else { Err(Unusable(broken)) }
    }

    /// As somebody reported it.
    pub(crate) fn of(event: UsageEvent) -> Result<Self, Unusable> {
        match event {
            UsageEvent::AiUsageReported(AiUsageReported { usage, credits, what }) => Self::new(usage, credits, what),
        }
    }

    /// Its name.
    pub(crate) fn usage(&self) -> &str {
        &self.usage
    }

    /// How many credits.
    pub(crate) fn credits(&self) -> u64 {
        self.credits
    }

    /// What for, for people.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    fn reported(&self) -> UsageEvent {
        AiUsageReported { usage: self.usage.clone(), credits: self.credits, what: self.what.clone() }.into()
    }

    /// The same report is the same event.
    fn event_id(&self, project: ProjectId) -> EventId {
        let (project, credits) = (project.to_string(), self.credits.to_string());
        EventId::derive("billing:report", &[&project, &self.usage, &credits, &self.what])
    }
}

impl Billing {
    /// Says that credits were used, and charges it. What is charged already is not said again.
    ///
    /// # Errors
    /// [`Error::Refused`] before anything is said: no such project, one that is being deleted, or the use was charged with another number.
    pub(crate) async fn report_use(&self, project: ProjectId, used: Use, request: &str, actor: &str) -> Result<Account, Error> {
        let command = Command::ChargeUse { used: used.clone() };
        let Decision { events, refused } = self.foresee(project, &command).await?;
        if let Some(refusal) = refused {
            return Err(refusal.into());
        }
        let event = used.event_id(project);
        if events.iter().any(|event| matches!(event, BillingEvent::CreditsUsed(_))) {
            let context = Origin::Request { id: request, actor }.context();
            let reported = used.reported().into_new(event, SOURCE, self.clock.now(), context);
            self.journal.append(&Subject::usage(project), Expect::Any, vec![reported]).await?;
        }
        self.command(project, &command, Origin::Report { event, request }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_use_is_told_field_by_field() {
        let pointers = |usage: &str, credits: u64, what: &str| {
            let made = Use::new(usage.to_owned(), credits, what.to_owned());
            made.err().map(|Unusable(broken)| broken.into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>()).unwrap_or_default()
        };
        assert_eq!(pointers(&"u".repeat(128), 1_000_000_000, &"ä".repeat(200)), Vec::<&str>::new());
        assert_eq!(pointers(&"u".repeat(129), 1_000_000_001, &"ä".repeat(201)), ["/usage", "/credits", "/what"]);
        assert_eq!(pointers("", 0, "a\nb"), ["/usage", "/credits", "/what"]);
        assert_eq!(pointers("a b", u64::MAX, ""), ["/usage", "/credits"]);
    }
}
