//! What the tables say of a contact when something is to be sent to it. Of one moment: the version goes with everything else.

use chrono::{DateTime, Utc};
use contract::{ContactId, ConversationId, MessageId};
use dialogue::Latest;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};

use crate::Error;
use crate::columns::Columns;
use crate::contact::with_family;
use crate::window::family_wrote_at;

/// How many mergers are followed, as the recorder does.
const MERGERS_MAX: usize = 16;

/// A contact, as far as sending needs it.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    pub(crate) contact: ContactId,
    /// The sequence of its last event.
    pub(crate) version: u64,
    /// The contact that it turned out to be.
    pub(crate) merged_into: Option<ContactId>,
    /// Its number, as Meta writes it.
    pub(crate) wa_id: Option<String>,
    pub(crate) bsuid: Option<String>,
    /// What it said last about messages that advertise.
    pub(crate) marketing: Option<String>,
    /// When it wrote or called last outside of groups, also as a contact that was merged into this one.
    pub(crate) last_inbound_at: Option<DateTime<Utc>>,
    /// Its latest conversation outside of groups.
    pub(crate) latest: Option<Latest>,
    /// The message of the id that was looked for, if it was asked for before.
    pub(crate) asked: Option<Asked>,
}

/// A message that was asked for before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) contact: ContactId,
    pub(crate) conversation: ConversationId,
    /// Of the event that asked for it.
    pub(crate) sequence: u64,
    pub(crate) wamid: Option<String>,
    pub(crate) status: Option<String>,
}

/// The contact, or the one that it was merged into; `None` if the tables have none.
pub(crate) async fn talk(database: &PgPool, mut contact: ContactId, message: MessageId) -> Result<Option<Talk>, Error> {
    for _ in 0..MERGERS_MAX {
        let Some(talk) = select(database, contact, message).await? else { return Ok(None) };
        match talk.merged_into {
            Some(into) if talk.asked.is_none() => contact = into,
            Some(_) | None => return Ok(Some(talk)),
        }
    }
    Err(Error::Corrupt("merged_into"))
}

/// The open conversation is the latest: there is one at most.
async fn select(database: &PgPool, contact: ContactId, message: MessageId) -> Result<Option<Talk>, Error> {
    const QUERY: &str = concat!(
        "SELECT contact.version, contact.merged_into, contact.wa_id, contact.bsuid, contact.preferences #>> '{marketing_messages,value}',
               (",
        with_family!(),
        family_wrote_at!(),
        "),
               latest.id, latest.state, latest.active_at, latest.closed,
               asked.contact_id, asked.conversation_id, asked.sequence, nullif(asked.wamid, asked.id), asked.status
          FROM public.contacts AS contact
          LEFT JOIN LATERAL (
               SELECT own.id, own.state, greatest(own.last_message_at, own.opened_at, own.reopened_at) AS active_at, own.closed_at IS NOT NULL AS closed
                 FROM public.conversations AS own
                WHERE own.contact_id = contact.id AND own.group_id IS NULL
                ORDER BY own.closed_at IS NOT NULL, own.version DESC
                LIMIT 1) AS latest ON true
          LEFT JOIN public.messages AS asked ON asked.id = $2
         WHERE contact.id = $1"
    );
    let row = sqlx::query(QUERY).bind(contact.to_string()).bind(message.to_string()).fetch_optional(database).await?;
    row.map(|row| read(contact, &row)).transpose()
}

fn read(contact: ContactId, row: &PgRow) -> Result<Talk, Error> {
    let mut columns = Columns::of(row);
    let version = columns.sequence()?;
    let merged_into = columns.optional_id("merged_into")?;
    let (wa_id, bsuid, marketing, last_inbound_at) = (columns.take()?, columns.take()?, columns.take()?, columns.take()?);
    let latest = match (columns.optional_id("conversation id")?, columns.take()?, columns.take()?, columns.take()?) {
        (Some(id), state, Some(last_message_at), Some(closed)) => Some(Latest { id, state, last_message_at, closed }),
        (..) => None,
    };
    let asked = match (columns.optional_id("contact_id")?, columns.optional_id("conversation_id")?) {
        (Some(contact), Some(conversation)) => {
            let sequence = columns.sequence()?;
            Some(Asked { contact, conversation, sequence, wamid: columns.take()?, status: columns.take()? })
        }
        (..) => None,
    };
    Ok(Talk { contact, version, merged_into, wa_id, bsuid, marketing, last_inbound_at, latest, asked })
}

/// When a message was sent that the contact sent or received outside of groups, named by Meta's id. It also finds messages of contacts that
/// were merged into this one. `None` if the tables have no such message.
pub(crate) async fn said_at(database: &PgPool, contact: ContactId, wamid: &str) -> Result<Option<DateTime<Utc>>, Error> {
    // What Meta has not accepted has our id in place of Meta's.
    const QUERY: &str = concat!(
        with_family!(),
        "SELECT said.sent_at
           FROM public.messages AS said
          WHERE said.wamid = $2 AND said.wamid <> said.id AND said.group_id IS NULL AND said.contact_id IN (SELECT id FROM family)"
    );
    Ok(sqlx::query_scalar(QUERY).bind(contact.to_string()).bind(wamid).fetch_optional(database).await?)
}

/// Where a conversation takes place; neither changes, ever.
pub(crate) struct Place {
    pub(crate) contact: ContactId,
    pub(crate) in_group: bool,
}

/// The place of a conversation, if the tables have it.
pub(crate) async fn place(database: &PgPool, conversation: ConversationId) -> Result<Option<Place>, Error> {
    const QUERY: &str = "SELECT contact_id, group_id IS NOT NULL FROM public.conversations WHERE id = $1";
    let row = sqlx::query(QUERY).bind(conversation.to_string()).fetch_optional(database).await?;
    row.map(|row| {
        let contact = row.try_get::<&str, _>(0)?.parse().map_err(|_| Error::Corrupt("contact_id"))?;
        Ok(Place { contact, in_group: row.try_get(1)? })
    })
    .transpose()
}
