//! What goes wrong with payments and their webhooks, on request.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Refused;

/// Copies of one webhook beyond the first.
const DUPLICATE_MAX: u16 = 100;
/// How long a webhook may be held back on purpose: ten days.
const DELAY_MS_MAX: u32 = 864_000_000;

/// All switches; what is left out is off. Ratios are 0 to 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PaystackFaults {
    /// No card has money, whichever is chosen.
    pub insufficient_funds: bool,
    /// Copies of each webhook that are sent beside it, 0 to 100.
    pub duplicate: u16,
    /// Send each webhook so much later, milliseconds.
    pub delay_ms: u32,
    /// Share of webhooks that are never sent: only asking tells what became of the payment.
    pub lose: f64,
    /// Share of attempts that never arrive; Paystack tries again.
    pub drop: f64,
    /// Share of attempts signed with another key.
    pub wrong_signature: f64,
    /// Share of calls that are carried out and answered with a time-out.
    pub time_out_after_accepting: f64,
    /// Share of calls that are answered with 500 and not carried out.
    pub unavailable: f64,
}

impl PaystackFaults {
    pub(crate) fn check(&self) -> Result<(), Refused> {
        let ratios = [self.lose, self.drop, self.wrong_signature, self.time_out_after_accepting, self.unavailable];
        let rules = [
            (self.duplicate <= DUPLICATE_MAX, "duplicate is 0 to 100"),
            (self.delay_ms <= DELAY_MS_MAX, "nothing is held for more than 864000000 ms"),
            (ratios.into_iter().all(|ratio| (0.0..=1.0).contains(&ratio)), "a ratio is 0 to 1"),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            Some((_, rule)) => Err(Refused::Invalid(rule.to_owned())),
            None => Ok(()),
        }
    }
}
