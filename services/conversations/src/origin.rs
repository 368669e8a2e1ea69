//! From where a change comes, as its events will say.

use chassis::{Caller, RequestId};
use contract::Context;

/// A request: who made it, under which id, in which trace.
pub(crate) fn origin(request: &RequestId, caller: &Caller) -> Context {
    Context::of_request(request.as_str(), caller.actor(), chassis::traceparent::current())
}
