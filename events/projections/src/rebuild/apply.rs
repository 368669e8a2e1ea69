//! Makes a table equal to the fold: rows that must go, rows that must change, rows that must come, and no other row is touched. Inside a
//! transaction that the caller holds, so that readers see the table before or after, never between.

use sqlx::{AssertSqlSafe, PgConnection};

use super::compare::{Found, key_of};
use super::layout::{Layout, StoredRow};
use super::scope::Scope;
use super::tuple::{self, Tuple};
use crate::Error;
use crate::held::Rows;

/// How many bytes are sent to the database at once.
const CHUNK_BYTES: usize = 256 * 1024;
const GONE: &str = "paige_gone";
const CHANGED: &str = "paige_changed";

/// Applies what `compare` found. `written` is told how many rows have been added so far.
pub(crate) async fn apply<K: StoredRow>(
    connection: &mut PgConnection,
    rows: &Rows,
    found: &Found,
    scope: &Scope,
    mut written: impl FnMut(u64),
) -> Result<(), Error> {
    let layout = &K::LAYOUT;
    if !found.gone.is_empty() {
        delete(connection, layout, &found.gone).await?;
    }
    if !found.changed.is_empty() {
        update(connection, layout, &found.changed).await?;
    }
    let mut missing: Vec<(&K::Key, &K)> = K::table(rows).dirty().filter(|(_, row)| row.present()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort_unstable_by_key(|(key, row)| row.order(key));
    if scope.is_part() {
        clear_the_way(connection, layout, &missing).await?;
    }
    let columns = layout.column_list();
    let mut copy = connection.copy_in_raw(&format!("COPY {} ({columns}) FROM STDIN (FORMAT binary)", layout.name)).await?;
    let mut buffer = tuple::HEADER.to_vec();
    for (count, (key, row)) in (1..).zip(&missing) {
        row.write(key, &mut buffer);
        if buffer.len() >= CHUNK_BYTES {
            copy.send(buffer.as_slice()).await?;
            buffer.clear();
            written(count);
        }
    }
    buffer.extend_from_slice(tuple::TRAILER);
    copy.send(buffer.as_slice()).await?;
    copy.finish().await?;
    written(missing.len() as u64);
    Ok(())
}

async fn delete(connection: &mut PgConnection, layout: &Layout, keys: &[u8]) -> Result<(), Error> {
    stage(connection, GONE, layout, layout.key, keys).await?;
    let same = same(layout, layout.key, GONE);
    execute(connection, format!("DELETE FROM {} AS stored USING pg_temp.{GONE} WHERE {same}", layout.name)).await?;
    execute(connection, format!("DROP TABLE pg_temp.{GONE}")).await
}

async fn update(connection: &mut PgConnection, layout: &Layout, rows: &[u8]) -> Result<(), Error> {
    let all: Vec<usize> = (0..layout.columns.len()).collect();
    stage(connection, CHANGED, layout, &all, rows).await?;
    let columns = all.iter().filter(|index| !layout.key.contains(index)).map(|index| layout.column(*index));
    let set = columns.map(|column| format!("{column} = {CHANGED}.{column}")).collect::<Vec<_>>().join(", ");
    let same = same(layout, layout.key, CHANGED);
    execute(connection, format!("UPDATE {} AS stored SET {set} FROM pg_temp.{CHANGED} WHERE {same}", layout.name)).await?;
    execute(connection, format!("DROP TABLE pg_temp.{CHANGED}")).await
}

/// A row of another part may stand, wrongly, where a missing one belongs.
async fn clear_the_way<K: StoredRow>(connection: &mut PgConnection, layout: &Layout, missing: &[(&K::Key, &K)]) -> Result<(), Error> {
    for columns in std::iter::once(layout.key).chain(layout.unique.chunks(1)) {
        let (mut keys, mut buffer) = (Vec::new(), Vec::new());
        let only = Layout { name: layout.name, columns: layout.columns, key: columns, unique: &[], contact: None };
        for (key, row) in missing {
            buffer.clear();
            row.write(key, &mut buffer);
            key_of(&only, Tuple(&buffer), &mut keys);
        }
        delete(connection, &only, &keys).await?;
    }
    Ok(())
}

/// Puts rows of some columns into a temporary table.
async fn stage(connection: &mut PgConnection, name: &str, layout: &Layout, columns: &[usize], rows: &[u8]) -> Result<(), Error> {
    let columns = columns.iter().filter_map(|index| layout.columns.get(*index));
    let columns = columns.map(|(name, kind)| format!("{name} {kind}")).collect::<Vec<_>>().join(", ");
    execute(connection, format!("CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")).await?;
    let mut copy = connection.copy_in_raw(&format!("COPY pg_temp.{name} FROM STDIN (FORMAT binary)")).await?;
    copy.send(tuple::HEADER).await?;
    for chunk in rows.chunks(CHUNK_BYTES) {
        copy.send(chunk).await?;
    }
    copy.send(tuple::TRAILER).await?;
    copy.finish().await?;
    execute(connection, format!("ANALYZE pg_temp.{name}")).await
}

fn same(layout: &Layout, columns: &[usize], other: &str) -> String {
    let equal = columns.iter().map(|index| layout.column(*index)).map(|column| format!("stored.{column} = {other}.{column}"));
    equal.collect::<Vec<_>>().join(" AND ")
}

async fn execute(connection: &mut PgConnection, statement: String) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}
