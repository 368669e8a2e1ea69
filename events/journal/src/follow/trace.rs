//! The tracing span in which a handler works on events. It continues the trace that the events came with, so that one trace can be followed
//! across the log.
//!
//! If all events of a call belong to one trace, the span is a child of the span that wrote the first of them. If they belong to several,
//! the span starts a trace of its own and links to each of them, because it is a child of none of them alone.

use contract::Recorded;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::Follow;

/// The most spans that one call is linked to; a batch may hold thousands of events.
const LINKS_MAX: usize = 32;

/// Of one call with these events.
pub(super) fn span(follow: &Follow, events: &[Recorded]) -> Span {
    let (service, stream) = (follow.service, follow.stream.name());
    let span = tracing::info_span!("handle_events", otel.kind = "consumer", service, stream, events = events.len());
    if !span.is_disabled() {
        join(&span, events.iter().map(|event| event.context.traceparent.as_deref()));
    }
    span
}

fn join<'a>(span: &Span, traceparents: impl Iterator<Item = Option<&'a str>>) {
    let (speakers, one_trace) = speakers(traceparents);
    let mut speakers = speakers.into_iter();
    if one_trace && let Some(parent) = speakers.next() {
        // Where nobody collects spans there is nothing to be a child of.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
    speakers.for_each(|speaker| span.add_link(speaker));
}

/// The spans that said the events, each once, and whether all events are of one trace.
fn speakers<'a>(traceparents: impl Iterator<Item = Option<&'a str>>) -> (Vec<SpanContext>, bool) {
    let mut speakers: Vec<SpanContext> = Vec::new();
    let mut one_trace = true;
    for traceparent in traceparents {
        if speakers.len() >= LINKS_MAX && !one_trace {
            break;
        }
        let Some(speaker) = traceparent.and_then(parse) else {
            one_trace = false;
            continue;
        };
        one_trace &= speakers.first().is_none_or(|first| first.trace_id() == speaker.trace_id());
        if speakers.len() < LINKS_MAX && !speakers.contains(&speaker) {
            speakers.push(speaker);
        }
    }
    (speakers, one_trace)
}

/// `00-<trace id>-<span id>-<flags>`, as W3C Trace Context has it; later versions may append something.
fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (version, trace) = (hex(parts.next(), 2)?, hex(parts.next(), 32)?);
    let (span, flags) = (hex(parts.next(), 16)?, hex(parts.next(), 2)?);
    if version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    Some(SpanContext::new(trace, span, flags, true, TraceState::default())).filter(SpanContext::is_valid)
}

fn hex(part: Option<&str>, digits: usize) -> Option<&str> {
    part.filter(|part| part.len() == digits && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    const ONE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const ONE_LATER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-01";
    const OTHER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[derive(Clone, Debug, Default)]
    struct Kept(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Kept {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    /// The trace of a span that joined these, its parent and its links; a parent is a span of the same trace.
    fn joined(traceparents: &[Option<&str>]) -> (String, String, Vec<String>) {
        let kept = Kept::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let span = tracing::info_span!("handle_events");
            join(&span, traceparents.iter().copied());
            span.in_scope(|| ());
        });
        let span = kept.0.lock().unwrap().pop().unwrap();
        let links = span.links.iter().map(|link| link.span_context.span_id().to_string()).collect();
        (span.span_context.trace_id().to_string(), span.parent_span_id.to_string(), links)
    }

    fn trace_of(traceparent: &str) -> &str {
        traceparent.split('-').nth(1).unwrap()
    }

    #[test]
    fn events_of_one_trace_are_handled_in_it() {
        let none: Vec<String> = Vec::new();
        assert_eq!(joined(&[Some(ONE)]), (trace_of(ONE).to_owned(), "00f067aa0ba902b7".to_owned(), none.clone()));
        assert_eq!(joined(&[Some(ONE); 3]), (trace_of(ONE).to_owned(), "00f067aa0ba902b7".to_owned(), none));
        let (trace, parent, links) = joined(&[Some(ONE), Some(ONE_LATER)]);
        assert_eq!((&*trace, &*parent, links), (trace_of(ONE), "00f067aa0ba902b7", vec!["00f067aa0ba902b8".to_owned()]));
    }

    #[test]
    fn events_of_several_traces_are_linked_to_and_take_no_part_in_each_other() {
        for mixed in [&[Some(ONE), Some(OTHER)][..], &[Some(ONE), None, Some(OTHER)], &[Some(ONE), Some("nonsense"), Some(OTHER)]] {
            let (trace, parent, links) = joined(mixed);
            assert!(trace != trace_of(ONE) && trace != trace_of(OTHER), "{trace}");
            assert_eq!((&*parent, links), ("0000000000000000", vec!["00f067aa0ba902b7".to_owned(), "b7ad6b7169203331".to_owned()]));
        }
        let (trace, parent, links) = joined(&[None, Some(ONE)]);
        assert_ne!(trace, trace_of(ONE), "what has no trace is not drawn into another's");
        assert_eq!((&*parent, links.len()), ("0000000000000000", 1));
        let many: Vec<String> = (1..1_000).map(|n| format!("00-{n:032x}-{n:016x}-01")).collect();
        let many: Vec<Option<&str>> = many.iter().map(|one| Some(one.as_str())).collect();
        assert_eq!(joined(&many).2.len(), LINKS_MAX);
    }

    #[test]
    fn what_is_no_traceparent_joins_nothing() {
        let zero = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
        let upper = ONE.to_uppercase();
        let (longer, later) = (format!("{ONE}-x"), ONE.replacen("00", "01", 1) + "-x");
        for bad in ["", "x", "00-4bf92f-00f0-01", zero, &upper, &longer, &ONE.replacen("00", "ff", 1), &ONE.replacen("4b", "+b", 1)] {
            assert_eq!(parse(bad), None, "{bad}");
            assert!(joined(&[Some(bad)]).2.is_empty(), "{bad}");
        }
        assert!(parse(&later).is_some(), "a version of the future");
    }
}
