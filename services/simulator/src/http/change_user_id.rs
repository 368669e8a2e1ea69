//! The person gets another user id.

use axum::extract::State;
use chassis::{Json, Path};
use whatsapp::WaId;

use crate::person::Person;
use crate::{Refused, Simulator};

/// Each business with a chat gets the system message and the update.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/user-id", tag = "simulator", params(("wa_id" = String, Path)), responses((status = 200, body = Person)))]
pub(crate) async fn change(State(simulator): State<Simulator>, Path(wa_id): Path<WaId>) -> Result<Json<Person>, Refused> {
    simulator.change(|world, now| world.change_user_id(&wa_id, now)).map(Json)
}
