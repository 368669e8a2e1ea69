//! The business numbers that people can write to.

use axum::extract::State;
use chassis::{Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whatsapp::{Phone, PhoneNumberId, WabaId};

use crate::number::Number;
use crate::{Refused, Simulator};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Numbers {
    data: Vec<Number>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    #[schema(value_type = Option<String>)]
    waba_id: Option<WabaId>,
    #[schema(value_type = Option<String>)]
    display_phone_number: Option<Phone>,
}

/// All business numbers that were named so far.
#[utoipa::path(get, path = "/sim/api/numbers", tag = "simulator", responses((status = 200, body = Numbers)))]
pub(crate) async fn list(State(simulator): State<Simulator>) -> Json<Numbers> {
    Json(Numbers { data: simulator.world().numbers.values().cloned().collect() })
}

/// Makes a business number, or says which account it belongs to and what people dial.
#[utoipa::path(put, path = "/sim/api/numbers/{phone_number_id}", tag = "simulator", params(("phone_number_id" = String, Path)), request_body = Description, responses((status = 200, body = Number)))]
pub(crate) async fn describe(
    State(simulator): State<Simulator>,
    Path(id): Path<PhoneNumberId>,
    Json(description): Json<Description>,
) -> Result<Json<Number>, Refused> {
    simulator.change(|world, _| {
        let number = world.number(&id)?;
        if let Some(waba_id) = description.waba_id {
            number.waba_id = waba_id;
        }
        if let Some(phone) = description.display_phone_number {
            number.display_phone_number = phone.digits().to_owned();
        }
        Ok(Json(number.clone()))
    })
}
