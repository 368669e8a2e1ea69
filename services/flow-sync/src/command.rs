//! The way of a change: read what is so from the log, decide, append under the condition that it is still so, show it in the table.
//!
//! Whoever loses a race reads again and decides again. A Flow that Meta is being asked about is one worker's at a time in this process;
//! between processes the subject's sequence decides.

use std::sync::Arc;

use contract::{Context, Event, EventId, FlowEvent, NewEvent, Recorded, SYSTEM_ACTOR, Subject};
use journal::{Append, AppendError, Expect};
use tokio::sync::{Mutex, MutexGuard};

use crate::decide::Refusal;
use crate::error::Error;
use crate::flow::{Flow, Id, META};
use crate::{FlowSync, store};

/// How often a wish is decided anew because others were faster.
const ATTEMPTS_MAX: u32 = 16;
const SOURCE: &str = "/paige/flow-sync";
/// Locks that Flows share.
const LOCKS: usize = 256;

/// From where a change comes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// A request, by its id, and who made it.
    Request { id: &'a str, actor: &'a str },
    /// A webhook of Meta's.
    Webhook(&'a Recorded),
    /// Own work.
    Work,
}

/// One worker at a time asks Meta about a Flow.
#[derive(Clone)]
pub(crate) struct Locks(Arc<[Mutex<()>]>);

impl Locks {
    pub(crate) fn new() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }

    pub(crate) async fn of(&self, id: Id) -> MutexGuard<'_, ()> {
        let index = usize::try_from(id.flow.ulid().0 % LOCKS as u128).unwrap_or_default();
        self.0[index].lock().await
    }
}

impl Id {
    pub(crate) fn subject(self) -> Subject {
        Subject::flow(self.project, self.flow)
    }
}

impl Origin<'_> {
    fn context(&self) -> Context {
        let trace = chassis::traceparent::current();
        match self {
            Self::Request { id, actor } => Context::of_request(id, actor, trace),
            Self::Webhook(event) => Context::following(event, chassis::traceparent::after, META),
            Self::Work => Context::own(SYSTEM_ACTOR, trace),
        }
    }
}

/// Under which id an event that follows from a webhook is seen.
pub(crate) fn seen(id: Id, webhook: EventId, event: &FlowEvent) -> EventId {
    EventId::derive(event.event_type(), &[id.subject().as_str(), &webhook.to_string()])
}

impl FlowSync {
    /// The Flow as the log has it. The table is where reading begins, not what is believed.
    pub(crate) async fn flow(&self, id: Id) -> Result<Flow, Error> {
        let mut flow = match store::find(&self.pool, id).await {
            Ok(flow) => flow.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(
                    flow.id = %id.flow,
                    error = %chassis::error_chain(&error),
                    "the table does not answer, the log is read whole"
                );
                Flow::default()
            }
        };
        let subject = id.subject();
        loop {
            let (events, more) = self.journal.entity_from(&subject, flow.sequence + 1).await?;
            for recorded in &events {
                flow.apply(recorded, FlowEvent::read(recorded)?);
            }
            if !more {
                return Ok(flow);
            }
        }
    }

    /// Appends what `decide` says about the Flow as it is, and gives it as it is then.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Contended`]; [`Error::Append`] and [`Error::Log`] while the log is unavailable.
    pub(crate) async fn carry_out(
        &self,
        id: Id,
        origin: Origin<'_>,
        mut decide: impl FnMut(&Flow) -> Result<Vec<FlowEvent>, Refusal>,
    ) -> Result<Flow, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let flow = self.flow(id).await?;
            let events = decide(&flow)?;
            if events.is_empty() {
                return Ok(flow);
            }
            let append = self.append_of(id, &flow, events, origin);
            match self.journal.append(&append.subject, append.expect, append.events).await {
                Ok(_) => return self.shown(id).await,
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended(ATTEMPTS_MAX))
    }

    /// An append under the condition that the Flow is still as it was read.
    pub(crate) fn append_of(&self, id: Id, flow: &Flow, events: Vec<FlowEvent>, origin: Origin<'_>) -> Append {
        let expect = if flow.sequence == 0 { Expect::New } else { Expect::At(flow.sequence) };
        let events = events.into_iter().map(|event| self.envelope(id, flow.sequence, event, origin)).collect();
        Append { subject: id.subject(), expect, events }
    }

    /// The Flow as the log has it after an append, put where lists look. The log has it already: the table may be late.
    pub(crate) async fn shown(&self, id: Id) -> Result<Flow, Error> {
        let flow = self.flow(id).await?;
        if let Err(error) = store::save(&self.pool, id, &flow).await {
            tracing::warn!(flow.id = %id.flow, error = %chassis::error_chain(&error), "the table will show the Flow later");
        }
        Ok(flow)
    }

    /// The same fact after the same event has the same id: what is appended again is recognised. So is what follows from the same webhook.
    fn envelope(&self, id: Id, after: u64, event: FlowEvent, origin: Origin<'_>) -> NewEvent {
        let event_id = match origin {
            Origin::Webhook(webhook) => seen(id, webhook.id, &event),
            Origin::Request { .. } | Origin::Work => {
                let (subject, after) = (id.subject(), after.to_string());
                EventId::derive_from_bytes(event.event_type(), &[subject.as_str(), &after], &event.encode())
            }
        };
        event.into_new(event_id, SOURCE, self.clock.now(), origin.context())
    }
}
