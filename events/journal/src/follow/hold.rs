//! The director's other half: keys that stopped. When they are held, tried again, released and live once more.

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use contract::{EventSkipped, HoldKind, KeyHeld, KeyReleased, ParkedEvent, RetryRequested};
use tokio::time::Instant;

use super::catch_up::{CatchUp, Ending};
use super::director::Director;
use super::key::filters_of;
use super::lane::{Hold, Lane, State};
use super::notes::Noted;
use super::retry::pause_after;
use super::{Handler, HeldKey, Stop};

/// How many keys catch up at once, beside the live ones.
const CATCH_UPS_MAX: usize = 4;
/// How long until a catch-up is tried again when the stream could not be read.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(1);

impl<H: Handler> Director<H> {
    /// Resumes a key that was held when the follower started. `position` is how far the follower had come. The key goes on from where it is
    /// held, or from where the follower reads again because its position was forgotten.
    pub(super) fn resume(&mut self, held: HeldKey, position: u64) {
        let HeldKey { key, from_sequence, kind, cause, attempts, retry_requested, skipped, held_since, .. } = held;
        let key: Arc<str> = key.into();
        let hold = Hold {
            dropped_through: 0,
            skipped,
            recorded_from: from_sequence,
            ..Hold::new((from_sequence.min(position + 1), held_since), kind, cause, attempts, None)
        };
        let at_once = retry_requested || kind == HoldKind::SetAside;
        self.recount = true;
        self.lanes.insert(Arc::clone(&key), Lane { state: State::Held(hold, None), ..Lane::default() });
        if at_once {
            self.queue_catch_up(&key);
        }
    }

    /// The handler stopped at the first event of a live key.
    pub(super) fn on_stop(&mut self, key: &Arc<str>, stop: Stop) {
        if matches!(stop, Stop::Retry { .. }) {
            self.count("journal_follow_retried_total", 1);
        }
        let Some(lane) = self.lanes.get_mut(key) else { return };
        lane.attempts += 1;
        let attempts = lane.attempts;
        match stop {
            Stop::Retry { after, cause } => match pause_after(attempts, after) {
                Some(pause) => {
                    let at = if std::mem::take(&mut lane.released) { Instant::now() } else { Instant::now() + pause };
                    lane.state = State::Backoff(at);
                    self.timers.push(Reverse((at, Arc::clone(key))));
                }
                None => self.hold(key, HoldKind::Parked, cause, None),
            },
            Stop::SetAside { after, cause } => self.hold(key, HoldKind::SetAside, cause, Some(Instant::now() + after)),
            Stop::Park { cause } => self.hold(key, HoldKind::Parked, cause, None),
        }
    }

    /// A slow key has too much in memory: it goes on from the stream, at its own pace.
    pub(super) fn hold_for_space(&mut self, key: &Arc<str>) {
        self.hold(key, HoldKind::SetAside, "too many of its events wait in memory".to_owned(), Some(Instant::now()));
    }

    fn hold(&mut self, key: &Arc<str>, kind: HoldKind, cause: String, retry_at: Option<Instant>) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        let Some(from) = lane.queue.front().map(|event| (event.sequence, event.time)) else { return };
        let hold = Hold::new(from, kind, cause, lane.attempts, retry_at);
        self.recount = true;
        let number = self.note_held(key, hold.record(key));
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.state = State::Holding(hold, number);
        }
    }

    fn note_held(&mut self, key: &Arc<str>, record: KeyHeld) -> u64 {
        match record.kind {
            HoldKind::Parked => {
                self.count("journal_follow_parked_total", 1);
                tracing::error!(
                    service = self.follow.service,
                    key = self.follow.told(key),
                    stream.seq = record.from_sequence,
                    cause = record.cause,
                    "parked"
                );
            }
            HoldKind::SetAside => {
                tracing::warn!(
                    service = self.follow.service,
                    key = self.follow.told(key),
                    stream.seq = record.from_sequence,
                    cause = record.cause,
                    "set aside"
                );
            }
        }
        self.notes.push(Arc::clone(key), record.into())
    }

    /// A record is in the log: only now may the key's events leave the memory.
    pub(super) fn on_noted(&mut self, noted: Noted) {
        let Some((dropped, at)) = self.lanes.get_mut(&noted.key).and_then(|lane| lane.noted(noted.number)) else { return };
        if let Some(at) = at {
            self.timers.push(Reverse((at, noted.key)));
        }
        for event in &dropped {
            self.forget(event);
        }
    }

    /// Somebody asks for another attempt.
    pub(super) fn release(&mut self, key: &str) {
        let Some((key, lane)) = self.lanes.get_key_value(key) else { return };
        let key = Arc::clone(key);
        match lane.state {
            State::Held(..) => {
                self.queue_catch_up(&key);
                if let Some(Lane { state: State::CatchingUp(hold), .. }) = self.lanes.get_mut(&key) {
                    hold.retries = 0;
                }
            }
            State::Backoff(_) | State::Holding(..) | State::CatchingUp(_) | State::Running => {
                if let Some(lane) = self.lanes.get_mut(&key) {
                    lane.released = true;
                    if let State::Backoff(at) = &mut lane.state {
                        *at = Instant::now();
                        lane.released = false;
                        self.timers.push(Reverse((*at, key)));
                    }
                }
            }
            State::Idle => {}
        }
    }

    /// What an operator said, or what this follower wrote itself.
    pub(super) fn on_request(&mut self, request: ParkedEvent) {
        match request {
            ParkedEvent::RetryRequested(RetryRequested { key }) => self.release(&key),
            ParkedEvent::EventSkipped(EventSkipped { key, sequence, reason: _ }) => {
                match self.lanes.get_mut(&*key).map(|lane| &mut lane.state) {
                    Some(State::Holding(hold, _) | State::Held(hold, _) | State::CatchingUp(hold)) => {
                        hold.skipped.insert(sequence);
                        self.release(&key);
                    }
                    Some(State::Idle | State::Running | State::Backoff(_)) | None => {
                        tracing::warn!(
                            service = self.follow.service,
                            key = self.follow.told(&key),
                            stream.seq = sequence,
                            "not skipped: the key is not held"
                        );
                    }
                }
            }
            ParkedEvent::KeyHeld(_) | ParkedEvent::KeyReleased(_) => {}
        }
    }

    pub(super) fn queue_catch_up(&mut self, key: &Arc<str>) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        if let State::Held(hold, _) = &lane.state {
            lane.state = State::CatchingUp(hold.clone());
            self.to_catch_up.push_back(Arc::clone(key));
        }
    }

    pub(super) fn start_catch_ups(&mut self) {
        while self.catch_ups.len() < CATCH_UPS_MAX
            && let Some(key) = self.to_catch_up.pop_front()
        {
            let Some(Lane { state: State::CatchingUp(hold), .. }) = self.lanes.get_mut(&key) else { continue };
            hold.reached = Arc::new(AtomicU64::new(hold.from));
            let catch_up = CatchUp {
                link: Arc::clone(&self.journal.link),
                follow: Arc::clone(&self.follow),
                filters: filters_of(&key, &self.follow.filters),
                key,
                from: hold.from,
                skipped: hold.skipped.clone(),
                handler: Arc::clone(&self.handler),
                shutdown: self.shutdown.clone(),
                reached: Arc::clone(&hold.reached),
            };
            self.catch_ups.spawn(catch_up.run());
        }
    }

    pub(super) fn on_caught_up(&mut self, key: &Arc<str>, ending: Ending) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        let State::CatchingUp(hold) = &mut lane.state else { return };
        match ending {
            Ending::Through(through) if hold.dropped_through > through => {
                hold.from = through + 1; // events came and were dropped meanwhile
                self.to_catch_up.push_front(Arc::clone(key));
            }
            Ending::Through(through) => {
                lane.state = State::Idle;
                self.recount = true;
                (lane.attempts, lane.released, lane.caught_up_through) = (0, false, through);
                self.notes.push(Arc::clone(key), KeyReleased { key: key.to_string(), through_sequence: through }.into());
                tracing::info!(service = self.follow.service, key = self.follow.told(key), stream.seq = through, "caught up");
            }
            Ending::Stopped { from, handled, stop } => {
                hold.from = from;
                if handled > 0 {
                    (hold.attempts, hold.retries) = (0, 0);
                }
                hold.attempts += 1;
                self.count("journal_follow_handled_total", handled as u64);
                self.hold_again(key, stop);
            }
            Ending::ShutDown => {
                hold.from = hold.reached.load(Ordering::Relaxed).max(hold.from);
                let moved = hold.from > hold.recorded_from;
                let record = hold.record(key);
                lane.state = State::Held(hold.clone(), None);
                if moved {
                    self.notes.push(Arc::clone(key), record.into());
                }
            }
            Ending::Failed(error) => {
                tracing::warn!(service = self.follow.service, key = self.follow.told(key), %error, "cannot catch up now");
                hold.from = hold.reached.load(Ordering::Relaxed).max(hold.from);
                let at = Instant::now() + UNREADABLE_PAUSE;
                lane.state = State::Held(hold.clone(), Some(at));
                self.timers.push(Reverse((at, Arc::clone(key))));
            }
        }
    }

    /// The handler stopped a catching-up key: it waits again, and the log is told what is new.
    fn hold_again(&mut self, key: &Arc<str>, stop: Stop) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        let State::CatchingUp(hold) = &lane.state else { return };
        let mut hold = hold.clone();
        let now = Instant::now();
        let (kind, cause, at) = match stop {
            Stop::Retry { after, cause } => {
                hold.retries += 1;
                match pause_after(hold.retries, after) {
                    Some(pause) => (hold.kind, cause, Some(now + pause)),
                    None => (HoldKind::Parked, cause, None),
                }
            }
            Stop::SetAside { after, cause } => {
                hold.retries = 0;
                (HoldKind::SetAside, cause, Some(now + after))
            }
            Stop::Park { cause } => (HoldKind::Parked, cause, None),
        };
        // A park is always told: it answers whoever asked for the attempt.
        let news = at.is_none() || kind != hold.kind || hold.from != hold.recorded_from;
        (hold.kind, hold.cause, hold.retry_at) = (kind, cause, at);
        let at = if std::mem::take(&mut lane.released) { Some(now) } else { at };
        hold.recorded_from = if news { hold.from } else { hold.recorded_from };
        let record = hold.record(key);
        lane.state = State::Held(hold, at);
        self.recount = true;
        if let Some(at) = at {
            self.timers.push(Reverse((at, Arc::clone(key))));
        }
        if news {
            self.note_held(key, record);
        }
    }

    /// Long catch-ups: what they have done is not done again after a crash.
    pub(super) fn note_catch_ups(&mut self) {
        let mut moved = Vec::new();
        for (key, lane) in &mut self.lanes {
            if let State::CatchingUp(hold) = &mut lane.state {
                let reached = hold.reached.load(Ordering::Relaxed);
                if reached > hold.recorded_from {
                    hold.recorded_from = reached;
                    moved.push((Arc::clone(key), KeyHeld { from_sequence: reached, ..hold.record(key) }));
                }
            }
        }
        for (key, record) in moved {
            self.notes.push(key, record.into());
        }
    }
}
