//! `POST /sign-in/sessions`: signing in with a code, for the first time or again.

use auth::credential::Issued;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Problem, RequestId};
use contract::{SessionId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::SessionAnswer;
use super::wrong;
use crate::actor::Actor;
use crate::command::Origin;
use crate::decide::{Command, NewSession, PersonCommand, State as Ground};
use crate::email::Email;
use crate::name::Name;
use crate::{Access, Error};

/// A code, and whose it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartSession {
    /// The address that the code was sent to.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// The code.
    #[schema(example = "01234567")]
    code: String,
    /// What to call somebody who signs in for the first time.
    #[schema(example = "Ada Lovelace", max_length = 100)]
    name: Option<String>,
}

/// Signs in
///
/// The first time makes the person and their personal workspace. A code dies with its fifth wrong try.
#[utoipa::path(
    post,
    path = "/sign-in/sessions",
    tag = "sign-in",
    request_body = StartSession,
    responses(
        (status = 201, description = "Signed in", body = SessionAnswer),
        (status = 401, description = "`wrong_code`: wrong, used, too old, or tried too often"),
        (status = 422, description = "`invalid_body`"),
    )
)]
pub(crate) async fn start_session(
    State(access): State<Access>,
    request: RequestId,
    Json(body): Json<StartSession>,
) -> Result<(StatusCode, Json<SessionAnswer>), Problem> {
    let email: Email = body.email.parse().map_err(|error| wrong("/email", error))?;
    let name: Option<Name> = body.name.map(|name| name.parse()).transpose().map_err(|error| wrong("/name", error))?;
    let user = email.user();
    let id = SessionId::from_ulid(access.ids.ulid());
    let issued = Issued::session(user, id);
    let code_hash = access.key.code_hash(user, body.code.trim());
    let session = NewSession { id, hash: issued.hash.clone() };
    let command = Command::Person { user, command: PersonCommand::SignIn { email, name, code_hash, session } };
    // Whoever has the code is the person; a wrong try is nobody's act, but theirs whose account it is.
    let origin = Origin { request: request.as_str(), actor: Some(Actor::Person(user)) };
    let ground = access.command(&command, origin).await?;
    Ok((StatusCode::CREATED, Json(started(&ground, id, &issued)?)))
}

/// The answer to whoever has just got a session.
pub(super) fn started(ground: &Ground, id: SessionId, issued: &Issued) -> Result<SessionAnswer, Error> {
    let person = ground.person.as_ref().ok_or(Error::Row("a session without a person"))?;
    let session = person.sessions.get(&id).ok_or(Error::Row("a session that did not begin"))?;
    Ok(SessionAnswer {
        token: issued.text.expose().to_owned(),
        expires_at: session.expires_at,
        user: person.id.to_string(),
        personal_workspace: WorkspaceId::personal(person.id).to_string(),
    })
}
