//! The way of a command: read what is so from the log, decide, append under the condition that it is still so.
//!
//! What was due by now is appended also when the command itself is refused. Whoever loses a race reads again and decides again.

use contract::{BillingEvent, Context, Event, EventId, NewEvent, ProjectId, Recorded, SYSTEM_ACTOR, Subject};
use journal::{AppendError, Expect};

use crate::account::Account;
use crate::accounts::Known;
use crate::decide::{Command, Decision, decide};
use crate::error::Error;
use crate::{Billing, paystack, store};

/// How often a command is decided anew because others were faster.
const ATTEMPTS_MAX: u32 = 16;
pub(crate) const SOURCE: &str = "/paige/billing";

/// From where a command comes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// A request, by its id, and who made it.
    Request { id: &'a str, actor: &'a str },
    /// An event that was followed.
    Event(&'a Recorded),
    /// A use of credits that a request reported, in that event.
    Report { event: EventId, request: &'a str },
    /// The clock, or billing's own work.
    Clock,
    /// The payment provider was asked.
    Provider,
}

impl Origin<'_> {
    pub(crate) fn context(&self) -> Context {
        let trace = chassis::traceparent::current();
        match self {
            Self::Request { id, actor } => Context::of_request(id, actor, trace),
            Self::Event(event) => Context::following(event, chassis::traceparent::after, SYSTEM_ACTOR),
            Self::Report { event, request } => Context { causation: Some(*event), ..Context::of_request(request, SYSTEM_ACTOR, trace) },
            Self::Clock => Context::own(SYSTEM_ACTOR, trace),
            Self::Provider => Context::own(paystack::NAME, trace),
        }
    }
}

impl Billing {
    /// Carries out `command` and gives the account as it is then. The tables show it when this returns, unless the platform database is
    /// down: the follower brings it there later.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Contended`]; [`Error::Append`] and [`Error::Log`] while the log is unavailable.
    pub(crate) async fn command(&self, project: ProjectId, command: &Command, origin: Origin<'_>) -> Result<Account, Error> {
        let slot = self.accounts.slot(project);
        let mut known = slot.lock().await;
        for _ in 0..ATTEMPTS_MAX {
            known.catch_up(&self.journal, project).await?;
            let decision = decide(&known.account, &known.uses, command, &self.terms, self.clock.now());
            if !decision.events.is_empty() && !self.append(project, &mut known, &decision.events, origin).await? {
                continue;
            }
            self.show(project, &known.account).await;
            return match decision.refused {
                None => Ok(known.account.clone()),
                Some(refusal) => Err(refusal.into()),
            };
        }
        Err(Error::Contended(ATTEMPTS_MAX))
    }

    /// What would follow from `command` now. Nothing of it happens.
    pub(crate) async fn foresee(&self, project: ProjectId, command: &Command) -> Result<Decision, Error> {
        let slot = self.accounts.slot(project);
        let mut known = slot.lock().await;
        known.catch_up(&self.journal, project).await?;
        Ok(decide(&known.account, &known.uses, command, &self.terms, self.clock.now()))
    }

    /// The account, as the log has it.
    pub(crate) async fn account(&self, project: ProjectId) -> Result<Account, Error> {
        let slot = self.accounts.slot(project);
        let mut known = slot.lock().await;
        known.catch_up(&self.journal, project).await?;
        Ok(known.account.clone())
    }

    /// False: others were faster, or the subject is not what it was. It is read again from its beginning.
    async fn append(&self, project: ProjectId, known: &mut Known, events: &[BillingEvent], origin: Origin<'_>) -> Result<bool, Error> {
        let subject = Subject::billing(project);
        let now = self.clock.now();
        let expect = if known.account.sequence == 0 { Expect::New } else { Expect::At(known.account.sequence) };
        let new = events.iter().map(|event| self.envelope(&subject, event, now, origin)).collect();
        let position = match self.journal.append(&subject, expect, new).await {
            Ok(position) => position,
            Err(AppendError::Conflict { .. }) => {
                *known = Known::default();
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        // The event id was there before: what is so must be read again.
        if position.duplicate {
            *known = Known::default();
            return Ok(false);
        }
        let before = position.sequence - events.len() as u64;
        for (sequence, event) in (before + 1..).zip(events) {
            known.apply(sequence, now, event);
        }
        Ok(true)
    }

    fn envelope(&self, subject: &Subject, event: &BillingEvent, now: chrono::DateTime<chrono::Utc>, origin: Origin<'_>) -> NewEvent {
        let id = match event {
            BillingEvent::TrialStarted(_) => EventId::derive(event.event_type(), &[subject.as_str()]),
            BillingEvent::PaymentRequested(_)
            | BillingEvent::PaymentSucceeded(_)
            | BillingEvent::PaymentFailed(_)
            | BillingEvent::PaymentMismatched(_)
            | BillingEvent::CycleStarted(_)
            | BillingEvent::CycleExtended(_)
            | BillingEvent::PauseScheduled(_)
            | BillingEvent::CancellationScheduled(_)
            | BillingEvent::ScheduleWithdrawn(_)
            | BillingEvent::SubscriptionPastDue(_)
            | BillingEvent::ReminderDue(_)
            | BillingEvent::SubscriptionPaused(_)
            | BillingEvent::SubscriptionCancelled(_)
            | BillingEvent::SubscriptionExpired(_)
            | BillingEvent::EntitlementChanged(_)
            | BillingEvent::CreditsAdded(_)
            | BillingEvent::CreditsUsed(_)
            | BillingEvent::SubscriptionClosed(_) => EventId::from_ulid(self.ids.ulid()),
        };
        event.clone().into_new(id, SOURCE, now, origin.context())
    }

    /// Puts the account where pollers and lists look. The log has it already: failing here is no failure.
    async fn show(&self, project: ProjectId, account: &Account) {
        match store::save(&self.pool, project, account, &self.terms).await {
            Ok(()) => self.stir(),
            Err(error) => {
                tracing::warn!(project.id = %project, error = %chassis::error_chain(&error), "the tables will show the account later")
            }
        }
    }

    /// Wakes whoever waits for what the tables say.
    pub(crate) fn stir(&self) {
        self.deadlines.notify_one();
        self.charges.notify_one();
    }
}
