//! People of the business, who want messages sent to those who have written, while everything is killed: each under a key of its own, and
//! sometimes the same request twice at once.

use std::sync::Arc;
use std::time::Duration;

use contract::ProjectId;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Tally;
use crate::asking::Asking;
use crate::dice::Dice;
use crate::sent::Sent;

/// How often one request goes twice at once, in per cent.
const TWICE_PERCENT: u64 = 15;
/// Meta lets 45 messages to one person go at once and then one in six seconds. Nobody asks for more, or the end would wait for them.
const BURST: f64 = 30.0;
const BURST_REFILL: Duration = Duration::from_secs(9);
/// From so many messages on, Meta's faults are met: of fewer, chance may spare all.
const TELLING: u64 = 100;
/// And from so many on each of them: the rarest is one in fifty.
const TELLING_EACH: u64 = 500;
/// How long it may take, after the last kill, until every message has come to its end.
const SETTLE_MAX: Duration = Duration::from_secs(120);

/// Somebody who speaks to one person.
pub(super) struct Speaker {
    pub(super) project: ProjectId,
    /// To whom.
    pub(super) phone: String,
    pub(super) asking: Arc<Asking>,
    pub(super) dice: Dice,
}

impl Speaker {
    /// Asks for one message after the other until it is calm, in any rhythm that comes to this pause on average.
    pub(super) async fn speak(mut self, pause: Duration, calm: CancellationToken) {
        let contact = self.asking.writer(self.project, &self.phone).await;
        let began = Instant::now();
        for number in 0_u32.. {
            let budget = began + BURST_REFILL.mul_f64((f64::from(number) - BURST).max(0.0));
            let chance = self.dice.below(2_000) as f64 / 1_000.0;
            let rest = budget.saturating_duration_since(Instant::now()).max(pause.mul_f64(chance));
            tokio::select! {
                () = calm.cancelled() => return,
                () = sleep(rest) => {}
            }
            let key = format!("{}-{number}", self.phone);
            let times = 1 + usize::from(self.dice.chance(TWICE_PERCENT));
            self.asking.ask(self.project, contact, &key, &format!("message {number}"), times).await;
        }
    }
}

/// Sent = delivered = recorded, per key.
pub(super) async fn check(asking: &Asking, sent: &Sent<'_>, tally: &mut Tally) {
    for (how, times) in asking.requests() {
        tally.count(&format!("requests to send {how}"), times);
    }
    asking.wrong().into_iter().for_each(|wrong| tally.violation(wrong));
    match sent.settled(SETTLE_MAX).await {
        Ok(took) => tally.count("ms until every message had come to its end", u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        Err(open) => tally.violation(format!("messages without an end after {SETTLE_MAX:?}: {open}")),
    }
    match sent.verdict().await {
        Ok(verdict) => {
            verdict.counts.iter().for_each(|(what, times)| tally.count(what, *times));
            verdict.violations.into_iter().for_each(|violation| tally.violation(violation));
            if verdict.trouble.asked >= TELLING {
                verdict.trouble.amiss().into_iter().for_each(|amiss| tally.violation(amiss));
            }
            if verdict.trouble.asked >= TELLING_EACH {
                verdict.trouble.spared().into_iter().for_each(|spared| tally.violation(spared));
            }
        }
        Err(error) => tally.violation(format!("what was sent cannot be read: {error}")),
    }
}
