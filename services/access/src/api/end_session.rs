//! `DELETE /v1/me/session`: signing out.

use auth::credential::{Credential, Holder};
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use chassis::{Caller, Problem, RequestId};

use super::by;
use crate::Access;
use crate::actor::Actor;
use crate::decide::{Command, PersonCommand};

/// Signs out
///
/// Ends the session that this request is made with, and no other.
#[utoipa::path(
    delete,
    path = "/v1/me/session",
    tag = "people",
    security(("api_key" = ["self"])),
    responses((status = 204, description = "Signed out"))
)]
pub(crate) async fn end_session(
    State(access): State<Access>,
    caller: Caller,
    request: RequestId,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let user = Actor::person(&caller)?;
    let (_, origin) = by(&caller, &request)?;
    // The guard has checked these credentials; here they only say which session it is.
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.split_once(' '));
    match sent.and_then(|(_, credentials)| Credential::parse(credentials)).map(|credential| credential.holder) {
        Some(Holder::Session(of, session)) if of == user => {
            access.command(&Command::Person { user, command: PersonCommand::SignOut { session } }, origin).await?;
            Ok(StatusCode::NO_CONTENT)
        }
        Some(Holder::Session(..) | Holder::Key(_)) | None => Err(Problem::internal("a person without a session")),
    }
}
