//! A message as callers see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use utoipa::ToSchema;

use crate::Error;
use crate::columns::Columns;
use crate::history::Place;

/// The columns of an answer, of `message`; then its sequence.
macro_rules! message_columns {
    () => {
        "message.id, message.conversation_id, message.contact_id, message.direction, message.origin, message.sent_by, message.type,
         CASE WHEN message.edited_at IS NULL THEN message.text ELSE message.edited_text END, nullif(message.wamid, message.id), message.sent_at,
         message.recorded_at, message.reply_to_wamid, message.target_wamid, message.group_id, message.edited_at, message.revoked_at,
         message.status, message.status_at, message.error_code, message.contact_reaction, message.business_reaction, message.content,
         message.sequence"
    };
}
pub(crate) use message_columns;

/// A message, in or out. Reactions, edits and revocations are messages too: `target_wamid` says which one they change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageAnswer<'r> {
    #[schema(example = "msg_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: &'r str,
    #[schema(example = "cnv_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    conversation: &'r str,
    #[schema(example = "con_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    contact: &'r str,
    /// `inbound`: the contact wrote; `outbound`: the business did.
    #[schema(example = "inbound")]
    direction: &'r str,
    /// `live`, `app` (typed in the WhatsApp Business app), `api` (sent through this API) or `import` (from before the number was connected).
    #[schema(example = "live")]
    origin: &'r str,
    /// Who had it sent through this API: a person (`usr_…`), a program or a bot by its key (`key_…`), an agent by its own (`agent:key_…`).
    /// Null: nobody did.
    #[schema(example = "key_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    sent_by: Option<&'r str>,
    /// Meta's type: `text`, `image`, … also one that nobody has seen yet. `call`: they called, and `content` is the call.
    #[schema(example = "text")]
    r#type: &'r str,
    /// What a person would read in a list; after an edit, the new text.
    text: Option<&'r str>,
    /// Meta's id of the message; null: Meta has not accepted it yet.
    #[schema(example = "wamid.HBgLMTY1MDU1NTAxNDIVAgASGBQzQTdBNUE2")]
    wamid: Option<&'r str>,
    /// By Meta's time stamp; of a message that is sent through this API, when it was asked for.
    sent_at: DateTime<Utc>,
    /// When the platform wrote it down.
    recorded_at: DateTime<Utc>,
    /// The message that it answers.
    reply_to_wamid: Option<&'r str>,
    /// The message that it changes.
    target_wamid: Option<&'r str>,
    /// The group in which it was written.
    group_id: Option<&'r str>,
    /// When its text was last edited.
    edited_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    revoked_at: Option<DateTime<Utc>>,
    /// What became of an outbound message: the furthest it came. Null: nothing is known yet.
    status: Option<MessageStatus<'r>>,
    reactions: Reactions<'r>,
    /// The message object as Meta sent it; of a message that is sent through this API, as it was asked for.
    #[schema(value_type = Object)]
    content: &'r RawValue,
}

/// How far an outbound message came; every report is in its statuses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageStatus<'r> {
    /// Of a message that is sent through this API, first `requested`, `sending`, `waiting` (it is tried again), `unknown` (Meta did not say
    /// whether it took it), `abandoned`, `accepted`; then what Meta reports: `sent`, `delivered`, `read`, `played`. Or `failed`; others may come.
    #[schema(example = "delivered")]
    status: &'r str,
    at: Option<DateTime<Utc>>,
    /// Meta's code of the first error. Why it failed, in words, is in its statuses.
    error_code: Option<i64>,
}

/// The latest reaction of either side; null: none, or taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reactions<'r> {
    #[schema(example = "👍")]
    contact: Option<&'r str>,
    business: Option<&'r str>,
}

impl<'r> MessageAnswer<'r> {
    /// Reads `message_columns!`; gives the message's place in its history beside it.
    pub(crate) fn read(row: &'r PgRow) -> Result<(Self, Place), Error> {
        let mut columns = Columns::of(row);
        let answer = Self {
            id: columns.take()?,
            conversation: columns.take()?,
            contact: columns.take()?,
            direction: columns.take()?,
            origin: columns.take()?,
            sent_by: columns.take()?,
            r#type: columns.take()?,
            text: columns.take()?,
            wamid: columns.take()?,
            sent_at: columns.take()?,
            recorded_at: columns.take()?,
            reply_to_wamid: columns.take()?,
            target_wamid: columns.take()?,
            group_id: columns.take()?,
            edited_at: columns.take()?,
            revoked_at: columns.take()?,
            status: status(&mut columns)?,
            reactions: Reactions { contact: columns.take()?, business: columns.take()? },
            content: columns.json()?,
        };
        let place = Place::new(answer.sent_at, columns.take()?);
        Ok((answer, place))
    }
}

fn status<'r>(columns: &mut Columns<'r>) -> Result<Option<MessageStatus<'r>>, Error> {
    let (status, at, error_code) = (columns.take::<Option<&str>>()?, columns.take()?, columns.take()?);
    Ok(status.map(|status| MessageStatus { status, at, error_code }))
}
