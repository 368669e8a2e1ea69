//! Loads the rows that a batch of events will touch, and those that their summaries depend on.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::Error;
use crate::checkpoint::{self, Seen};
use crate::held::Rows;
use crate::keys::Keys;
use crate::rows::{Contact, Conversation, Message, MessageRest, Status, Summary};

/// Reads the rows that a batch touches, and before them the checkpoint; `None` for one that is not there yet. Not of one moment unless the
/// checkpoint is still the same when they are written.
pub(crate) async fn load(connection: &mut PgConnection, keys: &Keys, log_created: DateTime<Utc>) -> Result<(Option<Seen>, Rows), Error> {
    let mut rows = Rows::default();
    let checkpoint = load_people(connection, keys, log_created, &mut rows).await?;
    if !keys.names.is_empty() {
        load_said(connection, keys, &mut rows).await?;
    }
    Ok((checkpoint, rows))
}

/// Contacts and conversations side by side, as they belong together: each is at least once in the answer, the checkpoint in each row.
async fn load_people(
    connection: &mut PgConnection,
    keys: &Keys,
    log_created: DateTime<Utc>,
    rows: &mut Rows,
) -> Result<Option<Seen>, Error> {
    const QUERY: &str = "
        SELECT checkpoint.stream_created, checkpoint.sequence, checkpoint.event_id, checkpoint.xmin::text::bigint AS checkpoint_version, people.*
          FROM (VALUES (1)) AS always (one)
          LEFT JOIN paige.checkpoint ON checkpoint.stream = 'conversation'
          LEFT JOIN (SELECT contact.*,
                            conversation.id AS conversation_id, conversation.contact_id, conversation.group_id, conversation.state,
                            conversation.state_version, conversation.inherited_from, conversation.opened_at, conversation.reopened_at,
                            conversation.closed_at, conversation.close_reason, conversation.last_message_at AS conversation_last_message_at,
                            conversation.last_inbound_at AS conversation_last_inbound_at, conversation.message_count,
                            conversation.version AS conversation_version
                       FROM (SELECT * FROM public.contacts WHERE id = ANY($1)) AS contact
                       FULL JOIN (SELECT * FROM public.conversations WHERE id = ANY($2)) AS conversation
                         ON conversation.contact_id = contact.id) AS people ON true";
    let contacts: Vec<String> = keys.contacts.iter().map(ToString::to_string).collect();
    let conversations: Vec<String> = keys.conversations.iter().map(ToString::to_string).collect();
    let mut found = None;
    for row in sqlx::query(QUERY).bind(contacts).bind(conversations).fetch_all(connection).await? {
        if let (None, Some(created)) = (&found, row.try_get("stream_created")?) {
            let event: Option<&str> = row.try_get("event_id")?;
            let checkpoint = checkpoint::of_log(created, row.try_get("sequence")?, event, log_created)?;
            found = Some(Seen { checkpoint, version: row.try_get("checkpoint_version")? });
        }
        if row.try_get::<Option<&str>, _>("id")?.is_some() {
            let contact = contact(&row)?;
            rows.contacts.load(contact.id, contact);
        }
        if row.try_get::<Option<&str>, _>("conversation_id")?.is_some() {
            let conversation = conversation(&row)?;
            rows.conversations.load(conversation.id, conversation);
        }
    }
    Ok(found)
}

/// Messages and statuses, one below the other; of a status, what a message has of its own is empty. A condition of `names` alone finds its
/// rows by an index, whatever the planner knew of the tables when it planned.
macro_rules! said_query {
    ($with:literal, $names:literal) => {
        concat!(
            $with,
            "SELECT wamid, CASE WHEN origin = 'api' THEN id END AS asked_as, contact_id, direction, type, text, target_wamid, sent_at, status,
                    status_at, error_code, edited_at, edited_text, revoked_at, contact_reaction, business_reaction, NULL AS participant, sequence
               FROM public.messages WHERE wamid = ANY(",
            $names,
            ") UNION ALL
             SELECT wamid, CASE WHEN origin = 'api' THEN id END, contact_id, direction, type, text, target_wamid, sent_at, status,
                    status_at, error_code, edited_at, edited_text, revoked_at, contact_reaction, business_reaction, NULL, sequence
               FROM public.messages WHERE target_wamid = ANY(",
            $names,
            ") UNION ALL
             SELECT wamid, NULL, contact_id, NULL, NULL, NULL, NULL, at, status, NULL, error_code,
                    NULL, NULL, NULL, NULL, NULL, participant, sequence
               FROM paige.statuses WHERE wamid = ANY(",
            $names,
            ")"
        )
    };
}

async fn load_said(connection: &mut PgConnection, keys: &Keys, rows: &mut Rows) -> Result<(), Error> {
    /// Of what the contact writes: whether it is there already.
    const SAID: &str = said_query!("", "$1");
    /// Of what a summary is made of: also the other name of a message that we sent, and what a message is about, with its other name.
    const SUMMED: &str = said_query!(
        "WITH named AS MATERIALIZED (
            SELECT id, wamid, target_wamid FROM public.messages WHERE wamid = ANY($1)
            UNION ALL
            SELECT id, wamid, target_wamid FROM public.messages WHERE id = ANY($1) AND origin = 'api'
         ), names AS MATERIALIZED (
            SELECT ARRAY(SELECT unnest($1::text[]) UNION SELECT unnest(ARRAY[id, wamid, target_wamid]) FROM named
                         UNION SELECT id FROM public.messages WHERE wamid = ANY(ARRAY(SELECT target_wamid FROM named))) AS names
         ) ",
        "(SELECT names FROM names)::text[]"
    );
    let names: Vec<&str> = keys.names.iter().map(String::as_str).collect();
    let query = if keys.summed { SUMMED } else { SAID };
    for row in sqlx::query(query).bind(names).fetch_all(connection).await? {
        match row.try_get("participant")? {
            Some(participant) => rows.load_status(status(&row, participant)?),
            None => rows.load_message(message(&row)?),
        }
    }
    Ok(())
}

fn message(row: &PgRow) -> Result<Message, Error> {
    Ok(Message {
        wamid: row.try_get::<&str, _>("wamid")?.into(),
        asked_as: row.try_get::<Option<&str>, _>("asked_as")?.map(Arc::from),
        contact_id: id(row, "contact_id")?,
        direction: row.try_get("direction")?,
        kind: row.try_get("type")?,
        text: row.try_get("text")?,
        target_wamid: row.try_get::<Option<&str>, _>("target_wamid")?.map(Arc::from),
        sent_at: row.try_get("sent_at")?,
        rest: MessageRest::Stored,
        summary: summary(row)?,
    })
}

fn status(row: &PgRow, participant: String) -> Result<Status, Error> {
    Ok(Status {
        wamid: row.try_get::<&str, _>("wamid")?.into(),
        status: row.try_get("status")?,
        participant,
        contact_id: id(row, "contact_id")?,
        at: row.try_get("sent_at")?,
        error_code: row.try_get("error_code")?,
        content: None,
        sequence: number(row, "sequence")?,
    })
}

pub(crate) fn contact(row: &PgRow) -> Result<Contact, Error> {
    Ok(Contact {
        id: id(row, "id")?,
        phone: row.try_get("phone")?,
        wa_id: row.try_get("wa_id")?,
        bsuid: row.try_get("bsuid")?,
        parent_bsuid: row.try_get("parent_bsuid")?,
        name: row.try_get("name")?,
        username: row.try_get("username")?,
        preferences: row.try_get::<sqlx::types::Json<_>, _>("preferences")?.0,
        merged_into: optional_id(row, "merged_into")?,
        first_seen_at: row.try_get("first_seen_at")?,
        last_message_at: row.try_get("last_message_at")?,
        last_inbound_at: row.try_get("last_inbound_at")?,
        profile_at: row.try_get("profile_at")?,
        version: number(row, "version")?,
    })
}

/// As [`load_people`] names its columns.
fn conversation(row: &PgRow) -> Result<Conversation, Error> {
    Ok(Conversation {
        id: id(row, "conversation_id")?,
        contact_id: id(row, "contact_id")?,
        group_id: row.try_get("group_id")?,
        state: row.try_get("state")?,
        state_version: u32::try_from(row.try_get::<i32, _>("state_version")?).map_err(|_| Error::Corrupt("state_version"))?,
        inherited_from: optional_id(row, "inherited_from")?,
        opened_at: row.try_get("opened_at")?,
        reopened_at: row.try_get("reopened_at")?,
        closed_at: row.try_get("closed_at")?,
        close_reason: row.try_get("close_reason")?,
        last_message_at: row.try_get("conversation_last_message_at")?,
        last_inbound_at: row.try_get("conversation_last_inbound_at")?,
        message_count: number(row, "message_count")?,
        version: number(row, "conversation_version")?,
    })
}

pub(crate) fn summary(row: &PgRow) -> Result<Summary, Error> {
    Ok(Summary {
        status: row.try_get("status")?,
        status_at: row.try_get::<Option<DateTime<Utc>>, _>("status_at")?,
        error_code: row.try_get("error_code")?,
        edited_at: row.try_get("edited_at")?,
        edited_text: row.try_get("edited_text")?,
        revoked_at: row.try_get("revoked_at")?,
        contact_reaction: row.try_get("contact_reaction")?,
        business_reaction: row.try_get("business_reaction")?,
    })
}

pub(crate) fn id<T: std::str::FromStr>(row: &PgRow, column: &'static str) -> Result<T, Error> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| Error::Corrupt(column))
}

pub(crate) fn optional_id<T: std::str::FromStr>(row: &PgRow, column: &'static str) -> Result<Option<T>, Error> {
    row.try_get::<Option<&str>, _>(column)?.map(|text| text.parse().map_err(|_| Error::Corrupt(column))).transpose()
}

pub(crate) fn number(row: &PgRow, column: &'static str) -> Result<u64, Error> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| Error::Corrupt(column))
}
