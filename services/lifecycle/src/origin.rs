//! From where a command comes, as its events will say.

use chassis::{Caller, RequestId};
use contract::{Context, OperationId, ProjectEvent, Recorded, SYSTEM_ACTOR};

/// From where a command comes.
#[derive(Debug, Clone)]
pub(crate) enum Origin<'a> {
    /// A request.
    Request {
        /// Its id.
        id: &'a str,
        /// Who made it.
        actor: &'a str,
    },
    /// An event that was followed.
    Event(&'a Recorded),
    /// An operation that goes on.
    Operation(OperationId),
    /// A deadline that has passed.
    Clock,
}

impl<'a> Origin<'a> {
    pub(crate) fn request(id: &'a RequestId, caller: &'a Caller) -> Self {
        Self::Request { id: id.as_str(), actor: caller.actor() }
    }

    /// The context of an event. The last fact about an erased project names who asked for the deletion, and with which request. That was
    /// said when the deletion began (`asked`), and the event that said it is erased with the project.
    pub(crate) fn context_of(&self, event: &ProjectEvent, asked: Option<&Context>) -> Context {
        let mut context = self.context();
        if let (ProjectEvent::ProjectErased(_), Some(asked)) = (event, asked) {
            context.correlation.clone_from(&asked.correlation);
            context.actor.clone_from(&asked.actor);
        }
        context
    }

    pub(crate) fn context(&self) -> Context {
        let trace = chassis::traceparent::current();
        match self {
            Self::Request { id, actor } => Context::of_request(id, actor, trace),
            Self::Event(event) => Context::following(event, chassis::traceparent::after, SYSTEM_ACTOR),
            Self::Operation(operation) => Context { correlation: Some(operation.to_string()), ..Context::own(SYSTEM_ACTOR, trace) },
            Self::Clock => Context::own(SYSTEM_ACTOR, trace),
        }
    }
}
