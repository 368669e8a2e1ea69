//! `POST /v1/projects/{project}/contacts`: a contact that nobody has heard of yet, so that something can be sent to it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{ContactFirstSeen, ContactId, ContactProfile, Identity, IdentityKind, ProjectId};
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;
use whatsapp::{Bsuid, Phone, WaId};

use crate::contact::{ContactAnswer, contact_columns, contact_details};
use crate::origin::origin;
use crate::write::{ATTEMPTS_MAX, Written};
use crate::{Conversations, Error};

/// Longest name.
const NAME_CHARS_MAX: usize = 256;

/// Who it is: exactly one of `phone` and `user_id`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MakeContact {
    /// Their number, E.164 with its `+`; spaces, dots, hyphens and brackets do not count.
    #[schema(example = "+16505550142")]
    phone: Option<String>,
    /// Meta's business-scoped user id.
    #[schema(example = "US.13491208655302741918")]
    user_id: Option<String>,
    /// What to call them until they write and show their own name: 1 to 256 characters. One that is there already keeps its name.
    #[schema(example = "Ana", min_length = 1, max_length = 256)]
    name: Option<String>,
}

/// Makes a contact
///
/// Or finds the one who has that number or user id, or had it last: in whatever spelling of the number Meta knows them. Two who make the
/// same contact at once make one. A contact that has never written can be sent templates alone.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/contacts",
    tag = "contacts",
    security(("api_key" = ["conversations:write"])),
    params(("project" = String, Path, description = "The project's id")),
    request_body = MakeContact,
    responses(
        (status = 200, description = "It was there", body = ContactAnswer),
        (status = 201, description = "It is made", body = ContactAnswer, headers(("Location" = String, description = "The contact"))),
        (status = 404, description = "`project_not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 422, description = "`invalid_body`"),
        (status = 503, description = "`log_unavailable`, `database_unavailable`, `tables_behind`, `contended`: ask again, it is made once"),
    )
)]
pub(crate) async fn make_contact(
    State(conversations): State<Conversations>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
    Json(body): Json<MakeContact>,
) -> Result<Response, Problem> {
    let (identity, profile) = check(&body)?;
    let known = conversations.project(project).await?;
    let database = conversations.databases.pool(project);
    if let Some(row) = select(&database, &identity).await? {
        return Ok(Json(ContactAnswer::read_with_details(&row, &known, conversations.clock.now())?.0).into_response());
    }
    // The id says who it is: whoever makes it at the same time says it on the same subject, and one of them is first.
    let contact = ContactId::derive(project, &identity);
    let _lock = conversations.locks.of(contact).await;
    conversations.catch_up(&database, project, None).await?;
    let context = origin(&request, &caller);
    let mut made = false;
    for _ in 0..ATTEMPTS_MAX {
        if let Some(row) = select(&database, &identity).await? {
            let answer = Json(ContactAnswer::read_with_details(&row, &known, conversations.clock.now())?.0);
            let location = format!("/v1/projects/{project}/contacts/{contact}");
            return Ok(if made { (StatusCode::CREATED, [(LOCATION, location)], answer).into_response() } else { answer.into_response() });
        }
        let first = ContactFirstSeen { identities: vec![identity.clone()], profile: profile.clone(), at: conversations.clock.now() };
        let event = conversations.derived(first.into(), &[&project.to_string(), &contact.to_string()], &context);
        match conversations.write(project, contact, 0, vec![event]).await? {
            Written::Stored(sequence) => {
                made = true;
                conversations.wait_for(&database, sequence).await?;
            }
            Written::Lost(sequence) => conversations.wait_for(&database, sequence).await?,
        }
    }
    Err(Error::Contended(ATTEMPTS_MAX).into())
}

/// Who has it now, else who had it last.
async fn select(database: &PgPool, identity: &Identity) -> Result<Option<PgRow>, Error> {
    const QUERY: &str = concat!(
        "SELECT ",
        contact_columns!(),
        contact_details!(),
        " FROM paige.identities AS wanted
          JOIN public.contacts AS contact ON contact.id = wanted.contact_id
         WHERE wanted.kind = $1 AND wanted.value = $2
         ORDER BY wanted.current DESC, wanted.sequence DESC
         LIMIT 1"
    );
    Ok(sqlx::query(QUERY).bind(identity.kind.as_str()).bind(&identity.value).fetch_optional(database).await?)
}

fn check(body: &MakeContact) -> Result<(Identity, ContactProfile), Problem> {
    let refuse = |pointer: &str, detail: &str| {
        Problem::unprocessable("invalid_body", "nobody can be found or made by this").field(pointer, "invalid", detail)
    };
    let name = body.name.as_deref().map(str::trim);
    if name.is_some_and(|name| !(1..=NAME_CHARS_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control)) {
        return Err(refuse("/name", "must have 1 to 256 characters, none of them a control character"));
    }
    let name = name.map(str::to_owned);
    match (&body.phone, &body.user_id) {
        (Some(phone), None) => {
            let wa_id = wa_id(phone).ok_or_else(|| refuse("/phone", "must be a number in E.164, with + and the country's code"))?;
            let identity = Identity { kind: IdentityKind::Phone, value: wa_id.canonical().into() };
            Ok((identity, ContactProfile { name, username: None, wa_id: Some(wa_id.into()) }))
        }
        (None, Some(user_id)) => {
            let bsuid = Bsuid::parse(user_id).filter(|bsuid| !bsuid.is_parent());
            let bsuid = bsuid.ok_or_else(|| refuse("/user_id", "must be a business-scoped user id, not of a parent portfolio"))?;
            let identity = Identity { kind: IdentityKind::Bsuid, value: bsuid.into() };
            Ok((identity, ContactProfile { name, username: None, wa_id: None }))
        }
        (Some(_), Some(_)) => Err(refuse("/user_id", "not together with phone")),
        (None, None) => Err(refuse("/phone", "say phone or user_id")),
    }
}

/// Without its `+`, a number may be one of any country; no country's code begins with 0.
fn wa_id(phone: &str) -> Option<WaId> {
    let phone = Phone::parse(phone).filter(|parsed| phone.trim().starts_with('+') && !parsed.digits().starts_with('0'))?;
    WaId::parse(phone.digits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_with_its_countrys_code_alone() {
        assert_eq!(wa_id(" +1 (650) 555-0142").unwrap().as_str(), "16505550142");
        for bad in ["16505550142", "+016505550142", "+", "", "+1650a5550142", "++16505550142", "+1234", "+1234567890123456"] {
            assert!(wa_id(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_spellings_of_one_number_are_one_identity() {
        let of = |phone: &str| check(&MakeContact { phone: Some(phone.into()), user_id: None, name: None }).unwrap();
        for (one, other) in [("+5511987654321", "+551187654321"), ("+5215512345678", "+525512345678"), ("+5491123456789", "+541123456789")]
        {
            assert_eq!(of(one).0, of(other).0);
            assert_eq!(of(one).1.wa_id.as_deref(), Some(&one[1..]), "answers go to the number as it was given");
        }
    }
}
