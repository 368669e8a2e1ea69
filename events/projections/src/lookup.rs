//! What the recorder must know before it decides: who is who, what is open, what was already said.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use contract::{ContactId, ConversationId, EventId, Identity, IdentityKind, MessageId};
use sqlx::{PgConnection, Row};

use crate::Error;
use crate::load::{contact, id, number, optional_id};
use crate::rows::Contact;

/// A contact with what a decision about it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownContact {
    /// Its row.
    pub contact: Contact,
    /// Everything it is or was known by.
    pub identities: HashMap<Identity, KnownLink>,
    /// Its latest conversation, one to one and in each group.
    pub conversations: Vec<LatestConversation>,
}

/// Since when an identity leads to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownLink {
    /// It has it now; otherwise it had it before.
    pub current: bool,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The latest conversation of a contact in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct LatestConversation {
    /// Its id.
    pub id: ConversationId,
    /// The group in which it takes place.
    pub group: Option<String>,
    /// Its state.
    pub state: Option<String>,
    /// When the last message was sent, or it was opened or reopened.
    pub last_message_at: DateTime<Utc>,
    /// Whether it takes no more messages.
    pub closed: bool,
}

/// The contacts of these ids, as far as the tables have them.
///
/// The latest conversation is the open one: there is one at most, because another only opens where it was closed. An older one
/// may have been changed since and have a higher version.
pub async fn contacts(connection: &mut PgConnection, ids: &[ContactId]) -> Result<Vec<KnownContact>, Error> {
    const CONTACTS: &str = "SELECT * FROM public.contacts WHERE id = ANY($1)";
    const IDENTITIES: &str = "SELECT kind, value, contact_id, current, linked_at FROM paige.identities WHERE contact_id = ANY($1)";
    const LATEST: &str = "
        SELECT DISTINCT ON (contact_id, group_id)
               id, contact_id, group_id, state, greatest(last_message_at, opened_at, reopened_at) AS last_message_at, closed_at IS NOT NULL AS closed
          FROM public.conversations WHERE contact_id = ANY($1) ORDER BY contact_id, group_id, closed_at IS NOT NULL, version DESC";
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let mut known = HashMap::new();
    for row in sqlx::query(CONTACTS).bind(&ids).fetch_all(&mut *connection).await? {
        let contact = contact(&row)?;
        known.insert(contact.id, KnownContact { contact, identities: HashMap::new(), conversations: Vec::new() });
    }
    for row in sqlx::query(IDENTITIES).bind(&ids).fetch_all(&mut *connection).await? {
        if let Some(known) = known.get_mut(&id::<ContactId>(&row, "contact_id")?) {
            let link = KnownLink { current: row.try_get("current")?, since: row.try_get("linked_at")? };
            known.identities.insert(identity(&row)?, link);
        }
    }
    for row in sqlx::query(LATEST).bind(&ids).fetch_all(connection).await? {
        if let Some(known) = known.get_mut(&id::<ContactId>(&row, "contact_id")?) {
            known.conversations.push(LatestConversation {
                id: id(&row, "id")?,
                group: row.try_get("group_id")?,
                state: row.try_get("state")?,
                last_message_at: row.try_get("last_message_at")?,
                closed: row.try_get("closed")?,
            });
        }
    }
    Ok(known.into_values().collect())
}

/// What the tables say of a batch before its contacts are looked at, and how far they had come at that moment.
#[derive(Debug, Default)]
pub struct Known {
    /// Everything of the log up to here is in the answer.
    pub checkpoint: u64,
    /// Whose messages these are, by the names that were asked for, as far as they are recorded.
    pub messages: HashMap<String, ContactId>,
    /// The contact that each identity leads to: who has it now, else who had it last.
    pub contacts: HashMap<Identity, ContactId>,
}

/// What [`known`] asks.
macro_rules! known_query {
    ($further:literal) => {
        concat!(
            "SELECT coalesce(max(sequence), 0) AS checkpoint, NULL AS kind, NULL AS value, NULL AS contact_id FROM paige.checkpoint
             UNION ALL
             SELECT 0, NULL, wamid, contact_id FROM public.messages WHERE wamid = ANY($1)
             UNION ALL
             SELECT 0, kind, value, contact_id
               FROM (SELECT DISTINCT ON (identity.kind, identity.value) identity.kind, identity.value, identity.contact_id
                       FROM unnest($2::text[], $3::text[]) AS wanted (kind, value)
                       JOIN paige.identities AS identity USING (kind, value)
                      ORDER BY identity.kind, identity.value, identity.current DESC, identity.sequence DESC) AS holder",
            $further
        )
    };
}

/// Which of these messages are recorded already (named by Meta's ids or, for what we sent, by ours), and which contacts these identities
/// lead to. It is one statement, so the answer is about one moment, and a message from somebody who is known costs one round trip.
pub async fn known(connection: &mut PgConnection, names: &[&str], identities: &[&Identity]) -> Result<Known, Error> {
    const BY_WAMID: &str = known_query!("");
    const BY_EITHER: &str = known_query!(
        " UNION ALL SELECT 0, NULL, id, contact_id FROM public.messages WHERE id = ANY($1) AND origin = 'api' AND wamid <> id"
    );
    let ours = names.iter().any(|name| name.strip_prefix(MessageId::PREFIX).is_some_and(|rest| rest.starts_with('_')));
    let query = if ours { BY_EITHER } else { BY_WAMID };
    let kinds: Vec<&str> = identities.iter().map(|identity| identity.kind.as_str()).collect();
    let values: Vec<&str> = identities.iter().map(|identity| identity.value.as_str()).collect();
    let mut known = Known::default();
    for row in sqlx::query(query).bind(names).bind(kinds).bind(values).fetch_all(connection).await? {
        let (kind, contact): (Option<&str>, Option<ContactId>) = (row.try_get("kind")?, optional_id(&row, "contact_id")?);
        match (kind, contact) {
            (None, None) => known.checkpoint = number(&row, "checkpoint")?,
            (None, Some(contact)) => _ = known.messages.insert(row.try_get("value")?, contact),
            (Some(_), Some(contact)) => _ = known.contacts.insert(identity(&row)?, contact),
            (Some(_), None) => return Err(Error::Corrupt("contact_id")),
        }
    }
    Ok(known)
}

/// Which statuses of these messages are recorded: wamid, status, participant.
pub async fn statuses(connection: &mut PgConnection, wamids: &[&str]) -> Result<HashSet<(String, String, String)>, Error> {
    const QUERY: &str = "SELECT wamid, status, participant FROM paige.statuses WHERE wamid = ANY($1)";
    let rows = sqlx::query(QUERY).bind(wamids).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get("wamid")?, row.try_get("status")?, row.try_get("participant")?))).collect()
}

/// Which of these unassigned items are recorded, by the ids of their events.
pub async fn unassigned(connection: &mut PgConnection, ids: &[EventId]) -> Result<HashSet<EventId>, Error> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows = sqlx::query("SELECT id FROM paige.unassigned WHERE id = ANY($1)").bind(ids).fetch_all(connection).await?;
    rows.iter().map(|row| id(row, "id")).collect()
}

/// How far the tables have come; 0 for not at all.
pub async fn checkpoint(connection: &mut PgConnection) -> Result<u64, Error> {
    let row = sqlx::query("SELECT coalesce(max(sequence), 0) AS sequence FROM paige.checkpoint").fetch_one(connection).await?;
    number(&row, "sequence")
}

fn identity(row: &sqlx::postgres::PgRow) -> Result<Identity, Error> {
    let kind = IdentityKind::parse(row.try_get("kind")?).ok_or(Error::Corrupt("kind"))?;
    Ok(Identity { kind, value: row.try_get("value")? })
}
