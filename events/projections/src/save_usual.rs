//! Writes what nearly every batch changes, in one statement: contacts with their identities, conversations, messages with what became of
//! them, and the checkpoint.
//!
//! A round trip to the database costs more than the few rows of a message, so one statement is used instead of one for each table. It is
//! also a transaction by itself. The checkpoint is updated first, and every other row is taken from its result: if somebody else has moved
//! the checkpoint, nothing is written.

use contract::{ContactId, ConversationId};
use sqlx::PgConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use tables::signed;

use crate::Error;
use crate::checkpoint::Moving;
use crate::held::Rows;
use crate::rows::{Contact, Conversation, IdentityKey, IdentityLink, Message, MessageRest, NewMessage, Status};
use crate::save::column;

type Statement<'q> = Query<'q, sqlx::Postgres, PgArguments>;

/// All that is written reads `moved` first. The setting is the transaction's.
const QUERY: &str = "
    WITH moved AS (
        UPDATE paige.checkpoint SET sequence = $1, event_id = $2
         WHERE stream = 'conversation' AND xmin::text::bigint = $3 AND set_config('synchronous_commit', $4, true) IS NOT NULL
        RETURNING true
    ), contacts AS (
        INSERT INTO public.contacts (id, phone, wa_id, bsuid, parent_bsuid, name, username, preferences, merged_into,
                                     first_seen_at, last_message_at, last_inbound_at, profile_at, version)
        SELECT given.* FROM moved, unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[]::json[],
                                $13::text[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[], $18::bigint[]) AS given
        ON CONFLICT (id) DO UPDATE SET
            phone = excluded.phone, wa_id = excluded.wa_id, bsuid = excluded.bsuid, parent_bsuid = excluded.parent_bsuid,
            name = excluded.name, username = excluded.username, preferences = excluded.preferences, merged_into = excluded.merged_into,
            first_seen_at = excluded.first_seen_at, last_message_at = excluded.last_message_at,
            last_inbound_at = excluded.last_inbound_at, profile_at = excluded.profile_at, version = excluded.version
    ), conversations AS (
        INSERT INTO public.conversations (id, contact_id, group_id, state, state_version, inherited_from, opened_at, reopened_at, closed_at,
                                          close_reason, last_message_at, last_inbound_at, message_count, version)
        SELECT given.* FROM moved, unnest($19::text[], $20::text[], $21::text[], $22::text[], $23::integer[], $24::text[], $25::timestamptz[],
                                $26::timestamptz[], $27::timestamptz[], $28::text[], $29::timestamptz[], $30::timestamptz[], $31::bigint[],
                                $32::bigint[]) AS given
        ON CONFLICT (id) DO UPDATE SET
            contact_id = excluded.contact_id, group_id = excluded.group_id, state = excluded.state, state_version = excluded.state_version,
            inherited_from = excluded.inherited_from, opened_at = excluded.opened_at, reopened_at = excluded.reopened_at,
            closed_at = excluded.closed_at, close_reason = excluded.close_reason, last_message_at = excluded.last_message_at,
            last_inbound_at = excluded.last_inbound_at, message_count = excluded.message_count, version = excluded.version
    ), messages AS (
        INSERT INTO public.messages (id, conversation_id, contact_id, wamid, direction, origin, sent_by, type, text, reply_to_wamid,
                                     target_wamid, group_id, sent_at, recorded_at, content, status, status_at, error_code, edited_at, edited_text,
                                     revoked_at, contact_reaction, business_reaction, sequence)
        SELECT given.* FROM moved, unnest($33::text[], $34::text[], $35::text[], $36::text[], $37::text[], $38::text[], $39::text[], $40::text[],
                                $41::text[], $42::text[], $43::text[], $44::text[], $45::timestamptz[], $46::timestamptz[], $47::text[]::json[],
                                $48::text[], $49::timestamptz[], $50::bigint[], $51::timestamptz[], $52::text[], $53::timestamptz[],
                                $54::text[], $55::text[], $56::bigint[]) AS given
    ), changed AS (
        UPDATE public.messages AS message SET
            wamid = change.wamid, status = change.status, status_at = change.status_at, error_code = change.error_code,
            edited_at = change.edited_at, edited_text = change.edited_text, revoked_at = change.revoked_at,
            contact_reaction = change.contact_reaction, business_reaction = change.business_reaction
          FROM moved, unnest($57::text[], $58::text[], $59::text[], $60::timestamptz[], $61::bigint[], $62::timestamptz[], $63::text[],
                           $64::timestamptz[], $65::text[], $66::text[])
            AS change (before, wamid, status, status_at, error_code, edited_at, edited_text, revoked_at, contact_reaction, business_reaction)
         WHERE message.wamid = change.before
    ), statuses AS (
        INSERT INTO paige.statuses (wamid, status, participant, contact_id, at, error_code, content, sequence)
        SELECT given.* FROM moved, unnest($67::text[], $68::text[], $69::text[], $70::text[], $71::timestamptz[], $72::bigint[], $73::text[]::json[],
                                $74::bigint[]) AS given
    ), identities AS (
        INSERT INTO paige.identities (kind, value, contact_id, current, linked_at, sequence)
        SELECT given.* FROM moved, unnest($75::text[], $76::text[], $77::text[], $78::boolean[], $79::timestamptz[], $80::bigint[]) AS given
        ON CONFLICT (kind, value, contact_id) DO UPDATE SET
            current = excluded.current, linked_at = excluded.linked_at, sequence = excluded.sequence
    )
    SELECT FROM moved";

/// Writes what must be written of these and moves the checkpoint, unless it is not the one that was seen any more: then the answer is no.
pub(crate) async fn save_usual(connection: &mut PgConnection, rows: &Rows, moving: Moving<'_>) -> Result<bool, Error> {
    let contacts: Vec<&Contact> = rows.contacts.dirty().map(|(_, row)| row).collect();
    let conversations: Vec<&Conversation> = rows.conversations.dirty().map(|(_, row)| row).collect();
    let (new, changed): (Vec<&Message>, Vec<&Message>) = rows.messages.dirty().map(|(_, row)| row).partition(|row| row.is_new());
    let statuses: Vec<&Status> = rows.statuses.dirty().map(|(_, row)| row).collect();
    let identities: Vec<_> = rows.identities.dirty().filter_map(|(key, link)| link.as_ref().map(|link| (key, link))).collect();
    let statement = sqlx::query(QUERY)
        .bind(signed(moving.to.sequence))
        .bind(moving.to.id.to_string())
        .bind(moving.seen.version)
        .bind(if moving.flushed { "on" } else { "off" });
    let statement = bind_contacts(statement, &contacts);
    let statement = bind_conversations(statement, &conversations);
    let statement = bind_messages(statement, &in_order(new));
    let statement = bind_changed(statement, &changed);
    let statement = bind_statuses(statement, &statuses);
    let moved = bind_identities(statement, &identities).execute(connection).await?;
    Ok(moved.rows_affected() > 0)
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

/// What was said stays; what became of it is written anew, and Meta's id comes in the place of ours.
fn bind_changed<'q>(statement: Statement<'q>, rows: &[&'q Message]) -> Statement<'q> {
    let before = |row: &&'q Message| match &row.rest {
        MessageRest::Renamed { from } => &**from,
        MessageRest::Stored | MessageRest::New(_) => &*row.wamid,
    };
    statement
        .bind(column(rows, before))
        .bind(column(rows, |row| &*row.wamid))
        .bind(column(rows, |row| row.summary.status.as_deref()))
        .bind(column(rows, |row| row.summary.status_at))
        .bind(column(rows, |row| row.summary.error_code))
        .bind(column(rows, |row| row.summary.edited_at))
        .bind(column(rows, |row| row.summary.edited_text.as_deref()))
        .bind(column(rows, |row| row.summary.revoked_at))
        .bind(column(rows, |row| row.summary.contact_reaction.as_deref()))
        .bind(column(rows, |row| row.summary.business_reaction.as_deref()))
}

fn bind_statuses<'q>(statement: Statement<'q>, rows: &[&'q Status]) -> Statement<'q> {
    statement
        .bind(column(rows, |row| &*row.wamid))
        .bind(column(rows, |row| row.status.as_str()))
        .bind(column(rows, |row| row.participant.as_str()))
        .bind(column(rows, |row| row.contact_id.to_string()))
        .bind(column(rows, |row| row.at))
        .bind(column(rows, |row| row.error_code))
        .bind(column(rows, |row| row.content.as_ref().map(|content| content.get())))
        .bind(column(rows, |row| signed(row.sequence)))
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
