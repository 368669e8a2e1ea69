//! A status webhook for any message, known or not, in any order.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::Json;
use serde::Deserialize;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId, Wamid};

use crate::{Refused, Simulator};

const NAME_CHARACTERS_MAX: usize = 64;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStatus {
    /// The business number that sent the message.
    #[schema(value_type = String)]
    phone_number_id: PhoneNumberId,
    /// Who it went to.
    #[schema(value_type = String)]
    wa_id: WaId,
    #[schema(value_type = String)]
    wamid: Wamid,
    /// `sent`, `delivered`, `read`, `played`, `failed`, or anything.
    #[schema(example = "delivered")]
    status: String,
    /// Meta's error code, for `failed`.
    #[serde(default)]
    error_code: Option<i64>,
}

/// Sends one status.
#[utoipa::path(post, path = "/sim/api/statuses", tag = "simulator", request_body = NewStatus, responses((status = 204)))]
pub(crate) async fn send(State(simulator): State<Simulator>, Json(new): Json<NewStatus>) -> Result<StatusCode, Refused> {
    if new.status.is_empty() || new.status.len() > NAME_CHARACTERS_MAX {
        return Err(Refused::TooLong { what: "status", limit: NAME_CHARACTERS_MAX });
    }
    let error = new.error_code.map(|code| (code, "Simulated failure"));
    simulator.change(|world, now| world.status(&new.wa_id, &new.phone_number_id, &new.wamid, &new.status, error, now))?;
    Ok(StatusCode::NO_CONTENT)
}
