//! The trace that a span belongs to, as the `traceparent` of W3C Trace Context: in HTTP headers and in events.
//!
//! Works without an OpenTelemetry endpoint too: ids are then carried, not exported. `tracestate` is not carried.

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Name of the HTTP header and of the CloudEvents extension.
pub const TRACEPARENT: &str = "traceparent";

/// A version 00 value has 55 bytes; later versions may append some.
const TRACEPARENT_BYTES_MAX: usize = 128;

/// The current span as `00-<trace id>-<span id>-<flags>`; none outside of a span or without [`crate::telemetry::start`].
pub fn current() -> Option<String> {
    of(&Span::current())
}

/// A span as `00-<trace id>-<span id>-<flags>`; none if it is disabled or without [`crate::telemetry::start`].
pub fn of(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8()))
}

/// The `traceparent` for something that is written because of an event whose own one is `cause`: the current span's if it belongs to the
/// same trace, and otherwise `cause` itself. A span may handle events of several traces, and none of them may be continued in another's
/// trace.
pub fn after(cause: Option<&str>) -> Option<String> {
    let current = current();
    let Some(cause) = cause.filter(|cause| remote(cause).is_some()) else { return current };
    current.filter(|current| trace_of(current) == trace_of(cause)).or_else(|| Some(cause.to_owned()))
}

fn trace_of(traceparent: &str) -> Option<&str> {
    traceparent.split('-').nth(1)
}

/// Makes a span the child of a remote one. Call it before the span is entered.
///
/// False, and nothing changes, if `traceparent` is not valid or the span is disabled or already running.
pub fn set_parent(span: &Span, traceparent: &str) -> bool {
    remote(traceparent).is_some_and(|context| span.set_parent(context).is_ok())
}

fn remote(traceparent: &str) -> Option<Context> {
    if traceparent.len() > TRACEPARENT_BYTES_MAX {
        return None;
    }
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &One(traceparent));
    context.span().span_context().is_valid().then_some(context)
}

struct One<'a>(&'a str);

impl Extractor for One<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}
