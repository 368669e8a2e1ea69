//! What the payment provider reports is a hint: it names a payment, and what became of that is asked for. So a report that is forged, late,
//! doubled or out of order can do nothing that the provider does not confirm. What its words mean is the provider's file's business.
//!
//! A report that comes when its project is being deleted, or is gone, is the last thing that the log would hold of it: it is erased here, where it
//! is noticed, because whoever erased the project has looked for such reports already.

use std::sync::{Mutex, PoisonError};

use contract::{Event, PAYMENT_REPORTED, PaymentId, ProjectEvent, ProjectId, Recorded, Stream, Subject};
use journal::{Handled, Handler};

use super::stop;
use crate::command::Origin;
use crate::error::Error;
use crate::paystack::Report;
use crate::settle::money_back;
use crate::{Billing, store};

/// Attempts at one report before it is asked whether the provider answers to anything else.
const ATTEMPTS_MIN: u32 = 5;

/// Follows what the payment provider reports.
pub(crate) struct OnReport {
    billing: Billing,
    /// The report that could not be followed up, and how often. One is enough: they share a key and are handled one after another.
    tried: Mutex<(u64, u32)>,
}

impl Handler for OnReport {
    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.on(recorded).await.map_err(|error| stop(&error)) })).await
    }
}

impl OnReport {
    pub(crate) fn new(billing: Billing) -> Self {
        Self { billing, tried: Mutex::default() }
    }

    /// All reports share one key, so that none of them may hold up the others: what cannot be used is left to reconciliation.
    async fn on(&self, recorded: &Recorded) -> Result<(), Error> {
        let billing = &self.billing;
        if recorded.event_type.as_str() != PAYMENT_REPORTED {
            return Ok(());
        }
        let report = Report::read(&recorded.data);
        let payment = report.payment();
        let found = match payment {
            Some(payment) => self.whose(payment, report.project()).await?,
            None => None,
        };
        let (Some(payment), Some(project)) = (payment, found) else {
            return self.unknown(report.project(), payment, recorded).await;
        };
        if billing.provider.is_some() {
            self.follow_up(project, payment, recorded).await?;
        }
        if let Some(how) = report.money_back() {
            money_back(project, payment, how);
        }
        // Asked last: it may have ended while the provider was asked.
        let (closed, erased) = store::closed(&billing.pool, project).await?;
        if closed.is_some() || erased { self.erase(recorded).await } else { Ok(()) }
    }

    /// By the tables, and where these do not know the payment by the log of the project that the report names: they may be behind, for the database
    /// was away when the page was opened.
    async fn whose(&self, payment: PaymentId, named: Option<ProjectId>) -> Result<Option<ProjectId>, Error> {
        if let Some((project, _)) = store::find_payment(&self.billing.pool, payment).await? {
            return Ok(Some(project));
        }
        let Some(project) = named else { return Ok(None) };
        match self.billing.account(project).await {
            Ok(account) => Ok(account.payments.contains_key(&payment).then_some(project)),
            Err(error @ Error::Decode { .. }) => {
                tracing::error!(
                    project.id = %project,
                    payment.id = %payment,
                    error = %chassis::error_chain(&error),
                    "whose a payment is cannot be read"
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn unknown(&self, project: Option<ProjectId>, payment: Option<PaymentId>, recorded: &Recorded) -> Result<(), Error> {
        if let Some(project) = project
            && self.is_gone(project).await?
        {
            tracing::error!(project.id = %project, stream.seq = recorded.sequence, "a payment is reported of a project that is gone: money must be sent back");
            return self.erase(recorded).await;
        }
        match payment {
            Some(payment) => {
                tracing::warn!(payment.id = %payment, stream.seq = recorded.sequence, "a report of a payment that nobody here knows");
            }
            None => tracing::info!(stream.seq = recorded.sequence, "a report that names no payment of ours"),
        }
        Ok(())
    }

    async fn follow_up(&self, project: ProjectId, payment: PaymentId, recorded: &Recorded) -> Result<(), Error> {
        let Err(error) = self.billing.settle(project, payment, Origin::Event(recorded)).await else { return Ok(()) };
        if !self.is_hopeless(&error, recorded.sequence).await {
            return Err(error);
        }
        tracing::error!(
            project.id = %project,
            payment.id = %payment,
            error = %chassis::error_chain(&error),
            "a report cannot be followed up"
        );
        Ok(())
    }

    /// Whether trying again would only keep the others waiting.
    async fn is_hopeless(&self, error: &Error, sequence: u64) -> bool {
        match error {
            Error::Provider(_) if error.is_outage() => self.attempts(sequence) >= ATTEMPTS_MIN && self.billing.is_about_one(error).await,
            Error::Provider(_) | Error::Sealing { .. } | Error::Decode { .. } => true,
            Error::Database(_) => !error.is_outage(),
            Error::Refused(_)
            | Error::Unconfigured
            | Error::Contended(_)
            | Error::Append(_)
            | Error::Log(_)
            | Error::Migrate(_)
            | Error::OtherLog { .. }
            | Error::Row { .. } => false,
        }
    }

    /// How often this one was tried, with this time.
    fn attempts(&self, sequence: u64) -> u32 {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let before = if tried.0 == sequence { tried.1 } else { 0 };
        *tried = (sequence, before.saturating_add(1));
        tried.1
    }

    /// By the log, which remembers more than a table that was built again.
    async fn is_gone(&self, project: ProjectId) -> Result<bool, Error> {
        let Some(last) = self.billing.journal.last(&Subject::project(project)).await? else { return Ok(false) };
        // What cannot be read is not its end.
        Ok(ProjectEvent::read(&last).is_ok_and(|event| matches!(event, ProjectEvent::ProjectErased(_))))
    }

    async fn erase(&self, recorded: &Recorded) -> Result<(), Error> {
        Ok(self.billing.journal.overwrite(Stream::Webhook, recorded.sequence).await?)
    }
}
