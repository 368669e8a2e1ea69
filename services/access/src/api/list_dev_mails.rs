//! `GET /v1/dev/mails`: the mails of an installation that sends none. For development.

use axum::extract::State;
use chassis::{Json, Problem};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Access;
use crate::mail::Kept;

/// The youngest 200, the youngest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct DevMails {
    data: Vec<DevMail>,
}

/// A mail that would have been sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct DevMail {
    at: DateTime<Utc>,
    to: String,
    subject: String,
    text: String,
}

/// Shows the mails that would have been sent
///
/// Only where no mail server is named.
#[utoipa::path(
    get,
    path = "/v1/dev/mails",
    tag = "development",
    security(("api_key" = ["dev"])),
    responses(
        (status = 200, description = "Mails", body = DevMails),
        (status = 404, description = "`not_found`: mails are really sent"),
    )
)]
pub(crate) async fn list_dev_mails(State(access): State<Access>) -> Result<Json<DevMails>, Problem> {
    let kept = access.outbox.mailer().kept().ok_or_else(|| Problem::not_found("mails are sent by a mail server"))?;
    let data =
        kept.into_iter().map(|Kept { mail, at }| DevMail { at, to: mail.to.as_str().to_owned(), subject: mail.subject, text: mail.text });
    Ok(Json(DevMails { data: data.collect() }))
}
