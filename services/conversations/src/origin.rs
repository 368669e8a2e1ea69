//! From where a change comes, as its events will say.

use chassis::{Caller, RequestId};
use contract::Context;

/// A request: who made it, under which id, in which trace.
pub(crate) fn origin(request: &RequestId, caller: &Caller) -> Context {
    Context {
        traceparent: chassis::traceparent::current(),
        correlation: Some(request.as_str().to_owned()),
        causation: None,
        actor: Some(caller.actor().to_owned()),
    }
}
