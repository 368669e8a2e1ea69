//! A person taps on a button, a row or a link of a message.

use axum::extract::State;
use chassis::{Json, Path};
use serde::Deserialize;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::tap::{Tap, Tapped, tap as tap_on};
use crate::{Refused, Simulator};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTap {
    #[schema(value_type = String)]
    wamid: Wamid,
    /// Its place among the `choices` of the message, from 0.
    choice: Option<usize>,
    /// Or its id.
    id: Option<String>,
    /// Or what is written on it.
    title: Option<String>,
    /// Where the person is, if that is asked for: degrees.
    latitude: Option<f64>,
    longitude: Option<f64>,
}

/// Taps on one choice of a message; the answer to the business is on its way, if there is one.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}/taps", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), request_body = NewTap, responses((status = 200, body = Tapped)))]
pub(crate) async fn tap(
    State(simulator): State<Simulator>,
    Path((wa_id, to)): Path<(WaId, PhoneNumberId)>,
    Json(new): Json<NewTap>,
) -> Result<Json<Tapped>, Refused> {
    let tap = Tap { index: new.choice, id: new.id, title: new.title, place: new.latitude.zip(new.longitude) };
    simulator.change(|world, now| tap_on(world, (&wa_id, &to), &new.wamid, &tap, now)).map(Json)
}
