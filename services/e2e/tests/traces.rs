//! A trace that begins outside is found again in the last event that follows: from a webhook to what it says of a contact, from a request to
//! what Meta answered. Whoever handles an event does so in a span of its trace.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::sync::{Arc, Mutex, OnceLock};

use contract::{ProjectId, Recorded, Stream};
use e2e::{Stage, bodies};
use futures::StreamExt;
use journal::{Filter, Range};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use projections::rebuild::PROJECTOR;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const NUMBER: &str = "207358419203847";
const WABA: &str = "104857392016384";
const PHONE: &str = "16505550142";
const SECOND: i64 = 1_794_992_403;
/// Whoever calls, and the span in which they do.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// What a collector would have: every span that has ended.
#[derive(Clone, Debug, Default)]
struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Spans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

impl Spans {
    /// A span of this name, and of this service if it handles events, is a child of the one that said the event, or is linked to it.
    fn follow(&self, event: &Recorded, name: &str, service: Option<&str>) -> bool {
        let said = trace(event);
        let is_of = |span: &SpanData| {
            let of = span.attributes.iter().find(|attribute| attribute.key.as_str() == "service");
            span.name == name && of.map(|attribute| attribute.value.to_string()).as_deref() == service
        };
        let joins = |span: &SpanData| {
            let parent = (span.span_context.trace_id().to_string(), span.parent_span_id.to_string());
            let links = span.links.iter().map(|link| (link.span_context.trace_id().to_string(), link.span_context.span_id().to_string()));
            links.chain([parent]).any(|(trace, span)| (&*trace, &*span) == said)
        };
        self.0.lock().unwrap().iter().any(|span| is_of(span) && joins(span))
    }
}

/// Without a subscriber there are no traces; a process has one.
async fn stage() -> (Stage, Spans) {
    static TRACES: OnceLock<(SdkTracerProvider, Spans)> = OnceLock::new();
    let (_, spans) = TRACES.get_or_init(|| {
        let spans = Spans::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("traces"));
        tracing_subscriber::registry().with(LevelFilter::INFO).with(layer).init();
        (provider, spans)
    });
    (Stage::start().await, spans.clone())
}

async fn log(stage: &Stage, stream: Stream) -> Vec<Recorded> {
    stage.journal.replay(stream, Range::ALL, Filter::all()).map(Result::unwrap).collect().await
}

/// Trace and span of the work that wrote an event.
fn trace(event: &Recorded) -> (&str, &str) {
    let parent = event.context.traceparent.as_deref().unwrap_or_else(|| panic!("{} has no trace", event.event_type.as_str()));
    let parts: Vec<&str> = parent.split('-').collect();
    (parts[1], parts[2])
}

fn called(request: RequestBuilder) -> RequestBuilder {
    request.header("traceparent", format!("00-{TRACE}-{SPAN}-01"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_a_webhook_carries_its_trace_and_names_it() {
    let (stage, spans) = stage().await;
    stage.connected("bot", NUMBER).await;
    let body = bodies::text(NUMBER, PHONE, "wamid.traced", SECOND, "hello");
    let signature = whatsapp::sign(stage.keys.meta_app_secret.expose(), &body);
    let request = stage.http.post(format!("{}/webhooks/meta", stage.base)).header(whatsapp::SIGNATURE_HEADER, signature).body(body);
    assert_eq!(called(request).send().await.unwrap().status(), 200);
    // And one that Meta says nothing of.
    assert_eq!(stage.webhook(bodies::text(NUMBER, PHONE, "wamid.other", SECOND + 1, "hello")).await, 200);
    stage.settle().await;

    let webhooks = log(&stage, Stream::Webhook).await;
    let [traced, other] = webhooks.as_slice() else { panic!("{webhooks:?}") };
    let (of_traced, span) = trace(traced);
    assert_eq!(of_traced, TRACE);
    assert_ne!(span, SPAN, "the work is ours, not the caller's");
    assert_ne!(trace(other).0, TRACE, "whoever names no trace has one of their own");

    for webhook in [traced, other] {
        stage.until("the recorder's span", async || spans.follow(webhook, "handle_events", Some("recorder"))).await;
    }

    let mut types = Vec::new();
    for event in log(&stage, Stream::Conversation).await {
        let webhook = if event.context.causation == Some(other.id) { other } else { traced };
        assert_eq!(event.context.causation, Some(webhook.id), "{}", event.event_type.as_str());
        assert_eq!(event.context.correlation, Some(webhook.id.to_string()));
        assert_eq!(trace(&event).0, trace(webhook).0, "{}", event.event_type.as_str());
        stage.until("the projector's span", async || spans.follow(&event, "handle_events", Some(PROJECTOR))).await;
        types.push((webhook.id == traced.id, event.event_type.as_str().to_owned()));
    }
    for expected in ["contact_first_seen", "conversation_opened", "message_received"] {
        assert!(types.contains(&(true, format!("conversation.{expected}.v1"))), "{expected} is missing: {types:?}");
    }
    assert!(types.contains(&(false, "conversation.message_received.v1".to_owned())), "{types:?}");
    stage.finish(0).await;
}

/// Asks for something, and gives the request's id, as it was answered.
async fn ask(stage: &Stage, path: &str, body: Value) -> (String, Value) {
    let request = stage.http.post(format!("{}{path}", stage.base)).bearer_auth(stage.keys.api_key.expose());
    let answer = called(request.header("idempotency-key", "traced-1").json(&body)).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    (id, answer.json().await.unwrap())
}

/// A message of the phone has come: its contact, and what it is.
async fn written(stage: &Stage, project: ProjectId) -> (String, String) {
    stage.sim(Method::POST, &format!("/phones/{PHONE}/messages"), Some(json!({ "to": NUMBER, "type": "text", "text": "Hi!" }))).await;
    let people = format!("/v1/projects/{project}/contacts?phone=%2B{PHONE}");
    let contacts = async || stage.call(Method::GET, &people, None).await["data"].clone();
    stage.until("they are a contact who wrote", async || contacts().await[0]["last_inbound_at"].is_string()).await;
    let contact = contacts().await[0]["id"].as_str().unwrap().to_owned();
    let messages = stage.call(Method::GET, &format!("/v1/projects/{project}/contacts/{contact}/messages"), None).await;
    (contact, messages["data"][0]["id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_a_request_carries_its_trace_up_to_what_meta_answered() {
    let (stage, spans) = stage().await;
    let project = stage.signed_up("bot", NUMBER, WABA).await;
    let (contact, heard) = written(&stage, project).await;
    let wish = json!({ "type": "text", "text": { "body": "At eight?" } });
    let (sending, asked) = ask(&stage, &format!("/v1/projects/{project}/contacts/{contact}/messages"), wish).await;
    let (reading, _) = ask(&stage, &format!("/v1/projects/{project}/messages/{heard}/read"), json!({})).await;

    // The event that asks, and what follows from it.
    for (request, message, first, following) in [
        (sending, asked["id"].as_str().unwrap(), "message_requested", &["send_started", "message_accepted"][..]),
        (reading, &heard, "read_requested", &["read_settled"][..]),
    ] {
        let of = |events: &[Recorded], name: &str| {
            let is_it = |event: &&Recorded| {
                let data: Value = serde_json::from_slice(&event.data).unwrap();
                event.event_type.as_str() == format!("conversation.{name}.v1") && data["message"] == message
            };
            events.iter().find(is_it).cloned()
        };
        let last = following.last().unwrap();
        stage.until(last, async || of(&log(&stage, Stream::Conversation).await, last).is_some()).await;
        let events = log(&stage, Stream::Conversation).await;
        let asked = of(&events, first).unwrap();
        assert_eq!((trace(&asked).0, asked.context.correlation.as_deref()), (TRACE, Some(&*request)), "{first}");
        for name in following {
            let event = of(&events, name).unwrap();
            assert_eq!((trace(&event).0, event.context.correlation.as_deref()), (TRACE, Some(&*request)), "{name}");
            assert_eq!(event.context.causation, Some(asked.id), "{name}");
        }
        if first == "message_requested" {
            stage.until("the sender's span", async || spans.follow(&asked, "send_message", None)).await;
        }
    }
    stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_does_because_of_an_event_carries_the_trace_of_whoever_asked() {
    let (stage, spans) = stage().await;
    let created = ask(&stage, "/v1/projects", json!({ "name": "bot" })).await.1;
    // Another trace goes through the same services meanwhile.
    let (project, other) = (created["project"]["id"].as_str().unwrap(), stage.project("other").await.to_string());
    let path = format!("/v1/projects/{project}");
    stage.until("the project is ready", async || stage.call(Method::GET, &path, None).await["status"] == "ready").await;

    let projects = log(&stage, Stream::Project).await;
    let asked = projects.iter().find(|event| event.subject.as_str() == format!("project.{project}")).unwrap();
    assert_eq!(trace(asked).0, TRACE);
    stage.until("the span of databases", async || spans.follow(asked, "handle_events", Some("databases"))).await;
    let mut made = 0;
    for stream in [Stream::Database, Stream::Bot, Stream::Flow, Stream::Billing] {
        for event in log(&stage, stream).await {
            let Some(cause) = projects.iter().find(|cause| event.context.causation == Some(cause.id)) else { continue };
            let ours = !event.subject.as_str().contains(&other);
            assert_eq!(trace(&event).0 == TRACE, ours, "{} {}", event.subject, event.event_type.as_str());
            assert_eq!(trace(&event).0, trace(cause).0, "{} {}", event.subject, event.event_type.as_str());
            made += usize::from(ours);
        }
    }
    assert!(made >= 4, "every service has said what it made: {made}");
    stage.finish(0).await;
}
