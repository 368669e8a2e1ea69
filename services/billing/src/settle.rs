//! What became of a payment: the provider is asked, and what it says becomes events. The one way by which money is credited, whatever
//! made us ask: a webhook, a charge of ours, reconciliation.

use contract::{PaymentId, ProjectId};

use crate::command::Origin;
use crate::decide::{Command, Outcome, Refusal};
use crate::error::Error;
use crate::paystack::{Authorisation, Paystack, ProviderError, Transaction, TransactionStatus};
use crate::{Billing, authorisation};

/// What is known after asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It is in the log.
    Known,
    /// The provider does not know either, so far.
    Open,
    /// The customer has not paid, so far.
    Abandoned,
    /// The provider has never heard of it.
    Unheard,
}

/// Money that may have been credited here was sent back, or somebody wants it back. What happens to the cycle or the credits is for a
/// person to decide, so this only logs an error, and counts it by how it was noticed.
pub(crate) fn money_back(project: ProjectId, payment: PaymentId, how: &'static str) {
    metrics::counter!("billing_money_back_total", "how" => how).increment(1);
    tracing::error!(project.id = %project, payment.id = %payment, how, "the provider does not keep money that was paid: someone must look");
}

impl Billing {
    pub(crate) fn provider(&self) -> Result<&Paystack, Error> {
        self.provider.as_ref().ok_or(Error::Unconfigured)
    }

    /// Whether an error is about one payment alone, for the provider answers to something else: then it keeps nobody else waiting.
    pub(crate) async fn is_about_one(&self, error: &Error) -> bool {
        match (error, &self.provider) {
            (Error::Provider(ProviderError::Unavailable(_)), Some(provider)) => provider.answers(self.clock.now()).await,
            (error, _) => !error.is_outage(),
        }
    }

    /// Asks, and says what is so.
    pub(crate) async fn settle(&self, project: ProjectId, payment: PaymentId, origin: Origin<'_>) -> Result<Settled, Error> {
        match self.provider()?.verify(payment).await? {
            Some(transaction) => self.report(project, payment, transaction, origin).await,
            None => Ok(Settled::Unheard),
        }
    }

    /// Says what the provider told.
    pub(crate) async fn report(
        &self,
        project: ProjectId,
        payment: PaymentId,
        transaction: Transaction,
        origin: Origin<'_>,
    ) -> Result<Settled, Error> {
        let outcome = match transaction.status {
            TransactionStatus::Pending => return Ok(Settled::Open),
            TransactionStatus::Abandoned => return Ok(Settled::Abandoned),
            TransactionStatus::Failed => Outcome::Failed { reason: transaction.words },
            TransactionStatus::Reversed => {
                money_back(project, payment, "reversed");
                Outcome::Failed { reason: "reversed".to_owned() }
            }
            TransactionStatus::Success => Outcome::Paid {
                paid_at: transaction.paid_at.unwrap_or_else(|| self.clock.now()),
                amount_minor: transaction.amount_minor,
                currency: transaction.currency,
                sealed_authorisation: self.sealed(project, transaction.authorisation.as_ref()).await?,
            },
        };
        self.say(project, payment, outcome, origin).await
    }

    /// A key that cannot be used must not keep paid money from being credited: then nothing is stored that could be charged again.
    async fn sealed(&self, project: ProjectId, authorisation: Option<&Authorisation>) -> Result<Option<String>, Error> {
        let Some(authorisation) = authorisation else { return Ok(None) };
        match authorisation::seal(self, project, authorisation).await {
            Err(error @ Error::Sealing { .. }) => {
                tracing::error!(project.id = %project, error = %chassis::error_chain(&error), "what could be charged again is not stored");
                Ok(None)
            }
            sealed => sealed,
        }
    }

    /// Says what became of a payment. Nothing is said about a project that is being deleted, or is gone.
    pub(crate) async fn say(&self, project: ProjectId, payment: PaymentId, outcome: Outcome, origin: Origin<'_>) -> Result<Settled, Error> {
        let paid = matches!(outcome, Outcome::Paid { .. });
        match self.command(project, &Command::Report { payment, outcome }, origin).await {
            Ok(account) => {
                let mismatched = account.payments.get(&payment).is_some_and(|payment| payment.found.is_some());
                if mismatched && paid {
                    tracing::error!(project.id = %project, payment.id = %payment, "the provider has other money than was asked for: someone must look");
                }
                Ok(Settled::Known)
            }
            Err(Error::Refused(refusal @ (Refusal::Closed | Refusal::NoSubscription | Refusal::UnknownPayment))) => {
                if paid {
                    tracing::error!(project.id = %project, payment.id = %payment, %refusal, "money came that nothing is given for: someone must send it back");
                }
                Ok(Settled::Known)
            }
            Err(error) => Err(error),
        }
    }
}
