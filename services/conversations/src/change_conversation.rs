//! `PATCH /v1/projects/{project}/conversations/{conversation}`: another state, the end of it, or its return.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chassis::{Caller, IfMatch, Json, Path, Problem, RequestId, etag};
use chrono::{DateTime, Utc};
use contract::{
    CloseReason, ConversationClosed, ConversationEvent, ConversationId, ConversationReopened, ConversationStateChanged, ProjectId,
};
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use crate::columns::Columns;
use crate::conversation::{CONVERSATION_COLUMNS, ConversationAnswer, conversation_columns};
use crate::origin::origin;
use crate::refusal::Refusal;
use crate::write::{ATTEMPTS_MAX, Written};
use crate::{Conversations, Error};

/// Longest state.
const STATE_CHARS_MAX: usize = 200;
/// Longest reason.
const WHY_CHARS_MAX: usize = 1_000;

/// What is to be otherwise. At least one of `state` and `open`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeConversation {
    /// The state from now on: 1 to 200 characters of any text that is not a control character. Nothing needs to know it before.
    #[schema(example = "checkout", min_length = 1, max_length = 200)]
    state: Option<String>,
    /// Why it goes to that state, for people: 1 to 1,000 characters. Only together with `state`.
    #[schema(example = "the contact confirmed the order", min_length = 1, max_length = 1_000)]
    why: Option<String>,
    /// False: it is closed, and the next message opens another. True: it goes on.
    open: Option<bool>,
}

/// Changes a conversation
///
/// Who changes the state says which one they have seen: the ETag of the conversation, which counts its changes. Of two who have seen the
/// same one, the first wins. Closing needs no ETag, and is done once. Only the contact's latest conversation can be reopened, or have its
/// state changed after it was closed. What is so already stays as it is and is answered the same.
#[utoipa::path(
    patch,
    path = "/v1/projects/{project}/conversations/{conversation}",
    tag = "conversations",
    security(("api_key" = ["conversations:write"])),
    params(
        ("project" = String, Path, description = "The project's id"),
        ("conversation" = String, Path, description = "The conversation's id"),
        ("If-Match" = Option<String>, Header, description = "The conversation's ETag, or *. Required where `state` is there"),
    ),
    request_body(content = ChangeConversation, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The conversation as it is now", body = ConversationAnswer, headers(("ETag" = String, description = "How often its state has changed"))),
        (status = 404, description = "`project_not_found`, `not_found`"),
        (status = 409, description = "`conversation_not_latest`, `contact_merged`, `project_not_ready`, `project_failed`"),
        (status = 412, description = "`state_changed`, with `state` and `state_version` as they are now; without them where `If-Match` is no ETag of a conversation"),
        (status = 422, description = "`invalid_body`"),
        (status = 428, description = "`version_needed`: send If-Match"),
        (status = 503, description = "`log_unavailable`, `database_unavailable`, `tables_behind`, `contended`"),
    )
)]
pub(crate) async fn change_conversation(
    State(conversations): State<Conversations>,
    caller: Caller,
    request: RequestId,
    Path((project, conversation)): Path<(ProjectId, ConversationId)>,
    headers: HeaderMap,
    Json(body): Json<ChangeConversation>,
) -> Result<Response, Problem> {
    let database = conversations.database(project).await?;
    let contact = conversations.find_place(&database, project, conversation).await?.contact;
    check(&body)?;
    let insists = IfMatch::read(&headers, "state_changed", "this conversation")?;
    if body.state.is_some() && insists == IfMatch::Unsaid {
        return Err(Refusal::VersionNeeded.into());
    }
    let context = origin(&request, &caller);
    let _lock = conversations.locks.of(contact).await;
    let mut sure = false;
    for _ in 0..ATTEMPTS_MAX {
        let row = select(&database, conversation).await?.ok_or(Error::NotFound("the conversation"))?;
        let (mut answer, standing) = read(&row)?;
        let change = Change { conversation, body: &body, insists, by: caller.actor(), at: conversations.clock.now() };
        let facts = match decide(&standing, &change) {
            Ok(facts) => facts,
            Err(refusal) if sure => return Err(refusal.into()),
            // Nobody is refused for what the tables do not show yet.
            Err(_) => {
                conversations.catch_up(&database, project, Some(contact)).await?;
                sure = true;
                continue;
            }
        };
        if !facts.is_empty() {
            let events = facts.iter().map(|fact| conversations.fresh(fact.clone(), &context)).collect();
            match conversations.write(project, contact, standing.version, events).await? {
                Written::Stored(sequence) => conversations.show(&database, sequence).await,
                Written::Lost(sequence) => {
                    conversations.wait_for(&database, sequence).await?;
                    continue;
                }
            }
        }
        facts.iter().for_each(|fact| answer.take(fact));
        return Ok((etag(answer.version()), Json(answer)).into_response());
    }
    Err(Error::Contended(ATTEMPTS_MAX).into())
}

fn check(body: &ChangeConversation) -> Result<(), Problem> {
    let refuse = |pointer: &str, detail: String| {
        Err(Problem::unprocessable("invalid_body", "the conversation cannot be changed like this").field(pointer, "invalid", detail))
    };
    let fits = |text: &str, chars_max: usize| (1..=chars_max).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    match body {
        ChangeConversation { state: None, open: None, .. } => refuse("", "say state or open, or both".to_owned()),
        ChangeConversation { state: Some(state), .. } if !fits(state, STATE_CHARS_MAX) => {
            refuse("/state", format!("must have 1 to {STATE_CHARS_MAX} characters, none of them a control character"))
        }
        ChangeConversation { why: Some(why), .. } if !fits(why, WHY_CHARS_MAX) => {
            refuse("/why", format!("must have 1 to {WHY_CHARS_MAX} characters, none of them a control character"))
        }
        ChangeConversation { state: None, why: Some(_), .. } => refuse("/why", "goes with a state alone".to_owned()),
        ChangeConversation { .. } => Ok(()),
    }
}

/// What is so.
#[derive(Debug, Clone, PartialEq)]
struct Standing {
    /// The sequence of the contact's last event.
    version: u64,
    state: Option<String>,
    state_version: u32,
    closed: bool,
    /// Whether no other conversation came after it, in its place.
    latest: bool,
    /// Whether its contact lives on as another.
    merged: bool,
}

/// What is wanted, by whom.
struct Change<'a> {
    conversation: ConversationId,
    body: &'a ChangeConversation,
    insists: IfMatch<u32>,
    by: &'a str,
    at: DateTime<Utc>,
}

/// What is said; nothing, if everything is so already.
fn decide(standing: &Standing, change: &Change<'_>) -> Result<Vec<ConversationEvent>, Refusal> {
    let Change { conversation, body, insists, by, at } = *change;
    if let IfMatch::Is(version) = insists
        && version != standing.state_version
    {
        return Err(Refusal::StateChanged { state: standing.state.clone(), version: standing.state_version });
    }
    let mut facts: Vec<ConversationEvent> = Vec::new();
    if body.open == Some(true) && standing.closed {
        facts.push(ConversationReopened { conversation, by: by.to_owned(), at }.into());
    }
    if let Some(to) = body.state.clone().filter(|to| standing.state.as_ref() != Some(to)) {
        let (from, version, why) = (standing.state.clone(), standing.state_version + 1, body.why.clone());
        facts.push(ConversationStateChanged { conversation, from, to, version, by: by.to_owned(), why, at }.into());
    }
    if !facts.is_empty() && standing.merged {
        return Err(Refusal::ContactMerged);
    }
    if !facts.is_empty() && standing.closed && !standing.latest {
        return Err(Refusal::ConversationNotLatest);
    }
    if body.open == Some(false) && !standing.closed {
        facts.push(ConversationClosed { conversation, reason: CloseReason::Request, at }.into());
    }
    Ok(facts)
}

/// The latest of a place is its open conversation; there is one at most.
async fn select(database: &PgPool, conversation: ConversationId) -> Result<Option<PgRow>, Error> {
    const QUERY: &str = concat!(
        "SELECT ",
        conversation_columns!(),
        ", contact.version, contact.merged_into IS NOT NULL,
           conversation.id = (SELECT own.id FROM public.conversations AS own
                               WHERE own.contact_id = conversation.contact_id AND own.group_id IS NOT DISTINCT FROM conversation.group_id
                               ORDER BY own.closed_at IS NOT NULL, own.version DESC
                               LIMIT 1)
          FROM public.conversations AS conversation JOIN public.contacts AS contact ON contact.id = conversation.contact_id
         WHERE conversation.id = $1"
    );
    Ok(sqlx::query(QUERY).bind(conversation.to_string()).fetch_optional(database).await?)
}

fn read(row: &PgRow) -> Result<(ConversationAnswer<'_>, Standing), Error> {
    let (answer, _) = ConversationAnswer::read(row)?;
    let mut columns = Columns::from(row, CONVERSATION_COLUMNS);
    let (version, merged, latest) = (columns.sequence()?, columns.take()?, columns.take()?);
    let (state, state_version, closed) = (answer.state().map(str::to_owned), answer.version(), answer.is_closed());
    Ok((answer, Standing { version, state, state_version, closed, latest, merged }))
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    fn standing(closed: bool, latest: bool, merged: bool) -> Standing {
        Standing { version: 9, state: Some("ordering".into()), state_version: 3, closed, latest, merged }
    }

    const OPEN: (bool, bool, bool) = (false, true, false);
    const CLOSED: (bool, bool, bool) = (true, true, false);
    const OLD: (bool, bool, bool) = (true, false, false);
    const MERGED: (bool, bool, bool) = (true, true, true);

    #[track_caller]
    fn check(
        (closed, latest, merged): (bool, bool, bool),
        body: (Option<&str>, Option<bool>),
        insists: IfMatch<u32>,
        expected: Result<&[&str], Refusal>,
    ) {
        let body = ChangeConversation { state: body.0.map(str::to_owned), why: None, open: body.1 };
        let conversation = ConversationId::from_ulid(Ulid::from_parts(1, 1));
        let change = Change { conversation, body: &body, insists, by: "usr_1", at: DateTime::UNIX_EPOCH };
        let said = decide(&standing(closed, latest, merged), &change);
        let types = said.map(|facts| {
            facts.iter().map(|fact| contract::Event::event_type(fact).split('.').nth(1).unwrap_or_default()).collect::<Vec<_>>()
        });
        assert_eq!(types, expected.map(<[&str]>::to_vec), "{body:?} {insists:?}");
    }

    #[test]
    fn a_state_is_changed_by_who_has_seen_it() {
        let stale = || Err(Refusal::StateChanged { state: Some("ordering".into()), version: 3 });
        check(OPEN, (Some("paid"), None), IfMatch::Is(3), Ok(&["conversation_state_changed"]));
        check(OPEN, (Some("paid"), None), IfMatch::Any, Ok(&["conversation_state_changed"]));
        check(OPEN, (Some("ordering"), None), IfMatch::Is(3), Ok(&[]));
        check(OPEN, (Some("paid"), None), IfMatch::Is(2), stale());
        check(OPEN, (Some("paid"), None), IfMatch::Is(4), stale());
        check(OPEN, (None, Some(false)), IfMatch::Is(2), stale());
        check(CLOSED, (Some("paid"), None), IfMatch::Is(3), Ok(&["conversation_state_changed"]));
        check(OLD, (Some("paid"), None), IfMatch::Is(3), Err(Refusal::ConversationNotLatest));
        check(MERGED, (Some("paid"), None), IfMatch::Is(3), Err(Refusal::ContactMerged));
    }

    #[test]
    fn what_is_closed_last_can_be_opened_again() {
        check(OPEN, (None, Some(false)), IfMatch::Unsaid, Ok(&["conversation_closed"]));
        check(CLOSED, (None, Some(false)), IfMatch::Unsaid, Ok(&[]));
        check(OLD, (None, Some(false)), IfMatch::Unsaid, Ok(&[]));
        check(OPEN, (None, Some(true)), IfMatch::Unsaid, Ok(&[]));
        check(CLOSED, (None, Some(true)), IfMatch::Unsaid, Ok(&["conversation_reopened"]));
        check(OLD, (None, Some(true)), IfMatch::Unsaid, Err(Refusal::ConversationNotLatest));
        check(MERGED, (None, Some(true)), IfMatch::Unsaid, Err(Refusal::ContactMerged));
        check(CLOSED, (Some("paid"), Some(true)), IfMatch::Any, Ok(&["conversation_reopened", "conversation_state_changed"]));
        check(OPEN, (Some("paid"), Some(false)), IfMatch::Any, Ok(&["conversation_state_changed", "conversation_closed"]));
    }
}
