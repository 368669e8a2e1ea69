//! Writes the rows that the fold changed, whatever their number: what nearly every batch changes in one statement together with the
//! checkpoint (see `save_people`), before it one statement for each kind of the rest that there is.

use contract::Recorded;
use sqlx::PgConnection;

use crate::Error;
use crate::held::Rows;
use crate::rows::{Message, MessageRest, StateChange, Status, Submission};
use crate::save_people::save_people;

/// Writes them, and moves the checkpoint to `last`, in one transaction that the caller holds.
pub(crate) async fn save(connection: &mut PgConnection, rows: &Rows, last: &Recorded) -> Result<(), Error> {
    let (new, changed): (Vec<&Message>, Vec<&Message>) = rows.messages.dirty().map(|(_, row)| row).partition(|row| row.is_new());
    rename_messages(connection, &changed).await?;
    update_messages(connection, &changed).await?;
    insert_statuses(connection, &rows.statuses.dirty().map(|(_, row)| row).collect::<Vec<_>>()).await?;
    delete_identities(connection, rows).await?;
    insert_state_changes(connection, &rows.state_changes.dirty().map(|(_, row)| row).collect::<Vec<_>>()).await?;
    insert_submissions(connection, &rows.submissions.dirty().map(|(_, row)| row).collect::<Vec<_>>()).await?;
    insert_unassigned(connection, rows).await?;
    save_people(connection, rows, new, last).await
}

/// Meta's id comes in the place of ours.
async fn rename_messages(connection: &mut PgConnection, rows: &[&Message]) -> Result<(), Error> {
    const QUERY: &str = "
        UPDATE public.messages AS message SET wamid = change.wamid FROM unnest($1::text[], $2::text[]) AS change (before, wamid)
         WHERE message.wamid = change.before";
    let renamed = rows.iter().filter_map(|row| match &row.rest {
        MessageRest::Renamed { from } => Some((&**from, &*row.wamid)),
        MessageRest::Stored | MessageRest::New(_) => None,
    });
    let renamed: Vec<(&str, &str)> = renamed.collect();
    if renamed.is_empty() {
        return Ok(());
    }
    sqlx::query(QUERY)
        .bind(column(&renamed, |(before, _)| *before))
        .bind(column(&renamed, |(_, wamid)| *wamid))
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

async fn delete_identities(connection: &mut PgConnection, rows: &Rows) -> Result<(), Error> {
    const QUERY: &str = "
        DELETE FROM paige.identities AS identity USING unnest($1::text[], $2::text[], $3::text[]) AS gone (kind, value, contact_id)
         WHERE (identity.kind, identity.value, identity.contact_id) = (gone.kind, gone.value, gone.contact_id)";
    let gone: Vec<_> = rows.identities.dirty().filter(|(_, link)| link.is_none()).map(|(key, _)| key).collect();
    if gone.is_empty() {
        return Ok(());
    }
    sqlx::query(QUERY)
        .bind(column(&gone, |(kind, ..)| kind.as_str()))
        .bind(column(&gone, |(_, value, _)| value.as_str()))
        .bind(column(&gone, |(.., contact)| contact.to_string()))
        .execute(connection)
        .await?;
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

async fn insert_submissions(connection: &mut PgConnection, rows: &[&Submission]) -> Result<(), Error> {
    const QUERY: &str = "
        INSERT INTO paige.submissions (message_id, contact_id, conversation_id, flow_id, revision, request_id, flow_token, response, at, sequence)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[]::json[],
                             $9::timestamptz[], $10::bigint[])
        ON CONFLICT DO NOTHING";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(QUERY)
        .bind(column(rows, |row| row.message_id.to_string()))
        .bind(column(rows, |row| row.contact_id.to_string()))
        .bind(column(rows, |row| row.conversation_id.to_string()))
        .bind(column(rows, |row| row.flow_id.as_ref().map(ToString::to_string)))
        .bind(column(rows, |row| row.revision.map(i64::from)))
        .bind(column(rows, |row| row.request_id.as_ref().map(ToString::to_string)))
        .bind(column(rows, |row| row.flow_token.as_deref()))
        .bind(column(rows, |row| row.response.get()))
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

pub(crate) fn column<'a, R, C>(rows: &'a [R], value: impl Fn(&'a R) -> C) -> Vec<C> {
    rows.iter().map(value).collect()
}

pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
