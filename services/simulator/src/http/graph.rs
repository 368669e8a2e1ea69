//! The Graph API under `/sim/graph`: HTTP around [`crate::graph`].

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::Simulator;
use crate::graph::{Call, Fate, GraphRefusal, Request, answer, name_of};

/// `/{version}/{node}`
pub(crate) async fn node(
    State(simulator): State<Simulator>,
    method: Method,
    Path((version, node)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    take(&simulator, request(&method, version, vec![node], query, &headers, &body))
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
    take(&simulator, request(&method, version, vec![node, edge], query, &headers, &body))
}

fn request(
    method: &Method,
    version: String,
    path: Vec<String>,
    query: Vec<(String, String)>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Request {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str()).and_then(|text| text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("OAuth ")));
    Request {
        method: method.as_str().to_owned(),
        version,
        path,
        query,
        token: bearer.map(str::to_owned),
        body: body.to_vec(),
        file_offset: header("file_offset").and_then(|text| text.parse().ok()),
    }
}

fn take(simulator: &Simulator, request: Request) -> Response {
    let name = name_of(&request);
    let answered = simulator.change(|world, now| {
        let fate = world.meta.fate(name);
        let answered = match &fate {
            Fate::Usual | Fate::Lost => answer(world, &request, now),
            Fate::Refused(refusal) => Err(refusal.clone()),
        };
        let outcome = answered.as_ref().map_or_else(|refusal| refusal.code.to_string(), |_| "ok".to_owned());
        let node = request.path.first().cloned().unwrap_or_default();
        world.meta.note(Call { name, node, outcome });
        if fate == Fate::Lost { Ok(None) } else { answered.map(Some) }
    });
    respond(answered)
}

fn respond(answered: Result<Option<Value>, GraphRefusal>) -> Response {
    let json = |status: StatusCode, body: Value| (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    match answered {
        Ok(Some(body)) => json(StatusCode::OK, body),
        // The connection breaks in the middle of the answer.
        Ok(None) => {
            Body::from_stream(futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("lost on the way")) })).into_response()
        }
        Err(refusal) => json(StatusCode::from_u16(refusal.http_status).unwrap_or(StatusCode::BAD_REQUEST), refusal.body()),
    }
}
