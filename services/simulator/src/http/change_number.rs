//! The person moves to another number.

use axum::extract::State;
use chassis::{Json, Path};
use serde::Deserialize;
use utoipa::ToSchema;
use whatsapp::WaId;

use crate::person::Person;
use crate::{Refused, Simulator};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNumber {
    #[schema(value_type = String)]
    to: WaId,
}

/// Each business with a chat gets the system message and, because a number brings its own user id, the update of that.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/number", tag = "simulator", params(("wa_id" = String, Path)), request_body = NewNumber, responses((status = 200, body = Person)))]
pub(crate) async fn change(
    State(simulator): State<Simulator>,
    Path(wa_id): Path<WaId>,
    Json(number): Json<NewNumber>,
) -> Result<Json<Person>, Refused> {
    simulator.change(|world, now| world.change_number(&wa_id, number.to, now)).map(Json)
}
