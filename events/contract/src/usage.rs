//! What was used of the things that are paid for by use, such as AI credits. Whoever used something writes the event after it happened;
//! billing follows the stream and charges for it.

use serde::{Deserialize, Serialize};

use crate::event::events;

events! {
    /// What users of credits say, on `usage.<prj>`.
    UsageEvent {
        AiUsageReported = "usage.ai_usage_reported.v1",
    }
}

/// AI credits were used. It has happened: no balance refuses it any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiUsageReported {
    /// Names the use within the project: the same one is charged once, however often it is reported.
    pub usage: String,
    /// How many.
    pub credits: u64,
    /// What for, for people.
    pub what: String,
}
