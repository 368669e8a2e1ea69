//! `POST /{version}/{phone}/messages` of the Graph API, under `/sim/graph`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, HeaderMap};
use chassis::{Json, Path};
use serde_json::Value;
use whatsapp::PhoneNumberId;

use crate::Simulator;
use crate::business::{GraphError, send as send_as_business};

/// The business sends to a phone, or marks a message as read. Any bearer token will do.
#[utoipa::path(post, path = "/sim/graph/{version}/{phone_number_id}/messages", tag = "simulator", params(("version" = String, Path), ("phone_number_id" = String, Path)), request_body = Object, responses((status = 200, body = Object)))]
pub(crate) async fn send(
    State(simulator): State<Simulator>,
    Path((_version, from)): Path<(String, PhoneNumberId)>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let answer = match token {
        Some(token) if !token.trim().is_empty() => simulator.change(|world, now| send_as_business(world, &from, &request, now)),
        _ => Err(GraphError { http_status: 401, code: 190, message: "Invalid OAuth access token", details: "no token".to_owned() }),
    };
    match answer {
        Ok(body) => (StatusCode::OK, Json(body)),
        Err(error) => (StatusCode::from_u16(error.http_status).unwrap_or(StatusCode::BAD_REQUEST), Json(error.body())),
    }
}
