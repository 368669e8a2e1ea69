//! The webhooks: where each is, and trying all of them again at once.

use axum::extract::State;
use chassis::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::Simulator;
use crate::delivery::State as Where;

const SHOWN_MAX: usize = 200;

/// Newest first, at most 200; delivered ones go when newer ones come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deliveries {
    /// Held, waiting and on their way.
    undelivered: usize,
    data: Vec<Shown>,
}

/// One webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Shown {
    number: u64,
    state: Where,
    attempts: u32,
    /// What the last attempt met.
    last: Option<String>,
    made_at: DateTime<Utc>,
    /// The next attempt, while it waits.
    due_at: DateTime<Utc>,
    bytes: usize,
}

/// The webhooks and their attempts.
#[utoipa::path(get, path = "/sim/api/deliveries", tag = "simulator", responses((status = 200, body = Deliveries)))]
pub(crate) async fn list(State(simulator): State<Simulator>) -> Json<Deliveries> {
    let world = simulator.world();
    let shown = world.outbox.newest().take(SHOWN_MAX).map(|(number, delivery)| Shown {
        number,
        state: delivery.state,
        attempts: delivery.attempts,
        last: delivery.last.clone(),
        made_at: delivery.made_at,
        due_at: delivery.due_at,
        bytes: delivery.body.len(),
    });
    Json(Deliveries { undelivered: world.outbox.undelivered(), data: shown.collect() })
}

/// Makes everything that waits due now; says how much that is.
#[utoipa::path(post, path = "/sim/api/deliveries/retry", tag = "simulator", responses((status = 200, body = Object)))]
pub(crate) async fn retry(State(simulator): State<Simulator>) -> Json<Value> {
    let Ok(due) = simulator.change(|world, now| Ok::<_, std::convert::Infallible>(world.outbox.hurry(now)));
    Json(json!({"due": due}))
}
