//! A person sends a message: its webhook goes out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chassis::{Json, Path};
use whatsapp::WaId;

use super::graph::origin;
use crate::{Message, Refused, Said, Simulator};

/// Sends as the phone's person, who is made up if nobody has this number.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/messages", tag = "simulator", params(("wa_id" = String, Path)), request_body = Message, responses((status = 201, body = Said)))]
pub(crate) async fn send(
    State(simulator): State<Simulator>,
    Path(wa_id): Path<WaId>,
    headers: HeaderMap,
    Json(message): Json<Message>,
) -> Result<(StatusCode, Json<Said>), Refused> {
    // Links to files in the webhook lead here.
    simulator.world().meta.origin = Some(origin(&headers));
    let said = simulator.say(&wa_id, &message)?;
    Ok((StatusCode::CREATED, Json(said)))
}
