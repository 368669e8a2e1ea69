//! How the simulated Meta behaves where Meta's own behaviour takes time or depends on the account: limits, delays, reviews.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Refused;

/// The longest of all delays: Meta keeps what it cannot deliver for 30 days.
const DELAY_MS_MAX: u32 = 30 * 86_400_000 - 1;
const PER_SECOND_MAX: u32 = 1_000_000;

/// All rules; what is left out is as Meta has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Messages that one number may send in a second; 0: without limit
    #[arg(long, default_value_t = 80, value_name = "MESSAGES")]
    pub throughput: u32,
    /// People whom an account may write to in 24 hours who have not written: 250, 2000, 10000 or 100000; 0: without limit
    #[arg(long, default_value_t = 250, value_name = "PEOPLE")]
    pub messaging_limit: u32,
    /// Messages to one person at once; 0: without limit
    #[arg(long, default_value_t = 45, value_name = "MESSAGES")]
    pub pair_burst: u32,
    /// After a burst, one message to the same person in so long, milliseconds
    #[arg(long, default_value_t = 6_000, value_name = "MS")]
    pub pair_gap_ms: u32,
    /// From the answer to `sent`, milliseconds
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub sent_ms: u32,
    /// From `sent` to `delivered`, milliseconds
    #[arg(long, default_value_t = 0, value_name = "MS")]
    pub delivered_ms: u32,
    /// From `delivered` to `read`, milliseconds; without it people read when they look
    #[arg(long, value_name = "MS")]
    pub read_ms: Option<u32>,
    /// Answer what cannot be delivered with an error instead of a `failed` status
    #[arg(long)]
    pub refuse_at_once: bool,
    /// Free messages are sent at any time, not for 24 hours only
    #[arg(long)]
    pub always_open: bool,
    /// Everybody has WhatsApp: whoever is written to is made up
    #[arg(long)]
    pub everybody: bool,
    /// Decide about templates after so long, milliseconds; without it by hand
    #[arg(long, value_name = "MS")]
    pub review_ms: Option<u32>,
    /// And reject them, for this reason
    #[arg(long, value_name = "REASON")]
    pub review_rejects: Option<String>,
    /// Flows cannot be changed once they were published, as those from before November 2024
    #[arg(long)]
    pub flows_immutable: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            throughput: 80,
            messaging_limit: 250,
            pair_burst: 45,
            pair_gap_ms: 6_000,
            sent_ms: 0,
            delivered_ms: 0,
            read_ms: None,
            refuse_at_once: false,
            always_open: false,
            everybody: false,
            review_ms: None,
            review_rejects: None,
            flows_immutable: false,
        }
    }
}

impl Rules {
    /// Meta's name for the messaging limit.
    pub(crate) fn tier(&self) -> Option<&'static str> {
        match self.messaging_limit {
            0 => Some("TIER_UNLIMITED"),
            250 => Some("TIER_250"),
            2_000 => Some("TIER_2K"),
            10_000 => Some("TIER_10K"),
            100_000 => Some("TIER_100K"),
            _ => None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Refused> {
        let delays = [Some(self.sent_ms), Some(self.delivered_ms), Some(self.pair_gap_ms), self.read_ms, self.review_ms];
        if delays.into_iter().flatten().any(|delay| delay > DELAY_MS_MAX) {
            return Err(Refused::Invalid("nothing takes 30 days".to_owned()));
        }
        if self.throughput > PER_SECOND_MAX || self.pair_burst > PER_SECOND_MAX {
            return Err(Refused::Invalid("a limit is at most 1000000; 0 is none".to_owned()));
        }
        if self.tier().is_none() {
            return Err(Refused::Invalid("messaging_limit is 250, 2000, 10000 or 100000; 0 is none".to_owned()));
        }
        let known = |reason: &String| crate::graph::REJECTIONS.contains(&reason.as_str());
        if !self.review_rejects.as_ref().is_none_or(known) {
            return Err(Refused::Invalid(format!("review_rejects is one of {}", crate::graph::REJECTIONS.join(", "))));
        }
        Ok(())
    }
}
