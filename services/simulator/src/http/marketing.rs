//! A person stops a business' marketing messages, or lets them come again.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Path};
use serde::Deserialize;
use utoipa::ToSchema;
use whatsapp::{PhoneNumberId, WaId};

use crate::{Refused, Simulator, webhook};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marketing {
    /// Whether it stops.
    stop: bool,
}

/// The business hears of it; its marketing templates fail from then on.
#[utoipa::path(post, path = "/sim/api/phones/{wa_id}/chats/{phone_number_id}/marketing", tag = "simulator", params(("wa_id" = String, Path), ("phone_number_id" = String, Path)), request_body = Marketing, responses((status = 204)))]
pub(crate) async fn set(
    State(simulator): State<Simulator>,
    Path((wa_id, to)): Path<(WaId, PhoneNumberId)>,
    Json(marketing): Json<Marketing>,
) -> Result<StatusCode, Refused> {
    simulator.change(|world, now| {
        let person = world.person(&wa_id)?.clone();
        let change = webhook::user_preference(world.number(&to)?, &person, marketing.stop, now);
        world.outbox.hold(change, None, now)?;
        world.chat(&wa_id, &to).no_marketing = marketing.stop;
        Ok::<_, Refused>(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}
