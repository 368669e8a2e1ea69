//! The director's everyday: events come, go to their keys, and from there to workers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use contract::Recorded;
use futures::FutureExt;
use tracing::Instrument;

use super::director::Director;
use super::key::key_of;
use super::lane::{LANE_BYTES_MAX, LANE_EVENTS_MAX, State};
use super::source::Bundle;
use super::{Follow, Handled, Handler, Stop, trace};

/// The most bytes handed over in one call, the last event excepted.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Counting a key's bytes takes a while; it is done once per so many events.
const BYTES_COUNTED_EVERY: usize = 64;

/// What a worker brings back.
pub(super) struct Worked {
    key: Arc<str>,
    events: Vec<Recorded>,
    handled: Handled,
}

impl<H: Handler> Director<H> {
    pub(super) fn on_bundle(&mut self, bundle: Bundle) {
        self.pending = bundle.pending;
        for event in bundle.events {
            self.progress.read(event.sequence);
            self.on_event(event);
        }
    }

    fn on_event(&mut self, event: Recorded) {
        let key = key_of(event.subject.as_str(), self.follow.key_tokens);
        let key: Arc<str> = match self.lanes.get_key_value(key) {
            Some((key, _)) => Arc::clone(key),
            None => key.into(),
        };
        let lane = self.lanes.entry(Arc::clone(&key)).or_default();
        let sequence = event.sequence;
        match &mut lane.state {
            State::Held(hold, _) | State::CatchingUp(hold) => {
                hold.dropped_through = sequence;
                return self.progress.done(sequence);
            }
            State::Idle | State::Running | State::Backoff(_) | State::Holding(..) if sequence <= lane.caught_up_through => {
                return self.progress.done(sequence);
            }
            State::Idle => {
                if lane.queue.is_empty() {
                    self.ready.push_back(Arc::clone(&key));
                }
            }
            State::Running | State::Backoff(_) | State::Holding(..) => {}
        }
        self.memory_events += 1;
        self.memory_bytes += event.data.len();
        lane.queue.push_back(event);
        let slow = matches!(lane.state, State::Idle | State::Backoff(_));
        if slow
            && (lane.queue.len() > LANE_EVENTS_MAX
                || (lane.queue.len().is_multiple_of(BYTES_COUNTED_EVERY) && lane.bytes() > LANE_BYTES_MAX))
        {
            self.hold_for_space(&key);
        }
    }

    /// Gives ready keys to free workers, and held keys their turn.
    pub(super) fn dispatch(&mut self) {
        while self.workers.len() < self.follow.parallel.max(1) {
            let Some(key) = self.ready.pop_front() else { break };
            let Some(lane) = self.lanes.get_mut(&key) else { continue };
            if !matches!(lane.state, State::Idle) || lane.queue.is_empty() {
                continue;
            }
            let mut bytes = 0;
            let fits = |event: &&Recorded| {
                let before = bytes;
                bytes += event.data.len();
                before < BATCH_BYTES_MAX
            };
            let count = lane.queue.iter().take(self.follow.batch_max.max(1)).take_while(fits).count();
            let events: Vec<Recorded> = lane.queue.drain(..count).collect();
            lane.state = State::Running;
            let (handler, follow) = (Arc::clone(&self.handler), Arc::clone(&self.follow));
            self.workers.spawn(async move {
                let handled = call(&*handler, &follow, &key, &events).await;
                Worked { key, events, handled }
            });
        }
        self.start_catch_ups();
    }

    pub(super) fn on_worked(&mut self, worked: Worked) {
        let Worked { key, mut events, handled } = worked;
        let rest = events.split_off(handled.done);
        self.count("journal_follow_handled_total", events.len() as u64);
        for event in &events {
            self.forget(event);
        }
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        if handled.done > 0 {
            lane.attempts = 0;
        }
        for event in rest.into_iter().rev() {
            lane.queue.push_front(event);
        }
        lane.state = State::Idle;
        match handled.stopped {
            Some(stop) => self.on_stop(&key, stop),
            None if !lane.queue.is_empty() => {
                if lane.queue.len() > LANE_EVENTS_MAX {
                    return self.hold_for_space(&key);
                }
                self.ready.push_back(key);
            }
            None => {
                lane.released = false;
                if lane.is_spent(self.progress.read_through()) {
                    self.lanes.remove(&key);
                }
            }
        }
    }

    /// An event needs no memory any more: it is done, or its key is held.
    pub(super) fn forget(&mut self, event: &Recorded) {
        self.memory_events -= 1;
        self.memory_bytes -= event.data.len();
        self.progress.done(event.sequence);
    }
}

/// Hands the events over, and once more one by one if the handler parks several of which it cannot say which is meant.
pub(super) async fn call<H: Handler>(handler: &H, follow: &Follow, key: &str, events: &[Recorded]) -> Handled {
    let together = attempt(handler, follow, key, events).await;
    let is_parked = matches!(together.stopped, Some(Stop::Park { .. }));
    if !(H::ALL_OR_NONE && is_parked && events.len() > 1) {
        return together;
    }
    for (done, event) in events.iter().enumerate() {
        if let Some(stop) = attempt(handler, follow, key, std::slice::from_ref(event)).await.stopped {
            return Handled::stopped(done, stop);
        }
    }
    Handled::all(events)
}

/// Calls the handler. A panic is a failed attempt, and so is an unfinished batch without a cause.
async fn attempt<H: Handler>(handler: &H, follow: &Follow, key: &str, events: &[Recorded]) -> Handled {
    let retry = |cause: &str| Some(Stop::Retry { after: Duration::ZERO, cause: cause.to_owned() });
    let handling = AssertUnwindSafe(handler.handle(key, events)).catch_unwind();
    let handled = handling.instrument(trace::span(follow, events)).await;
    let Handled { done, stopped } = handled.unwrap_or_else(|_| Handled { done: 0, stopped: retry("the handler panicked") });
    match stopped {
        _ if done >= events.len() => Handled::all(events),
        None => Handled { done, stopped: retry("the handler stopped without a cause") },
        stopped => Handled { done, stopped },
    }
}
