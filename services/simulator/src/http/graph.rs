//! The Graph API under `/sim/graph`: HTTP around [`crate::graph`], and what goes wrong with it on request.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use crate::Simulator;
use crate::graph::{Answer, Call, End, Fate, GraphRefusal, Request, answer, messages, name_of};
use crate::world::World;

/// `/{version}/{node}`
pub(crate) async fn node(
    State(simulator): State<Simulator>,
    method: Method,
    Path((version, node)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = request(&method, version, vec![node], query, &headers, body);
    take(&simulator, &request).await
}

/// `/{version}/{node}/{edge}`
pub(crate) async fn edge(
    State(simulator): State<Simulator>,
    method: Method,
    Path((version, node, edge)): Path<(String, String, String)>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = request(&method, version, vec![node, edge], query, &headers, body);
    take(&simulator, &request).await
}

/// A call as [`crate::graph`] takes it.
pub(super) fn request(
    method: &Method,
    version: String,
    path: Vec<String>,
    query: Vec<(String, String)>,
    headers: &HeaderMap,
    body: Bytes,
) -> Request {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str()).and_then(|text| text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("OAuth ")));
    Request {
        method: method.as_str().to_owned(),
        version,
        path,
        query,
        token: bearer.map(str::to_owned),
        body,
        content_type: header(CONTENT_TYPE.as_str()).map(str::to_owned),
        file_offset: header("file_offset").and_then(|text| text.parse().ok()),
        origin: origin(headers),
    }
}

/// Where whoever called reaches the simulator.
pub(super) fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}")
}

async fn take(simulator: &Simulator, request: &Request) -> Response {
    if matches!(request.path.as_slice(), [_, edge] if edge == "messages" && request.method == "POST") {
        // Read before the lock is taken: it is what costs.
        let asked = messages::Ask::parse(request);
        let name = messages::Ask::name(&asked);
        return exchange(
            simulator,
            request,
            |_| name,
            |world, fate, now| {
                crate::graph::check_version(request)?;
                let fails = if let End::FailsLater(code) = fate.end { Some(code) } else { None };
                messages::answer(world, request, asked, fails, now).map(Answer::Json)
            },
        )
        .await;
    }
    exchange(
        simulator,
        request,
        |world| name_of(&world.meta, request),
        |world, _, now| {
            let name = name_of(&world.meta, request);
            answer(world, name, request, now)
        },
    )
    .await
}

/// One call: what it meets, what comes of it, what is answered and when.
pub(super) async fn exchange(
    simulator: &Simulator,
    request: &Request,
    name: impl FnOnce(&World) -> &'static str,
    act: impl FnOnce(&mut World, &Fate, DateTime<Utc>) -> Result<Answer, GraphRefusal>,
) -> Response {
    let mut hold_ms = 0;
    let answered = simulator.change(|world, now| {
        let name = name(world);
        if world.meta.origin.as_ref() != Some(&request.origin) {
            world.meta.origin = Some(request.origin.clone());
        }
        let fate = world.meta.fate(name);
        hold_ms = fate.hold_ms;
        let answered = match &fate.end {
            End::Refused(refusal) => Err(refusal.clone()),
            End::Usual | End::Lost | End::FailsLater(_) | End::Belied(_) => act(world, &fate, now),
        };
        let outcome = answered.as_ref().map_or_else(|refusal| refusal.code.to_string(), |_| "ok".to_owned());
        let node = request.path.first().cloned().unwrap_or_default();
        world.meta.note(Call { name, node, outcome });
        match fate.end {
            End::Lost => Ok(None),
            End::Belied(refusal) => answered.and(Err(refusal)),
            End::Usual | End::Refused(_) | End::FailsLater(_) => answered.map(Some),
        }
    });
    if hold_ms > 0 {
        tokio::time::sleep(Duration::from_millis(hold_ms.into())).await;
    }
    respond(answered)
}

fn respond(answered: Result<Option<Answer>, GraphRefusal>) -> Response {
    match answered {
        Ok(Some(Answer::Json(body))) => ([(CONTENT_TYPE, "application/json")], body.to_string()).into_response(),
        Ok(Some(Answer::File { mime_type, bytes })) => ([(CONTENT_TYPE, mime_type)], bytes).into_response(),
        // The connection breaks in the middle of the answer.
        Ok(None) => {
            Body::from_stream(futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("lost on the way")) })).into_response()
        }
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.http_status).unwrap_or(StatusCode::BAD_REQUEST);
            match refusal.body() {
                Some(body) => (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response(),
                None => status.into_response(),
            }
        }
    }
}
