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
    data: Vec<NamedNumber>,
}

/// A number, with its name as Meta knows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedNumber {
    #[serde(flatten)]
    number: Number,
    verified_name: Option<String>,
    /// Absent if the number did not come by a signup.
    name_status: Option<&'static str>,
    /// The name in review, or that was refused.
    new_name: Option<String>,
    new_name_status: Option<&'static str>,
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
    let world = simulator.world();
    let named = |number: &Number| {
        let line = world.meta.lines.get(&number.phone_number_id);
        NamedNumber {
            number: number.clone(),
            verified_name: line.and_then(|line| line.verified_name.clone()),
            name_status: line.map(|line| line.name_status),
            new_name: line.and_then(|line| line.new_name.clone()),
            new_name_status: line.and_then(|line| line.new_name_status),
        }
    };
    Json(Numbers { data: world.numbers.values().map(named).collect() })
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
