//! The messages that phones really received: what a test counts.

use axum::extract::State;
use chassis::{Json, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::received::Received;
use crate::{Refused, Simulator};

const LIMIT_DEFAULT: usize = 1_000;
const LIMIT_MAX: usize = 10_000;
const REPEATED_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Those after this one; 0: from the first that is kept.
    #[serde(default)]
    after: u64,
    /// 1 to 10000; 1000 if absent.
    limit: Option<usize>,
    /// Those that came with this data alone.
    biz_opaque_callback_data: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceivedList {
    /// How many there were ever; the last 300,000 are kept.
    count: u64,
    /// What was received more than once by its `biz_opaque_callback_data`; the first thousand.
    repeated: Vec<Repeated>,
    /// From the oldest.
    data: Vec<Received>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Repeated {
    biz_opaque_callback_data: String,
    times: usize,
}

/// Messages on phones, in order.
#[utoipa::path(get, path = "/sim/api/received", tag = "simulator", params(Asked), responses((status = 200, body = ReceivedList)))]
pub(crate) async fn list(State(simulator): State<Simulator>, Query(asked): Query<Asked>) -> Result<Json<ReceivedList>, Refused> {
    let limit = asked.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Refused::Invalid("limit is 1 to 10000".to_owned()));
    }
    let world = simulator.world();
    let ledger = &world.received;
    let repeated = ledger.repeated().take(REPEATED_MAX);
    let repeated = repeated.map(|(data, times)| Repeated { biz_opaque_callback_data: data.to_owned(), times }).collect();
    let data = match &asked.biz_opaque_callback_data {
        Some(data) => ledger.with_data(data).filter(|entry| entry.number > asked.after).take(limit).cloned().collect(),
        None => ledger.after(asked.after).take(limit).cloned().collect(),
    };
    Ok(Json(ReceivedList { count: ledger.count(), repeated, data }))
}
