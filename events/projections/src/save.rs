//! Writes the rows that the fold changed: one statement per table, whatever the number of rows.

use contract::{ContactId, ConversationId};
use sqlx::PgConnection;

use crate::Error;
use crate::rows::{Contact, Conversation, Message, MessageRest, NewMessage, StateChange, Status};
use crate::table::Rows;

/// Writes them, in one transaction that the caller holds.
pub(crate) async fn save(connection: &mut PgConnection, rows: &Rows) -> Result<(), Error> {
    save_contacts(connection, &rows.contacts.dirty().map(|(_, row)| row).collect::<Vec<_>>()).await?;
    save_conversations(connection, &rows.conversations.dirty().map(|(_, row)| row).collect::<Vec<_>>()).await?;
    let (new, changed): (Vec<&Message>, Vec<&Message>) = rows.messages.dirty().map(|(_, row)| row).partition(|row| row.is_new());
    insert_messages(connection, &new).await?;
    update_messages(connection, &changed).await?;
    save_identities(connection, rows).await?;
    insert_statuses(connection, &rows.statuses.dirty().map(|(_, row)| row).collect::<Vec<_>>()).await?;
    insert_state_changes(connection, &rows.state_changes.dirty().map(|(_, row)| row).collect::<Vec<_>>()).await?;
    insert_unassigned(connection, rows).await
}

async fn save_contacts(connection: &mut PgConnection, rows: &[&Contact]) -> Result<(), Error> {
    const QUERY: &str = "
        INSERT INTO public.contacts (id, phone, wa_id, bsuid, parent_bsuid, name, username, preferences, merged_into,
                                     first_seen_at, last_message_at, last_inbound_at, profile_at, version)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]::json[], $9::text[],
                             $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::bigint[])
        ON CONFLICT (id) DO UPDATE SET
            phone = excluded.phone, wa_id = excluded.wa_id, bsuid = excluded.bsuid, parent_bsuid = excluded.parent_bsuid,
            name = excluded.name, username = excluded.username, preferences = excluded.preferences, merged_into = excluded.merged_into,
            first_seen_at = excluded.first_seen_at, last_message_at = excluded.last_message_at,
            last_inbound_at = excluded.last_inbound_at, profile_at = excluded.profile_at, version = excluded.version";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(QUERY)
        .bind(column(rows, |row| row.id.to_string()))
        .bind(column(rows, |row| row.phone.as_deref()))
        .bind(column(rows, |row| row.wa_id.as_deref()))
        .bind(column(rows, |row| row.bsuid.as_deref()))
        .bind(column(rows, |row| row.parent_bsuid.as_deref()))
        .bind(column(rows, |row| row.name.as_deref()))
        .bind(column(rows, |row| row.username.as_deref()))
        // As text, byte for byte what a rebuild writes: bound as JSON, Postgres would order and space it anew.
        .bind(column(rows, |row| serde_json::to_string(&row.preferences).unwrap_or_default()))
        .bind(column(rows, |row| row.merged_into.as_ref().map(ContactId::to_string)))
        .bind(column(rows, |row| row.first_seen_at))
        .bind(column(rows, |row| row.last_message_at))
        .bind(column(rows, |row| row.last_inbound_at))
        .bind(column(rows, |row| row.profile_at))
        .bind(column(rows, |row| signed(row.version)))
        .execute(connection)
        .await?;
    Ok(())
}

async fn save_conversations(connection: &mut PgConnection, rows: &[&Conversation]) -> Result<(), Error> {
    const QUERY: &str = "
        INSERT INTO public.conversations (id, contact_id, group_id, state, state_version, inherited_from, opened_at, closed_at, close_reason,
                                          last_message_at, last_inbound_at, message_count, version)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::timestamptz[], $8::timestamptz[],
                             $9::text[], $10::timestamptz[], $11::timestamptz[], $12::bigint[], $13::bigint[])
        ON CONFLICT (id) DO UPDATE SET
            contact_id = excluded.contact_id, group_id = excluded.group_id, state = excluded.state, state_version = excluded.state_version,
            inherited_from = excluded.inherited_from, opened_at = excluded.opened_at, closed_at = excluded.closed_at,
            close_reason = excluded.close_reason, last_message_at = excluded.last_message_at, last_inbound_at = excluded.last_inbound_at,
            message_count = excluded.message_count, version = excluded.version";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(QUERY)
        .bind(column(rows, |row| row.id.to_string()))
        .bind(column(rows, |row| row.contact_id.to_string()))
        .bind(column(rows, |row| row.group_id.as_deref()))
        .bind(column(rows, |row| row.state.as_deref()))
        .bind(column(rows, |row| i32::try_from(row.state_version).unwrap_or(i32::MAX)))
        .bind(column(rows, |row| row.inherited_from.as_ref().map(ConversationId::to_string)))
        .bind(column(rows, |row| row.opened_at))
        .bind(column(rows, |row| row.closed_at))
        .bind(column(rows, |row| row.close_reason.as_deref()))
        .bind(column(rows, |row| row.last_message_at))
        .bind(column(rows, |row| row.last_inbound_at))
        .bind(column(rows, |row| signed(row.message_count)))
        .bind(column(rows, |row| signed(row.version)))
        .execute(connection)
        .await?;
    Ok(())
}

/// In the order of the log, so that the index pages fill from the end.
async fn insert_messages(connection: &mut PgConnection, rows: &[&Message]) -> Result<(), Error> {
    const QUERY: &str = "
        INSERT INTO public.messages (id, conversation_id, contact_id, wamid, direction, origin, type, text, reply_to_wamid, target_wamid, group_id,
                                     sent_at, recorded_at, content, status, status_at, error_code, edited_at, edited_text, revoked_at,
                                     contact_reaction, business_reaction, sequence)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                             $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::text[]::json[], $15::text[], $16::timestamptz[],
                             $17::bigint[], $18::timestamptz[], $19::text[], $20::timestamptz[], $21::text[], $22::text[], $23::bigint[])";
    let mut rows: Vec<(&Message, &NewMessage)> = rows
        .iter()
        .filter_map(|row| match &row.rest {
            MessageRest::New(new) => Some((*row, &**new)),
            MessageRest::Stored => None,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_unstable_by_key(|(_, new)| new.sequence);
    sqlx::query(QUERY)
        .bind(column(&rows, |(_, new)| new.id.to_string()))
        .bind(column(&rows, |(_, new)| new.conversation_id.to_string()))
        .bind(column(&rows, |(row, _)| row.contact_id.to_string()))
        .bind(column(&rows, |(row, _)| &*row.wamid))
        .bind(column(&rows, |(row, _)| row.direction.as_str()))
        .bind(column(&rows, |(_, new)| new.origin))
        .bind(column(&rows, |(row, _)| row.kind.as_str()))
        .bind(column(&rows, |(row, _)| row.text.as_deref()))
        .bind(column(&rows, |(_, new)| new.reply_to_wamid.as_deref()))
        .bind(column(&rows, |(row, _)| row.target_wamid.as_deref()))
        .bind(column(&rows, |(_, new)| new.group_id.as_deref()))
        .bind(column(&rows, |(row, _)| row.sent_at))
        .bind(column(&rows, |(_, new)| new.recorded_at))
        .bind(column(&rows, |(_, new)| new.content.get()))
        .bind(column(&rows, |(row, _)| row.summary.status.as_deref()))
        .bind(column(&rows, |(row, _)| row.summary.status_at))
        .bind(column(&rows, |(row, _)| row.summary.error_code))
        .bind(column(&rows, |(row, _)| row.summary.edited_at))
        .bind(column(&rows, |(row, _)| row.summary.edited_text.as_deref()))
        .bind(column(&rows, |(row, _)| row.summary.revoked_at))
        .bind(column(&rows, |(row, _)| row.summary.contact_reaction.as_deref()))
        .bind(column(&rows, |(row, _)| row.summary.business_reaction.as_deref()))
        .bind(column(&rows, |(_, new)| signed(new.sequence)))
        .execute(connection)
        .await?;
    Ok(())
}

/// What was said stays; what became of it is written anew.
async fn update_messages(connection: &mut PgConnection, rows: &[&Message]) -> Result<(), Error> {
    const QUERY: &str = "
        UPDATE public.messages AS message SET
            status = change.status, status_at = change.status_at, error_code = change.error_code, edited_at = change.edited_at,
            edited_text = change.edited_text, revoked_at = change.revoked_at, contact_reaction = change.contact_reaction,
            business_reaction = change.business_reaction
          FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::timestamptz[], $6::text[], $7::timestamptz[], $8::text[], $9::text[])
            AS change (wamid, status, status_at, error_code, edited_at, edited_text, revoked_at, contact_reaction, business_reaction)
         WHERE message.wamid = change.wamid";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(QUERY)
        .bind(column(rows, |row| &*row.wamid))
        .bind(column(rows, |row| row.summary.status.as_deref()))
        .bind(column(rows, |row| row.summary.status_at))
        .bind(column(rows, |row| row.summary.error_code))
        .bind(column(rows, |row| row.summary.edited_at))
        .bind(column(rows, |row| row.summary.edited_text.as_deref()))
        .bind(column(rows, |row| row.summary.revoked_at))
        .bind(column(rows, |row| row.summary.contact_reaction.as_deref()))
        .bind(column(rows, |row| row.summary.business_reaction.as_deref()))
        .execute(connection)
        .await?;
    Ok(())
}

async fn save_identities(connection: &mut PgConnection, rows: &Rows) -> Result<(), Error> {
    const DELETE: &str = "
        DELETE FROM paige.identities AS identity USING unnest($1::text[], $2::text[], $3::text[]) AS gone (kind, value, contact_id)
         WHERE (identity.kind, identity.value, identity.contact_id) = (gone.kind, gone.value, gone.contact_id)";
    const UPSERT: &str = "
        INSERT INTO paige.identities (kind, value, contact_id, current, linked_at, sequence)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::timestamptz[], $6::bigint[])
        ON CONFLICT (kind, value, contact_id) DO UPDATE SET
            current = excluded.current, linked_at = excluded.linked_at, sequence = excluded.sequence";
    let gone: Vec<_> = rows.identities.dirty().filter(|(_, link)| link.is_none()).map(|(key, _)| key).collect();
    if !gone.is_empty() {
        sqlx::query(DELETE)
            .bind(column(&gone, |(kind, ..)| kind.as_str()))
            .bind(column(&gone, |(_, value, _)| value.as_str()))
            .bind(column(&gone, |(.., contact)| contact.to_string()))
            .execute(&mut *connection)
            .await?;
    }
    let linked: Vec<_> = rows.identities.dirty().filter_map(|(key, link)| link.as_ref().map(|link| (key, link))).collect();
    if !linked.is_empty() {
        sqlx::query(UPSERT)
            .bind(column(&linked, |((kind, ..), _)| kind.as_str()))
            .bind(column(&linked, |((_, value, _), _)| value.as_str()))
            .bind(column(&linked, |((.., contact), _)| contact.to_string()))
            .bind(column(&linked, |(_, link)| link.current))
            .bind(column(&linked, |(_, link)| link.linked_at))
            .bind(column(&linked, |(_, link)| signed(link.sequence)))
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn insert_statuses(connection: &mut PgConnection, rows: &[&Status]) -> Result<(), Error> {
    const QUERY: &str = "
        INSERT INTO paige.statuses (wamid, status, participant, contact_id, at, error_code, content, sequence)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[], $7::text[]::json[], $8::bigint[])";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(QUERY)
        .bind(column(rows, |row| &*row.wamid))
        .bind(column(rows, |row| row.status.as_str()))
        .bind(column(rows, |row| row.participant.as_str()))
        .bind(column(rows, |row| row.contact_id.to_string()))
        .bind(column(rows, |row| row.at))
        .bind(column(rows, |row| row.error_code))
        .bind(column(rows, |row| row.content.as_ref().map(|content| content.get())))
        .bind(column(rows, |row| signed(row.sequence)))
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_state_changes(connection: &mut PgConnection, rows: &[&StateChange]) -> Result<(), Error> {
    const QUERY: &str = "
        INSERT INTO paige.state_changes (conversation_id, version, contact_id, from_state, to_state, changed_by, why, at, sequence)
        SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::bigint[])
        ON CONFLICT DO NOTHING";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(QUERY)
        .bind(column(rows, |row| row.conversation_id.to_string()))
        .bind(column(rows, |row| i32::try_from(row.version).unwrap_or(i32::MAX)))
        .bind(column(rows, |row| row.contact_id.to_string()))
        .bind(column(rows, |row| row.from_state.as_deref()))
        .bind(column(rows, |row| row.to_state.as_str()))
        .bind(column(rows, |row| row.changed_by.as_str()))
        .bind(column(rows, |row| row.why.as_deref()))
        .bind(column(rows, |row| row.at))
        .bind(column(rows, |row| signed(row.sequence)))
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert_unassigned(connection: &mut PgConnection, rows: &Rows) -> Result<(), Error> {
    const QUERY: &str = "
        INSERT INTO paige.unassigned (id, sequence, key, at, content)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[]::json[])
        ON CONFLICT DO NOTHING";
    if rows.unassigned.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = rows.unassigned.dirty().map(|(_, row)| row).collect();
    sqlx::query(QUERY)
        .bind(column(&rows, |row| row.id.to_string()))
        .bind(column(&rows, |row| signed(row.sequence)))
        .bind(column(&rows, |row| row.key.as_str()))
        .bind(column(&rows, |row| row.at))
        .bind(column(&rows, |row| row.content.get()))
        .execute(connection)
        .await?;
    Ok(())
}

fn column<'a, R, C>(rows: &'a [R], value: impl Fn(&'a R) -> C) -> Vec<C> {
    rows.iter().map(value).collect()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
