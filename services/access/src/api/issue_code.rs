//! `POST /sign-in/codes`: a code by e-mail. The answer is the same whoever's address it is, and whether a code was sent or not.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Json, Problem, RequestId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::wrong;
use crate::command::Origin;
use crate::decide::{Command, PersonCommand};
use crate::email::Email;
use crate::mail::Place;
use crate::person::Person;
use crate::{Access, Error, Refusal, letters};

/// Codes have eight digits.
const CODES: u32 = 100_000_000;

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssueCode {
    /// An e-mail address.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
}

/// Sends a code to sign in with
///
/// The code has eight digits, works once and for ten minutes. One address gets at most 5 codes an hour and 20 a day, and all together that
/// nobody is registered with at most 120 a minute; the answer does not tell.
#[utoipa::path(
    post,
    path = "/sign-in/codes",
    tag = "sign-in",
    request_body = IssueCode,
    responses(
        (status = 202, description = "If a code can be sent, it is on its way"),
        (status = 422, description = "`invalid_body`: not an e-mail address"),
        (status = 503, description = "`mail_overloaded`: too many mails wait to be sent; `log_unavailable`, `contended`, `timeout`"),
    )
)]
pub(crate) async fn issue_code(
    State(access): State<Access>,
    request: RequestId,
    Json(body): Json<IssueCode>,
) -> Result<StatusCode, Problem> {
    let email: Email = body.email.parse().map_err(|error| wrong("/email", error))?;
    let Some(place) = room(&access, &email).await? else {
        tracing::info!("too many codes were asked for, for addresses that nobody is registered with");
        return Ok(StatusCode::ACCEPTED);
    };
    let code = format!("{:08}", rand::random_range(0..CODES));
    let command = PersonCommand::IssueCode { hash: access.key.code_hash(email.user(), &code) };
    let origin = Origin { request: request.as_str(), actor: None };
    match access.command(&Command::Person { user: email.user(), command }, origin).await {
        Ok(_) => place.send(letters::sign_in_code(email, &code)),
        Err(Error::Refused(Refusal::TooManyCodes)) => tracing::info!(user = %email.user(), "too many codes were asked for"),
        Err(error) => return Err(error.into()),
    }
    Ok(StatusCode::ACCEPTED)
}

/// Whoever makes up addresses takes no room from those who are registered.
async fn room(access: &Access, email: &Email) -> Result<Option<Place>, Error> {
    let (person, _) = access.person(email.user()).await?;
    if person.as_ref().is_some_and(Person::is_registered) {
        access.outbox.reserve().map(Some)
    } else {
        access.outbox.reserve_for_stranger()
    }
}
