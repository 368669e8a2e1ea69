//! Writes the rows that the fold changed, whatever their number: what nearly every batch changes in one statement together with the
//! checkpoint (see `save_usual`), and after it one statement for each kind of the rest that there is.

use sqlx::{Connection, PgConnection};
use tables::signed;

use crate::Error;
use crate::checkpoint::Moving;
use crate::held::Rows;
use crate::rows::{StateChange, Submission};
use crate::save_usual::save_usual;

/// Writes them and moves the checkpoint, all in one transaction; unless the checkpoint is not the one that was seen any more. Then nothing is
/// written, and the answer is no.
pub(crate) async fn save(connection: &mut PgConnection, rows: &Rows, moving: Moving<'_>) -> Result<bool, Error> {
    if !has_more(rows) {
        return save_usual(connection, rows, moving).await;
    }
    let mut transaction = connection.begin().await?;
    if !save_usual(&mut transaction, rows, moving).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    delete_identities(&mut transaction, rows).await?;
    insert_state_changes(&mut transaction, &rows.state_changes.dirty().map(|(_, row)| row).collect::<Vec<_>>()).await?;
    insert_submissions(&mut transaction, &rows.submissions.dirty().map(|(_, row)| row).collect::<Vec<_>>()).await?;
    insert_unassigned(&mut transaction, rows).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Whether one statement is not enough.
fn has_more(rows: &Rows) -> bool {
    rows.identities.dirty().any(|(_, link)| link.is_none())
        || rows.state_changes.dirty().next().is_some()
        || rows.submissions.dirty().next().is_some()
        || rows.unassigned.dirty().next().is_some()
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
