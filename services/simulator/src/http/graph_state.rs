//! What a test asks about the Graph API: which calls came, how a number stands; and what is to go wrong next.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Path};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use whatsapp::PhoneNumberId;

use crate::graph::{Call, Decision, GraphFault, Line, decide, give_key};
use crate::{Refused, Simulator};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Calls {
    /// In order; the last thousand.
    data: Vec<Call>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineAnswer {
    /// Whether the webhooks of its account come.
    subscribed: bool,
    #[serde(flatten)]
    line: Line,
}

/// With what phones encrypt.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublicKey {
    /// Of RSA with 2048 bits, as PEM.
    business_public_key: String,
}

/// The calls that came.
#[utoipa::path(get, path = "/sim/api/graph/calls", tag = "simulator", responses((status = 200, body = Calls)))]
pub(crate) async fn calls(State(simulator): State<Simulator>) -> Json<Calls> {
    Json(Calls { data: simulator.world().meta.calls.iter().cloned().collect() })
}

/// A number as the Graph API knows it.
#[utoipa::path(get, path = "/sim/api/graph/numbers/{phone_number_id}", tag = "simulator", params(("phone_number_id" = String, Path)), responses((status = 200, body = LineAnswer)))]
pub(crate) async fn line(State(simulator): State<Simulator>, Path(id): Path<PhoneNumberId>) -> Result<Json<LineAnswer>, Refused> {
    let world = simulator.world();
    let line = world.meta.lines.get(&id).cloned().ok_or_else(|| Refused::NoSuchNumber(id.to_string()))?;
    Ok(Json(LineAnswer { subscribed: world.meta.hears_of(&line.waba), line }))
}

/// The reviewer decides about a display name; the webhook for it is on its way, unless it is to be silent.
#[utoipa::path(post, path = "/sim/api/graph/numbers/{phone_number_id}/display-name", tag = "simulator", params(("phone_number_id" = String, Path)), request_body = Decision, responses((status = 204)))]
pub(crate) async fn review(
    State(simulator): State<Simulator>,
    Path(id): Path<PhoneNumberId>,
    Json(decision): Json<Decision>,
) -> Result<StatusCode, Refused> {
    simulator.change(|world, now| decide(world, &id, decision, now))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever runs the endpoint of the number's Flows gives Meta its public key, without the business.
#[utoipa::path(put, path = "/sim/api/graph/numbers/{phone_number_id}/public-key", tag = "simulator", params(("phone_number_id" = String, Path)), request_body = PublicKey, responses((status = 204)))]
pub(crate) async fn set_key(
    State(simulator): State<Simulator>,
    Path(id): Path<PhoneNumberId>,
    Json(given): Json<PublicKey>,
) -> Result<StatusCode, Refused> {
    give_key(&mut simulator.world().meta, &id, &given.business_public_key)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets what goes wrong with the next calls, or a share of them; an empty list: nothing.
#[utoipa::path(put, path = "/sim/api/graph/faults", tag = "simulator", request_body = Vec<GraphFault>, responses((status = 204)))]
pub(crate) async fn set_faults(State(simulator): State<Simulator>, Json(faults): Json<Vec<GraphFault>>) -> Result<StatusCode, Refused> {
    GraphFault::check_all(&faults)?;
    let mut world = simulator.world();
    let seed = world.dice.random();
    world.meta.arm(faults, seed);
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the token of a number's account back, as its owner may at Meta at any time.
#[utoipa::path(delete, path = "/sim/api/graph/numbers/{phone_number_id}/tokens", tag = "simulator", params(("phone_number_id" = String, Path)), responses((status = 204)))]
pub(crate) async fn revoke(State(simulator): State<Simulator>, Path(id): Path<PhoneNumberId>) -> Result<StatusCode, Refused> {
    let mut world = simulator.world();
    let waba = world.meta.lines.get(&id).map(|line| line.waba.clone()).ok_or_else(|| Refused::NoSuchNumber(id.to_string()))?;
    world.meta.tokens.values_mut().filter(|granted| granted.wabas.contains(&waba)).for_each(|granted| granted.revoked = true);
    Ok(StatusCode::NO_CONTENT)
}
