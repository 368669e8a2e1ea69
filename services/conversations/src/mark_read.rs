//! `POST /v1/projects/{project}/messages/{message}/read`: the contact sees that it was read, and that somebody writes.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chassis::{Caller, Json, Path, Problem, RequestId, required_idempotency_key};
use chrono::{DateTime, TimeDelta, Utc};
use contract::{ContactId, ConversationEvent, Event, EventId, MessageId, NewEvent, ProjectId, ReadRequested, Subject};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, Row};
use utoipa::ToSchema;

use crate::origin::origin;
use crate::refusal::Refusal;
use crate::send::may_send;
use crate::write::{ATTEMPTS_MAX, Written};
use crate::{Conversations, Error};

/// For how long Meta marks a message as read.
const READABLE: TimeDelta = TimeDelta::days(30);

/// How it is to be shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkRead {
    /// True: the contact also sees that an answer is being written, until it comes or for 25 seconds.
    #[serde(default)]
    #[schema(default = false)]
    typing: bool,
}

/// A message that will be marked as read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadAnswer {
    #[schema(value_type = String, example = "msg_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    message: MessageId,
    /// Whether the contact also sees that an answer is being written.
    typing: bool,
    requested_at: DateTime<Utc>,
}

/// Marks a message as read
///
/// A message that the contact wrote, and with it those before. Answered as soon as it is written down. With the same `Idempotency-Key` it
/// can be asked for again at any time: it is answered the same, and Meta is asked nothing more. Under another key it shows once more that
/// somebody writes.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/messages/{message}/read",
    tag = "messages",
    security(("api_key" = ["conversations:write"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("message" = String, Path, description = "The message's id"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, of the message's own; the same key is one request, however often it comes"),
    ),
    request_body = MarkRead,
    responses(
        (status = 202, description = "It will be marked, or was asked for before", body = ReadAnswer),
        (status = 400, description = "`invalid_path`, `idempotency_key_required`, `idempotency_key_invalid`, `malformed_json`"),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`not_inbound`, `group_not_supported`, `message_too_old`, `number_not_connected`, `number_cannot_send`, `project_suspended`, `project_not_ready`, `project_failed`"),
        (status = 422, description = "`invalid_body`; `idempotency_key_reused`: the key came with another request before"),
        (status = 503, description = "`log_unavailable`, `database_unavailable`, `tables_behind`, `contended`: ask again with the same key"),
    )
)]
pub(crate) async fn mark_read(
    State(conversations): State<Conversations>,
    caller: Caller,
    request: RequestId,
    Path((project, message)): Path<(ProjectId, MessageId)>,
    headers: HeaderMap,
    Json(MarkRead { typing }): Json<MarkRead>,
) -> Result<Response, Problem> {
    let database = conversations.database(project).await?;
    let at = conversations.clock.now();
    let said = match select(&database, message).await? {
        Some(said) => said,
        // Whoever follows the log may know it before the tables show it.
        None => {
            conversations.catch_up(&database, project, None).await?;
            select(&database, message).await?.ok_or(Error::NotFound("the message"))?
        }
    };
    let key = required_idempotency_key(&headers)?;
    let wish = ReadRequested { message, wamid: said.wamid.clone(), typing, at };
    // By this id it is found again when the same key comes, for as long as there is a log.
    let parts = [&*project.to_string(), &*message.to_string(), key];
    let event = conversations.derived(wish.clone().into(), &parts, &origin(&request, &caller));
    let asked = conversations.ask_read(project, &said, wish, &event).await?;
    if asked.typing != typing {
        return Err(Refusal::KeyReused.into());
    }
    Ok((StatusCode::ACCEPTED, Json(ReadAnswer { message, typing, requested_at: asked.at })).into_response())
}

impl Conversations {
    /// Writes down what is asked for, once for each key: gives what was asked for under it, now or before.
    async fn ask_read(&self, project: ProjectId, said: &Said, wish: ReadRequested, event: &NewEvent) -> Result<ReadRequested, Problem> {
        let _lock = self.locks.of(said.contact).await;
        let mut read = ReadOn { subject: Subject::conversation(project, said.contact), from: said.sequence, version: 0 };
        for _ in 0..ATTEMPTS_MAX {
            if let Some(asked) = self.asked_before(&mut read, event.id).await? {
                return Ok(asked);
            }
            check(said, wish.at)?;
            self.may_show(project).await?;
            // Whoever loses reads on: what was faster may have been the same request.
            if let Written::Stored(_) = self.write(project, said.contact, read.version, vec![event.clone()]).await? {
                return Ok(wish);
            }
        }
        Err(Error::Contended(ATTEMPTS_MAX).into())
    }

    /// What an event of this id asked for, if it is among those of the contact that are not read yet.
    async fn asked_before(&self, read: &mut ReadOn, id: EventId) -> Result<Option<ReadRequested>, Error> {
        loop {
            let (events, more) = self.journal.entity_from(&read.subject, read.from).await?;
            if let Some(event) = events.iter().find(|event| event.id == id) {
                let ConversationEvent::ReadRequested(asked) = ConversationEvent::decode(event)? else { return Ok(None) };
                return Ok(Some(asked));
            }
            if let Some(last) = events.last() {
                (read.from, read.version) = (last.sequence + 1, last.sequence);
            }
            if !more {
                return Ok(None);
            }
        }
    }

    async fn may_show(&self, project: ProjectId) -> Result<(), Problem> {
        if may_send(&*self.project(project).await?).is_err() {
            // Perhaps it was connected or restored a moment ago.
            self.projects.fresh(project).await.map_err(Error::from)?;
            may_send(&*self.project(project).await?)?;
        }
        Ok(())
    }
}

/// How far a contact's events are read: from the message on, because none can have asked for it before.
struct ReadOn {
    subject: Subject,
    from: u64,
    /// Of the last one that was read.
    version: u64,
}

struct Said {
    contact: ContactId,
    /// Of the event that told of it, on the contact's subject.
    sequence: u64,
    wamid: String,
    /// The contact wrote it: a call is not written.
    inbound: bool,
    in_group: bool,
    sent_at: DateTime<Utc>,
}

fn check(said: &Said, now: DateTime<Utc>) -> Result<(), Refusal> {
    match said {
        Said { inbound: false, .. } => Err(Refusal::NotInbound),
        Said { in_group: true, .. } => Err(Refusal::GroupNotSupported),
        Said { sent_at, .. } if now - *sent_at > READABLE => Err(Refusal::MessageTooOld),
        Said { .. } => Ok(()),
    }
}

async fn select(database: &PgPool, message: MessageId) -> Result<Option<Said>, Error> {
    const QUERY: &str = "SELECT contact_id, sequence, wamid, direction = 'inbound' AND type <> 'call', group_id IS NOT NULL, sent_at
           FROM public.messages
          WHERE id = $1";
    let row = sqlx::query(QUERY).bind(message.to_string()).fetch_optional(database).await?;
    row.map(|row| {
        let contact = row.try_get::<&str, _>(0)?.parse().map_err(|_| Error::Corrupt("contact_id"))?;
        let sequence = u64::try_from(row.try_get::<i64, _>(1)?).map_err(|_| Error::Corrupt("sequence"))?;
        let (wamid, inbound, in_group, sent_at) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        Ok(Said { contact, sequence, wamid, inbound, in_group, sent_at })
    })
    .transpose()
}
