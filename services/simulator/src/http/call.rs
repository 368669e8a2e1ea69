//! A person calls a business number: its webhooks go out.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Path};
use whatsapp::{PhoneNumberId, WaId};

use crate::{Refused, Said, Simulator};

/// Calls as the phone's person, who is made up if nobody has this number.
///
/// Nobody answers: it rings for half a minute, and is over. `wamid` is Meta's id of the call.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}/calls", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), responses((status = 201, body = Said)))]
pub(crate) async fn call(
    State(simulator): State<Simulator>,
    Path((from, to)): Path<(WaId, PhoneNumberId)>,
) -> Result<(StatusCode, Json<Said>), Refused> {
    let said = simulator.change(|world, at| {
        let wamid = world.call(&from, &to, at)?;
        Ok::<_, Refused>(Said { wamid, from, to, at })
    })?;
    Ok((StatusCode::CREATED, Json(said)))
}
