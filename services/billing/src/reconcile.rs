//! Compares the provider's transactions with ours, once a day. A difference becomes the events that its webhook would have led to.
//!
//! It looks further back than the last comparison, because the provider lists a transaction by the time at which it began, and it may be
//! paid later. Some payments come even later than that and are in no such list: those that are paid at a page that was given up here, or by
//! a bank that took its time. So payments that failed without a clear no are asked about one by one, for as long as their page can be paid
//! at.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{PaymentId, ProjectId};
use tokio_util::sync::CancellationToken;

use crate::command::Origin;
use crate::decide::Outcome;
use crate::error::Error;
use crate::paystack::{Transaction, TransactionStatus, payment_of};
use crate::settle::{Settled, money_back};
use crate::{Billing, store};

/// How often.
const EVERY: TimeDelta = TimeDelta::hours(24);
/// How much further back than the last time.
const OVERLAP: TimeDelta = TimeDelta::hours(72);
/// How long a customer may take at the provider's page.
const PAGE_LASTS: TimeDelta = TimeDelta::hours(24);
/// How long after it failed a payment is asked about that may be paid still.
const PAID_LATE_MAX: TimeDelta = TimeDelta::days(30);
/// After a failure.
const RETRY_PAUSE: std::time::Duration = std::time::Duration::from_secs(60);
/// Pages of one run: a million transactions.
const PAGES_MAX: u32 = 10_000;
/// Payments looked at in one go.
const PART_MAX: u32 = 500;

/// Why a page has failed that the provider has never heard of: no customer can pay there.
pub(crate) const NEVER_BEGUN: &str = "never begun";

/// Runs until `stop`.
pub(crate) async fn run(billing: Billing, stop: CancellationToken) {
    if billing.provider.is_none() {
        return stop.cancelled().await;
    }
    loop {
        let next = match store::reconciled(&billing.pool).await {
            Ok(through) => through.map_or_else(|| billing.clock.now(), |through| through + EVERY),
            Err(_) => billing.clock.now(),
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = billing.clock.reach(next) => {}
        }
        if let Err(error) = billing.reconcile().await {
            tracing::warn!(error = %chassis::error_chain(&error), "reconciliation is tried again");
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RETRY_PAUSE) => {}
            }
        }
    }
}

impl Billing {
    /// One payment that cannot be settled must not hide the others; an outage ends the run.
    async fn passed(&self, payment: &str, settled: Result<bool, Error>) -> Result<bool, Error> {
        let Err(error) = settled else { return settled };
        if !self.is_about_one(&error).await {
            return Err(error);
        }
        tracing::error!(payment.id = payment, error = %chassis::error_chain(&error), "a payment cannot be settled");
        Ok(false)
    }

    /// Compares, and says what differs. How many payments were not as we held them.
    ///
    /// # Errors
    /// The provider, the log or the database does not answer; what was found so far is said.
    pub async fn reconcile(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let from = match store::reconciled(&self.pool).await? {
            Some(through) => through,
            None => store::oldest_unsettled(&self.pool, now - PAID_LATE_MAX).await?.unwrap_or(now),
        };
        // The clock may have leapt since it was asked.
        let from = from.min(now) - OVERLAP;
        let mut differences = 0;
        for page in 1..=PAGES_MAX {
            let (transactions, more) = self.provider()?.list(from, now, page).await?;
            for transaction in transactions {
                let reference = transaction.reference.clone();
                let compared = self.compare(transaction).await;
                differences += u64::from(self.passed(&reference, compared).await?);
            }
            if !more {
                break;
            }
        }
        differences += self.ask_again(now).await?;
        store::save_reconciled(&self.pool, now).await?;
        metrics::counter!("billing_reconciliation_differences_total").increment(differences);
        tracing::info!(differences, "payments agree with the provider's");
        Ok(differences)
    }

    /// True: it was not as we held it.
    async fn compare(&self, transaction: Transaction) -> Result<bool, Error> {
        let Some(payment) = payment_of(&transaction.reference) else { return Ok(false) };
        let Some((project, status)) = store::find_payment(&self.pool, payment).await? else {
            if transaction.status == TransactionStatus::Success {
                tracing::error!(payment.id = %payment, "the provider has money for a payment that nobody here knows: someone must look");
            }
            return Ok(false);
        };
        let agrees = match transaction.status {
            TransactionStatus::Success => status == "succeeded" || status == "mismatched",
            TransactionStatus::Failed => status == "failed",
            TransactionStatus::Abandoned | TransactionStatus::Pending => status != "succeeded",
            TransactionStatus::Reversed => status == "failed" || status == "mismatched",
        };
        if agrees {
            return Ok(false);
        }
        if status == "succeeded" {
            money_back(project, payment, if transaction.status == TransactionStatus::Reversed { "reversed" } else { "missing" });
            return Ok(true);
        }
        // A list may be older than what is known by now: the one who is asked is the provider, about this one.
        Ok(self.settle(project, payment, Origin::Provider).await? == Settled::Known)
    }

    /// Pages that no customer will pay at any more, and payments that have failed here and may be paid all the same.
    async fn ask_again(&self, now: DateTime<Utc>) -> Result<u64, Error> {
        let (mut differences, mut after) = (0, 0);
        loop {
            let part = store::unsettled(&self.pool, (now - PAGE_LASTS, now - PAID_LATE_MAX), after, PART_MAX).await?;
            let Some((_, _, last, _)) = part.last() else { return Ok(differences) };
            after = *last;
            for (project, payment, _, open) in part {
                let asked = if open { self.close_page(project, payment).await } else { self.look_at(project, payment).await };
                differences += u64::from(self.passed(&payment.to_string(), asked).await?);
            }
        }
    }

    async fn close_page(&self, project: ProjectId, payment: PaymentId) -> Result<bool, Error> {
        let reason = match self.settle(project, payment, Origin::Provider).await? {
            Settled::Known => return Ok(true),
            Settled::Open => return Ok(false),
            Settled::Abandoned => "abandoned",
            Settled::Unheard => NEVER_BEGUN,
        };
        // Should the customer pay after all, the money is credited all the same.
        self.say(project, payment, Outcome::Failed { reason: reason.to_owned() }, Origin::Clock).await?;
        Ok(true)
    }

    async fn look_at(&self, project: ProjectId, payment: PaymentId) -> Result<bool, Error> {
        match self.provider()?.verify(payment).await? {
            Some(transaction) if transaction.status == TransactionStatus::Success => {
                self.report(project, payment, transaction, Origin::Provider).await?;
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }
}
