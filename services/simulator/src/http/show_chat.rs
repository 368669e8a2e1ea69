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
    /// Whether the business is typing.
    typing: bool,
    /// Whether the person has stopped its marketing messages.
    no_marketing: bool,
    /// From the oldest to the newest.
    data: Vec<Bubble>,
}

/// The messages of a chat, the last 1,000; empty if there is none.
#[utoipa::path(get, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), responses((status = 200, body = Bubbles)))]
pub(crate) async fn show(
    State(simulator): State<Simulator>,
    Path((wa_id, phone_number_id)): Path<(WaId, PhoneNumberId)>,
) -> Result<Json<Bubbles>, Refused> {
    let now = simulator.now();
    let mut world = simulator.world();
    world.known_person(&wa_id)?;
    let chat = world.chats.get(&(wa_id, phone_number_id));
    Ok(Json(Bubbles {
        typing: chat.and_then(|chat| chat.typing_until).is_some_and(|until| now < until),
        no_marketing: chat.is_some_and(|chat| chat.no_marketing),
        data: chat.map(|chat| chat.bubbles().cloned().collect()).unwrap_or_default(),
    }))
}
