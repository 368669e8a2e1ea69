//! Charges what is stored: renewals at the end of a cycle, and resumptions that a customer asked for.
//!
//! Every charge begins by asking the provider what became of it. Only a payment that the provider has never heard of is charged, and the
//! provider takes each reference once. So a crash or a lost answer between the two leads to asking again, never to a second charge.
//!
//! An outcome is not waited for without end (`Terms::charge_days`): a charge of that age is tried once more and then given up. The last
//! attempt is made so that a time in which nothing was tried, such as an outage of ours, costs the customer nothing. A charge that was
//! given up counts as failed, and is not made when the provider comes back.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::{PaymentId, PaymentPurpose, ProjectId};
use futures::StreamExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::account::{Account, Payment, PaymentStatus};
use crate::command::Origin;
use crate::decide::Outcome;
use crate::error::Error;
use crate::paystack::{ProviderError, Sum};
use crate::settle::Settled;
use crate::subscription::State;
use crate::{Billing, authorisation, store};

/// Charges looked at in one round.
const ROUND_MAX: u32 = 1_000;
/// Charges at the provider at the same time.
const PARALLEL: usize = 4;
/// Before the second attempt at a charge; doubled with each.
const PAUSE_MIN: Duration = Duration::from_millis(250);
/// Between attempts at most.
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// Pauses are doubled at most so often.
const DOUBLINGS_MAX: u32 = 12;

/// Why a charge has failed of which the provider never said what became of it.
pub(crate) const GIVEN_UP: &str = "no outcome in time";

/// Runs until `stop`, also where no provider is configured any more: what was asked for while one was is given up in its time.
pub(crate) async fn run(billing: Billing, stop: CancellationToken) {
    let mut waiting: HashMap<PaymentId, (Instant, u32)> = HashMap::new();
    let agenda = billing.clock.agenda();
    loop {
        // What a charge leads to is decided by the time it is then: nothing of an earlier instant may be left to do.
        if billing.behind.load(Ordering::SeqCst) {
            tokio::select! {
                () = stop.cancelled() => return,
                () = billing.charges.notified() => continue,
            }
        }
        let open = store::open_charges(&billing.pool, ROUND_MAX).await.unwrap_or_else(|error| {
            tracing::warn!(error = %chassis::error_chain(&error), "charges cannot be read");
            Vec::new()
        });
        waiting.retain(|payment, _| open.iter().any(|(_, other, _)| other == payment));
        let now = Instant::now();
        let ready: Vec<_> = open.into_iter().filter(|(_, id, _)| waiting.get(id).is_none_or(|(until, _)| *until <= now)).collect();
        // A charge is made at the time at which it was asked for, also by a clock that is being moved.
        agenda.announce((!ready.is_empty()).then(|| billing.clock.now()));
        let attempts = futures::stream::iter(ready).map(|(project, payment, at)| attempt(&billing, project, payment, at));
        let open: Vec<PaymentId> = attempts.buffer_unordered(PARALLEL).filter_map(std::future::ready).collect().await;
        for payment in open {
            let attempts = waiting.get(&payment).map_or(0, |(_, attempts)| *attempts);
            let pause = PAUSE_MIN.saturating_mul(1 << attempts.min(DOUBLINGS_MAX)).min(PAUSE_MAX);
            waiting.insert(payment, (Instant::now() + pause, attempts.saturating_add(1)));
        }
        agenda.announce(None);
        let next = waiting.values().map(|(until, _)| *until).min().unwrap_or(Instant::now() + PAUSE_MAX);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep_until(next) => {}
            () = billing.charges.notified() => {}
        }
    }
}

/// Returns the payment if it is still open. A payment that was tried in vain and was asked for too long ago has failed; if its money comes
/// all the same, it counts.
async fn attempt(billing: &Billing, project: ProjectId, payment: PaymentId, requested_at: DateTime<Utc>) -> Option<PaymentId> {
    let mut tried = charge(billing, project, payment).await;
    if !matches!(tried, Ok(Settled::Known)) && requested_at <= billing.clock.now() - billing.terms.charge() {
        if let Err(error) = &tried {
            tracing::warn!(
                project.id = %project,
                payment.id = %payment,
                error = %chassis::error_chain(error),
                "the last attempt at a charge"
            );
        }
        tracing::error!(project.id = %project, payment.id = %payment, "the provider never said what became of a charge: it is given up");
        tried = fail(billing, project, payment, GIVEN_UP).await;
    }
    match tried {
        Ok(Settled::Known) => None,
        Ok(Settled::Open | Settled::Abandoned | Settled::Unheard) => Some(payment),
        Err(error) => {
            tracing::warn!(project.id = %project, payment.id = %payment, error = %chassis::error_chain(&error), "a charge is tried again");
            Some(payment)
        }
    }
}

async fn charge(billing: &Billing, project: ProjectId, id: PaymentId) -> Result<Settled, Error> {
    match billing.settle(project, id, Origin::Provider).await? {
        Settled::Unheard => {}
        settled @ (Settled::Known | Settled::Open) => return Ok(settled),
        Settled::Abandoned => return fail(billing, project, id, "abandoned").await,
    }
    let account = billing.account(project).await?;
    let Some(payment) = account.payments.get(&id).filter(|payment| payment.status == PaymentStatus::Open) else {
        return Ok(Settled::Known);
    };
    if account.closed.is_some() {
        return Ok(Settled::Known);
    }
    if !is_wanted(&account, payment) {
        return fail(billing, project, id, "not wanted any more").await;
    }
    let Some(authorisation) = authorisation::open(billing, project, &account).await? else {
        return fail(billing, project, id, "nothing is stored that could be charged").await;
    };
    let sum = Sum { payment: id, project, amount_minor: payment.amount_minor, currency: &payment.currency };
    match billing.provider()?.charge(sum, &authorisation).await {
        Ok(transaction) => billing.report(project, id, transaction, Origin::Provider).await,
        Err(ProviderError::Refused(words)) => fail(billing, project, id, &words).await,
        Err(error) => Err(error.into()),
    }
}

async fn fail(billing: &Billing, project: ProjectId, payment: PaymentId, reason: &str) -> Result<Settled, Error> {
    billing.say(project, payment, Outcome::Failed { reason: reason.to_owned() }, Origin::Clock).await
}

/// Whether the charge would still buy what it was asked for: another payment may have begun a cycle meanwhile.
fn is_wanted(account: &Account, payment: &Payment) -> bool {
    let Some(subscription) = &account.subscription else { return false };
    match (payment.purpose, subscription.state) {
        (PaymentPurpose::Renew, State::PastDue) => true,
        (PaymentPurpose::Resume, State::PastDue | State::Paused | State::Cancelled | State::Expired) => true,
        (
            PaymentPurpose::Renew,
            State::Trialing | State::Active | State::Pausing | State::Cancelling | State::Paused | State::Cancelled | State::Expired,
        )
        | (PaymentPurpose::Resume, State::Trialing | State::Active | State::Pausing | State::Cancelling)
        | (PaymentPurpose::Subscribe | PaymentPurpose::Credits, _) => false,
    }
}
