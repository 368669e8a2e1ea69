//! `GET /v1/projects/{project}/events`: what happens in a project, as it happens, as server-sent events.
//!
//! Source: HTML Living Standard, 9.2 "Server-sent events"; `Last-Event-ID` is in 9.2.4.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, Response};
use bytes::Bytes;
use chassis::{Caller, Need, Path, Problem, Query};
use contract::ProjectId;
use futures::stream;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Conversations;
use crate::live::{LiveEvent, News, Resume, Subscription, events, position, reset};

/// Proxies that know it do not hold answers back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// What the route needs, and goes on needing.
const SCOPE: &str = "conversations:read";
const LAST_EVENT_ID: &str = "last-event-id";

/// Where to begin.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FollowEvents {
    /// The id of the last event that was seen, for clients that cannot send `Last-Event-ID`, which counts more.
    #[param(example = "1842")]
    last_event_id: Option<String>,
}

/// Follows events
///
/// A stream that does not end: each event with its sequence in the log as `id`, its short type as `event`
/// (`message_received`, `message_requested`, `message_accepted`, `message_status_reported`, `conversation_opened`, …) and a `LiveEvent` as `data`. A client that comes back with
/// the last id goes on behind it, without gap or repeat. Ids without an event in between say how far the stream has come. The event
/// `reset` says that something may be missing, because that id is too old or unknown or the client too slow: load again what is shown.
/// It ends when the caller may not read the project any more; coming back is then answered as any request.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/events",
    tag = "events",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        FollowEvents,
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen; browsers send it by themselves"),
    ),
    responses(
        (status = 200, description = "Events, as they happen", body = LiveEvent, content_type = "text/event-stream"),
        (status = 404, description = "`project_not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`too_many_streams`, `stream_not_ready`, `log_unavailable`"),
    )
)]
pub(crate) async fn follow_events(
    State(conversations): State<Conversations>,
    caller: Caller,
    Path(project): Path<ProjectId>,
    Query(query): Query<FollowEvents>,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    conversations.project(project).await?;
    let resume = match headers.get(LAST_EVENT_ID) {
        Some(id) => Resume::parse(Some(id.to_str().unwrap_or("not a sequence"))),
        None => Resume::parse(query.last_event_id.as_deref()),
    };
    let subscription = conversations.feed.subscribe(project, resume).await?;
    let mut response = Response::new(body(subscription, caller));
    for (name, value) in [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store"), (X_ACCEL_BUFFERING, "no")] {
        response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Asks for what comes next only when what came before is written: a slow client holds up itself alone.
fn body(mut subscription: Subscription, caller: Caller) -> Body {
    let beginning = subscription.beginning();
    let beginning = written(&subscription, &beginning);
    let rest = stream::unfold((subscription, caller), async |(mut subscription, caller)| {
        let news = subscription.next().await?;
        // Whoever was removed meanwhile is told nothing more.
        let project = subscription.project().to_string();
        caller.require(Need { scope: SCOPE, workspace: None, project: Some(&project) }).await.ok()?;
        Some((Ok::<_, Infallible>(written(&subscription, &news)), (subscription, caller)))
    });
    let first = stream::once(async { Ok::<_, Infallible>(beginning) });
    Body::from_stream(futures::StreamExt::chain(first, rest))
}

fn written(subscription: &Subscription, news: &News) -> Bytes {
    match news {
        News::Events(happened, sequence) => events(subscription.project(), happened, *sequence),
        News::Quiet(sequence) => position(*sequence),
        News::Reset(reason, sequence) => reset(*reason, *sequence),
    }
}
