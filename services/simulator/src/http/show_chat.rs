//! A chat as it stands on the phone.

use axum::extract::State;
use chassis::{Json, Path};
use serde::Serialize;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId};

use crate::chat::Bubble;
use crate::{Refused, Simulator};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bubbles {
    /// From the oldest to the newest.
    data: Vec<Bubble>,
}

/// The messages of a chat, the last 1,000; empty if there is none.
#[utoipa::path(get, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), responses((status = 200, body = Bubbles)))]
pub(crate) async fn show(
    State(simulator): State<Simulator>,
    Path((wa_id, phone_number_id)): Path<(WaId, PhoneNumberId)>,
) -> Result<Json<Bubbles>, Refused> {
    let mut world = simulator.world();
    world.known_person(&wa_id)?;
    let chat = world.chats.get(&(wa_id, phone_number_id));
    Ok(Json(Bubbles { data: chat.map(|chat| chat.bubbles.iter().cloned().collect()).unwrap_or_default() }))
}
