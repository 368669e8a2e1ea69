//! Where something was asked for: the event that asked, its trace, and its request id. Everything that is written about it later carries
//! them on, also when another process writes it, because the rows keep them.

use contract::{Context, EventId, Recorded, SYSTEM_ACTOR};

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// None: it was written into a row before rows kept it.
    pub(crate) asked: Option<EventId>,
    pub(crate) traceparent: Option<String>,
    pub(crate) correlation: Option<String>,
}

impl Origin {
    /// Of what an event asks for.
    pub(crate) fn of(asked: &Recorded) -> Self {
        let (traceparent, correlation) = (asked.context.traceparent.clone(), asked.context.correlation.clone());
        Self { asked: Some(asked.id), traceparent, correlation }
    }

    /// Of what follows from it.
    pub(crate) fn context(&self) -> Context {
        Context {
            traceparent: self.traceparent.clone(),
            correlation: self.correlation.clone(),
            causation: self.asked,
            actor: Some(SYSTEM_ACTOR.to_owned()),
        }
    }
}
