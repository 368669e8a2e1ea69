//! What Paystack reports by webhook, as far as it is believed: which payment it is about, and whether money goes back.
//!
//! A charge is named by its reference; a refund and a dispute name the charge that they are about. Source:
//! https://paystack.com/docs/payments/webhooks/.

use contract::{PaymentId, ProjectId};
use serde::Deserialize;
use serde_json::Value;

use super::payment_of;

/// As much of a report as is believed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Report {
    #[serde(default)]
    event: String,
    data: Named,
}

#[derive(Debug, Default, Deserialize)]
struct Named {
    reference: Option<String>,
    transaction_reference: Option<String>,
    #[serde(default)]
    transaction: Value,
    #[serde(default)]
    metadata: Value,
}

impl Report {
    /// A report in Paystack's bytes. One that cannot be read names nothing.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// The payment, if it is one of ours.
    pub(crate) fn payment(&self) -> Option<PaymentId> {
        let named = self.data.reference.as_deref().or(self.data.transaction_reference.as_deref());
        payment_of(named.or(self.data.transaction["reference"].as_str())?)
    }

    /// Whether it is about money that goes back, and how.
    pub(crate) fn money_back(&self) -> Option<&'static str> {
        match self.event.as_str() {
            "refund.processed" => Some("refund"),
            "charge.dispute.create" => Some("dispute"),
            _ => None,
        }
    }

    /// The project that we named when the payment was asked for.
    pub(crate) fn project(&self) -> Option<ProjectId> {
        let named = self.data.metadata["project"].as_str().or(self.data.transaction["metadata"]["project"].as_str());
        named?.parse().ok()
    }
}
