//! What goes wrong on the way from Meta to us, on request.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Refused;

/// Copies of one body beyond the first.
const DUPLICATE_MAX: u16 = 100;
/// Changes in one body: Meta's own limit.
const BATCH_MAX: u16 = 1_000;
/// How long anything may be held back on purpose.
const HOLD_MS_MAX: u32 = 600_000;

/// All switches; what is left out is off. Ratios are of attempts, 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Copies of each body that are sent beside it, 0 to 100
    #[arg(long, default_value_t = 0, value_name = "COPIES")]
    pub duplicate: u16,
    /// Hold changes for so long and send them shuffled, milliseconds
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub reorder_ms: u32,
    /// Put so many changes into one body, 1 to 1000; waits for them half a second
    #[arg(long, default_value_t = 1, value_name = "CHANGES")]
    pub batch: u16,
    /// Send each body so much later, milliseconds
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub delay_ms: u32,
    /// Share of attempts signed with another secret
    #[arg(long, default_value_t = 0.0, value_name = "RATIO")]
    pub wrong_signature: f64,
    /// Share of attempts that never arrive; Meta tries again
    #[arg(long, default_value_t = 0.0, value_name = "RATIO")]
    pub drop: f64,
    /// Share of answers that never come back; Meta tries again
    #[arg(long, default_value_t = 0.0, value_name = "RATIO")]
    pub lose_answer: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self { duplicate: 0, reorder_ms: 0, batch: 1, delay_ms: 0, wrong_signature: 0.0, drop: 0.0, lose_answer: 0.0 }
    }
}

impl Faults {
    pub(crate) fn check(&self) -> Result<(), Refused> {
        let ratio = |value: f64| (0.0..=1.0).contains(&value);
        let rules = [
            (self.duplicate <= DUPLICATE_MAX, "duplicate is 0 to 100"),
            ((1..=BATCH_MAX).contains(&self.batch), "batch is 1 to 1000"),
            (self.reorder_ms <= HOLD_MS_MAX && self.delay_ms <= HOLD_MS_MAX, "nothing is held for more than 600000 ms"),
            (ratio(self.wrong_signature) && ratio(self.drop) && ratio(self.lose_answer), "a ratio is 0 to 1"),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            Some((_, rule)) => Err(Refused::Invalid(rule.to_owned())),
            None => Ok(()),
        }
    }
}
