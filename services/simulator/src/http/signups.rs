//! Embedded Signup without its popup: what the browser would have afterwards.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::Json;

use crate::graph::{NewSignup, Signup};
use crate::{Refused, Simulator};

/// Somebody signs up.
#[utoipa::path(post, path = "/sim/api/signups", tag = "simulator", request_body = NewSignup, responses((status = 201, body = Signup)))]
pub(crate) async fn sign_up(State(simulator): State<Simulator>, Json(new): Json<NewSignup>) -> Result<(StatusCode, Json<Signup>), Refused> {
    let signup = simulator.change(|world, now| crate::graph::sign_up(world, new, now))?;
    Ok((StatusCode::CREATED, Json(signup)))
}
