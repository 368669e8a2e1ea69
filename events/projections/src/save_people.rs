//! What nearly every batch changes, in one statement: contacts with their identities and conversations, new messages, and the checkpoint.
//!
//! A round trip costs more than the few rows of a message, and each statement of its own would be one.

use contract::{ContactId, ConversationId, Recorded};
use sqlx::PgConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use crate::Error;
use crate::held::Rows;
use crate::rows::{Contact, Conversation, IdentityKey, IdentityLink, Message, MessageRest, NewMessage};
use crate::save::{column, signed};

type Statement<'q> = Query<'q, sqlx::Postgres, PgArguments>;

/// The checkpoint is locked, so the row is there.
const QUERY: &str = "
    WITH contacts AS (
        INSERT INTO public.contacts (id, phone, wa_id, bsuid, parent_bsuid, name, username, preferences, merged_into,
                                     first_seen_at, last_message_at, last_inbound_at, profile_at, version)
        SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[]::json[], $11::text[],
                             $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::bigint[])
        ON CONFLICT (id) DO UPDATE SET
            phone = excluded.phone, wa_id = excluded.wa_id, bsuid = excluded.bsuid, parent_bsuid = excluded.parent_bsuid,
            name = excluded.name, username = excluded.username, preferences = excluded.preferences, merged_into = excluded.merged_into,
            first_seen_at = excluded.first_seen_at, last_message_at = excluded.last_message_at,
            last_inbound_at = excluded.last_inbound_at, profile_at = excluded.profile_at, version = excluded.version
    ), conversations AS (
        INSERT INTO public.conversations (id, contact_id, group_id, state, state_version, inherited_from, opened_at, reopened_at, closed_at,
                                          close_reason, last_message_at, last_inbound_at, message_count, version)
        SELECT * FROM unnest($17::text[], $18::text[], $19::text[], $20::text[], $21::integer[], $22::text[], $23::timestamptz[],
                             $24::timestamptz[], $25::timestamptz[], $26::text[], $27::timestamptz[], $28::timestamptz[], $29::bigint[], $30::bigint[])
        ON CONFLICT (id) DO UPDATE SET
            contact_id = excluded.contact_id, group_id = excluded.group_id, state = excluded.state, state_version = excluded.state_version,
            inherited_from = excluded.inherited_from, opened_at = excluded.opened_at, reopened_at = excluded.reopened_at,
            closed_at = excluded.closed_at, close_reason = excluded.close_reason, last_message_at = excluded.last_message_at,
            last_inbound_at = excluded.last_inbound_at, message_count = excluded.message_count, version = excluded.version
    ), messages AS (
        INSERT INTO public.messages (id, conversation_id, contact_id, wamid, direction, origin, sent_by, type, text, reply_to_wamid,
                                     target_wamid, group_id, sent_at, recorded_at, content, status, status_at, error_code, edited_at, edited_text,
                                     revoked_at, contact_reaction, business_reaction, sequence)
        SELECT * FROM unnest($31::text[], $32::text[], $33::text[], $34::text[], $35::text[], $36::text[], $37::text[], $38::text[], $39::text[], $40::text[],
                             $41::text[], $42::text[], $43::timestamptz[], $44::timestamptz[], $45::text[]::json[], $46::text[],
                             $47::timestamptz[], $48::bigint[], $49::timestamptz[], $50::text[], $51::timestamptz[], $52::text[], $53::text[],
                             $54::bigint[])
    ), identities AS (
        INSERT INTO paige.identities (kind, value, contact_id, current, linked_at, sequence)
        SELECT * FROM unnest($55::text[], $56::text[], $57::text[], $58::boolean[], $59::timestamptz[], $60::bigint[])
        ON CONFLICT (kind, value, contact_id) DO UPDATE SET
            current = excluded.current, linked_at = excluded.linked_at, sequence = excluded.sequence
    )
    UPDATE paige.checkpoint SET sequence = $1, event_id = $2 WHERE stream = 'conversation'";

/// Writes what must be written of these, `messages` being the new ones, and moves the checkpoint.
pub(crate) async fn save_people(connection: &mut PgConnection, rows: &Rows, messages: Vec<&Message>, last: &Recorded) -> Result<(), Error> {
    let contacts: Vec<&Contact> = rows.contacts.dirty().map(|(_, row)| row).collect();
    let conversations: Vec<&Conversation> = rows.conversations.dirty().map(|(_, row)| row).collect();
    let identities: Vec<_> = rows.identities.dirty().filter_map(|(key, link)| link.as_ref().map(|link| (key, link))).collect();
    let statement = sqlx::query(QUERY).bind(signed(last.sequence)).bind(last.id.to_string());
    let statement = bind_contacts(statement, &contacts);
    let statement = bind_conversations(statement, &conversations);
    let statement = bind_messages(statement, &in_order(messages));
    bind_identities(statement, &identities).execute(connection).await?;
    Ok(())
}

fn bind_contacts<'q>(statement: Statement<'q>, rows: &[&'q Contact]) -> Statement<'q> {
    statement
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
}

fn bind_conversations<'q>(statement: Statement<'q>, rows: &[&'q Conversation]) -> Statement<'q> {
    statement
        .bind(column(rows, |row| row.id.to_string()))
        .bind(column(rows, |row| row.contact_id.to_string()))
        .bind(column(rows, |row| row.group_id.as_deref()))
        .bind(column(rows, |row| row.state.as_deref()))
        .bind(column(rows, |row| i32::try_from(row.state_version).unwrap_or(i32::MAX)))
        .bind(column(rows, |row| row.inherited_from.as_ref().map(ConversationId::to_string)))
        .bind(column(rows, |row| row.opened_at))
        .bind(column(rows, |row| row.reopened_at))
        .bind(column(rows, |row| row.closed_at))
        .bind(column(rows, |row| row.close_reason.as_deref()))
        .bind(column(rows, |row| row.last_message_at))
        .bind(column(rows, |row| row.last_inbound_at))
        .bind(column(rows, |row| signed(row.message_count)))
        .bind(column(rows, |row| signed(row.version)))
}

/// In the order of the log, so that the index pages fill from the end.
fn in_order(messages: Vec<&Message>) -> Vec<(&Message, &NewMessage)> {
    let new = messages.into_iter().filter_map(|row| match &row.rest {
        MessageRest::New(new) => Some((row, &**new)),
        MessageRest::Stored | MessageRest::Renamed { .. } => None,
    });
    let mut rows: Vec<(&Message, &NewMessage)> = new.collect();
    rows.sort_unstable_by_key(|(_, new)| new.sequence);
    rows
}

fn bind_messages<'q>(statement: Statement<'q>, rows: &[(&'q Message, &'q NewMessage)]) -> Statement<'q> {
    statement
        .bind(column(rows, |(_, new)| new.id.to_string()))
        .bind(column(rows, |(_, new)| new.conversation_id.to_string()))
        .bind(column(rows, |(row, _)| row.contact_id.to_string()))
        .bind(column(rows, |(row, _)| &*row.wamid))
        .bind(column(rows, |(row, _)| row.direction.as_str()))
        .bind(column(rows, |(_, new)| new.origin))
        .bind(column(rows, |(_, new)| new.sent_by.as_deref()))
        .bind(column(rows, |(row, _)| row.kind.as_str()))
        .bind(column(rows, |(row, _)| row.text.as_deref()))
        .bind(column(rows, |(_, new)| new.reply_to_wamid.as_deref()))
        .bind(column(rows, |(row, _)| row.target_wamid.as_deref()))
        .bind(column(rows, |(_, new)| new.group_id.as_deref()))
        .bind(column(rows, |(row, _)| row.sent_at))
        .bind(column(rows, |(_, new)| new.recorded_at))
        .bind(column(rows, |(_, new)| new.content.get()))
        .bind(column(rows, |(row, _)| row.summary.status.as_deref()))
        .bind(column(rows, |(row, _)| row.summary.status_at))
        .bind(column(rows, |(row, _)| row.summary.error_code))
        .bind(column(rows, |(row, _)| row.summary.edited_at))
        .bind(column(rows, |(row, _)| row.summary.edited_text.as_deref()))
        .bind(column(rows, |(row, _)| row.summary.revoked_at))
        .bind(column(rows, |(row, _)| row.summary.contact_reaction.as_deref()))
        .bind(column(rows, |(row, _)| row.summary.business_reaction.as_deref()))
        .bind(column(rows, |(_, new)| signed(new.sequence)))
}

fn bind_identities<'q>(statement: Statement<'q>, rows: &[(&'q IdentityKey, &'q IdentityLink)]) -> Statement<'q> {
    statement
        .bind(column(rows, |((kind, ..), _)| kind.as_str()))
        .bind(column(rows, |((_, value, _), _)| value.as_str()))
        .bind(column(rows, |((.., contact), _)| contact.to_string()))
        .bind(column(rows, |(_, link)| link.current))
        .bind(column(rows, |(_, link)| link.linked_at))
        .bind(column(rows, |(_, link)| signed(link.sequence)))
}
