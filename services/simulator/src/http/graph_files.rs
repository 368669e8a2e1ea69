//! Files that the Graph API names by a link: media, for whoever has the token, and the JSON of Flows.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use super::graph::{exchange, request};
use crate::Simulator;
use crate::graph::{download_flow_json, download_media};

/// A media file, for five minutes.
pub(crate) async fn media(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let request = request(&Method::GET, String::new(), vec![id.clone()], query, &headers, Bytes::new());
    exchange(&simulator, &request, |_| "download_media", |world, _, now| download_media(&world.meta, &request, &id, now)).await
}

/// The JSON of a Flow's draft, for an hour.
pub(crate) async fn flow_json(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let request = request(&Method::GET, String::new(), vec![id.clone()], query, &headers, Bytes::new());
    exchange(&simulator, &request, |_| "download_flow_json", |world, _, now| download_flow_json(&world.meta, &request, &id, now)).await
}
