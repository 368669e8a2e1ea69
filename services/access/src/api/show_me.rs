//! `GET /v1/me`: who is signed in.

use axum::extract::State;
use chassis::{Caller, Json, Problem};
use contract::WorkspaceId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Access;
use crate::actor::Actor;

/// A person, to themselves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeAnswer {
    #[schema(example = "usr_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: String,
    email: Option<String>,
    name: Option<String>,
    personal_workspace: String,
    registered_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Shows who is signed in
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "people",
    security(("api_key" = ["self"])),
    responses(
        (status = 200, description = "The person", body = MeAnswer),
        (status = 403, description = "`person_needed`: a key is no person"),
    )
)]
pub(crate) async fn show_me(State(access): State<Access>, caller: Caller) -> Result<Json<MeAnswer>, Problem> {
    let user = Actor::person(&caller)?;
    let (person, _) = access.person(user).await?;
    let person = person.ok_or_else(|| Problem::not_found("there is no such person"))?;
    Ok(Json(MeAnswer {
        id: user.to_string(),
        email: person.email,
        name: person.name,
        personal_workspace: WorkspaceId::personal(user).to_string(),
        registered_at: person.registered_at,
    }))
}
