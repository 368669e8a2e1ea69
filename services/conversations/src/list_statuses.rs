//! `GET /v1/projects/{project}/messages/{message}/statuses`: every step of a message, ours and what Meta reported.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chassis::{Json, Path, Problem};
use chrono::{DateTime, Utc};
use contract::{MessageId, ProjectId};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sqlx::PgPool;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use crate::columns::Columns;
use crate::{Conversations, Error};

/// Most statuses of one message: a group has some thousand members, each with a few.
const STATUSES_MAX: i64 = 10_000;

/// The ledger of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Statuses<'r> {
    /// Every step, by its time, then as they were recorded; at most 10,000.
    data: Vec<StatusAnswer<'r>>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusAnswer<'r> {
    /// Of a message that is sent through this API, ours: `requested`, `sending`, `waiting`, `unknown`, `accepted`, `failed`, `abandoned`. Meta's:
    /// `sent`, `delivered`, `read`, `played`, `failed`; others may come.
    #[schema(example = "delivered")]
    status: &'r str,
    /// Of a group message: whose status it is, a BSUID or number.
    participant: Option<&'r str>,
    /// By Meta's time stamp; of our own steps, ours.
    at: DateTime<Utc>,
    /// Meta's code of the first error.
    error_code: Option<i64>,
    /// Why a message was not sent, for programs: one of the causes that the routes for sending list. Null: nothing failed, or Meta says why.
    #[schema(example = "expired")]
    code: Option<String>,
    /// Why it failed, waits, is unknown or was given up, for people, in Meta's words where it gave any. Null: nothing went wrong.
    #[schema(example = "it was not sent before its time was up")]
    reason: Option<String>,
    /// The status object as Meta sent it; of a step of ours, what its event says. Null: it is the request, which the message has, or was
    /// imported with its message.
    #[schema(value_type = Option<Object>)]
    content: Option<&'r RawValue>,
}

/// What a step says about what went wrong.
#[derive(Debug, PartialEq)]
struct Cause {
    code: Option<String>,
    reason: Option<String>,
}

/// Lists a message's statuses
///
/// The complete ledger: nothing is left out because something later happened.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/messages/{message}/statuses",
    tag = "messages",
    security(("api_key" = ["conversations:read"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("message" = String, Path, description = "The message's id"),
    ),
    responses(
        (status = 200, description = "Every status", body = Statuses),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn list_statuses(
    State(conversations): State<Conversations>,
    Path((project, message)): Path<(ProjectId, MessageId)>,
) -> Result<Response, Problem> {
    let database = conversations.database(project).await?;
    let rows = select(&database, message).await?;
    if rows.is_empty() {
        return Err(Error::NotFound("the message").into());
    }
    let data = rows.iter().filter_map(|row| read(row).transpose()).collect::<Result<_, _>>()?;
    Ok(Json(Statuses { data }).into_response())
}

/// A row for each status, or one for none.
async fn select(database: &PgPool, message: MessageId) -> Result<Vec<PgRow>, Error> {
    const QUERY: &str = "
        SELECT status.status, nullif(status.participant, ''), status.at, status.error_code, status.content
          FROM public.messages AS message LEFT JOIN paige.statuses AS status ON status.wamid = ANY (ARRAY[message.wamid, message.id])
         WHERE message.id = $1
         ORDER BY status.at, status.sequence
         LIMIT $2";
    Ok(sqlx::query(QUERY).bind(message.to_string()).bind(STATUSES_MAX).fetch_all(database).await?)
}

fn read(row: &PgRow) -> Result<Option<StatusAnswer<'_>>, Error> {
    let mut columns = Columns::of(row);
    let Some(status) = columns.take()? else { return Ok(None) };
    let (participant, at, error_code) = (columns.take()?, columns.take()?, columns.take()?);
    let content = columns.optional_json()?;
    let Cause { code, reason } = cause(content);
    Ok(Some(StatusAnswer { status, participant, at, error_code, code, reason, content }))
}

/// A step of ours has code and reason; a status of Meta's has errors, each with up to three texts, of which the details say most.
fn cause(content: Option<&RawValue>) -> Cause {
    const REASONS: [&str; 4] = ["/reason", "/errors/0/error_data/details", "/errors/0/message", "/errors/0/title"];
    let content: Value = content.and_then(|content| serde_json::from_str(content.get()).ok()).unwrap_or_default();
    let text = |pointer: &str| content.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Cause { code: text("/code"), reason: REASONS.into_iter().find_map(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_says_why_in_our_words_or_in_metas() {
        for (content, code, reason) in [
            (r#"{"message":"msg_1","code":"expired","reason":"too late","at":"2026-11-29T00:00:00Z"}"#, Some("expired"), Some("too late")),
            (r#"{"message":"msg_1","attempt":1,"reason":"no answer from Meta"}"#, None, Some("no answer from Meta")),
            (
                r#"{"status":"failed","errors":[{"code":131026,"title":"t","message":"m","error_data":{"details":"d"}},{"title":"u"}]}"#,
                None,
                Some("d"),
            ),
            (r#"{"status":"failed","errors":[{"code":131026,"title":"t","message":"m"}]}"#, None, Some("m")),
            (r#"{"status":"failed","errors":[{"code":131026,"title":"t","error_data":"odd"}]}"#, None, Some("t")),
            (r#"{"status":"delivered","code":7,"reason":{}}"#, None, None),
            ("[]", None, None),
        ] {
            let raw: Box<RawValue> = serde_json::from_str(content).unwrap();
            let expected = Cause { code: code.map(str::to_owned), reason: reason.map(str::to_owned) };
            assert_eq!(cause(Some(&*raw)), expected, "{content}");
        }
        assert_eq!(cause(None), Cause { code: None, reason: None });
    }
}
