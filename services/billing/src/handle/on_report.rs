//! What the payment provider reports is a hint: it names a payment, and what became of that is asked for. So a report that is forged, late,
//! doubled or out of order can do nothing that the provider does not confirm.

use contract::{PAYMENT_REPORTED, Recorded};
use journal::{Handled, Handler};
use serde::Deserialize;

use super::stop;
use crate::command::Origin;
use crate::error::Error;
use crate::paystack::{ProviderError, payment_of};
use crate::{Billing, store};

/// Follows what the payment provider reports.
pub(crate) struct OnReport(pub(crate) Billing);

/// As much of a report as is believed.
#[derive(Deserialize)]
struct Report {
    data: Named,
}

#[derive(Deserialize)]
struct Named {
    reference: Option<String>,
}

impl Handler for OnReport {
    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        for (done, recorded) in events.iter().enumerate() {
            if let Err(error) = self.on(recorded).await {
                return Handled::stopped(done, stop(&error));
            }
        }
        Handled::all(events)
    }
}

impl OnReport {
    /// All reports share one key, so that none of them may hold up the others: what cannot be used is left to reconciliation.
    async fn on(&self, recorded: &Recorded) -> Result<(), Error> {
        let billing = &self.0;
        if recorded.event_type.as_str() != PAYMENT_REPORTED || billing.provider.is_none() {
            return Ok(());
        }
        let report: Option<Report> = serde_json::from_slice(&recorded.data).ok();
        let Some(payment) = report.and_then(|report| report.data.reference).and_then(|reference| payment_of(&reference)) else {
            tracing::info!(stream.seq = recorded.sequence, "a report that names no payment of ours");
            return Ok(());
        };
        let Some((project, _)) = store::find_payment(&billing.pool, payment).await? else {
            tracing::warn!(payment.id = %payment, stream.seq = recorded.sequence, "a report of a payment that nobody here knows");
            return Ok(());
        };
        match billing.settle(project, payment, Origin::Event(recorded)).await {
            Ok(_) => Ok(()),
            Err(error @ (Error::Provider(ProviderError::Refused(_)) | Error::Sealing { .. } | Error::Decode { .. })) => {
                tracing::error!(project.id = %project, payment.id = %payment, error = %error.chain(), "a report cannot be followed up");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}
