//! The person opens a chat: what the business wrote is read, and the business hears so.

use axum::extract::State;
use chassis::{Json, Path};
use serde_json::{Value, json};
use whatsapp::{PhoneNumberId, WaId};

use crate::{Refused, Simulator};

/// Reads everything in the chat; says how many messages that were.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}/read", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), responses((status = 200, body = Object)))]
pub(crate) async fn read(
    State(simulator): State<Simulator>,
    Path((wa_id, phone_number_id)): Path<(WaId, PhoneNumberId)>,
) -> Result<Json<Value>, Refused> {
    let read = simulator.change(|world, now| world.read_chat(&wa_id, &phone_number_id, now))?;
    Ok(Json(json!({"read": read})))
}
