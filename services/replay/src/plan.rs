//! `plan`: what a verify or rebuild would read and write, and how long it would take.

use std::time::Instant;

use contract::{ProjectId, Stream};
use futures::TryStreamExt;
use journal::{Filter, Range};
use projections::ProjectDatabases;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::cli::How;
use crate::error::tables_exit;
use crate::filter::FilterArgs;
use crate::projects::with_tables;
use crate::servers::Servers;
use crate::{Error, Exit, Out, bars};

/// Comparing and writing take about as long again as reading does.
const READINGS: f64 = 3.0;
/// A rebuild of empty tables writes no more than this for each byte of data in the log: rows, their indexes, and the write-ahead log of both.
const WRITTEN_PER_BYTE: f64 = 4.0;
/// And besides for each event, however small: what a row and its place in every index take. Measured for messages of 265 bytes: 1,340 in all.
const WRITTEN_PER_EVENT: f64 = 1_000.0;

pub(crate) async fn plan(servers: &Servers, filter: &FilterArgs, how: &How, out: &mut Out) -> Result<Exit, Error> {
    let databases = servers.databases()?;
    let mut exit = Exit::Fine;
    out.text(format!("{:<32}{:>12}{:>14}{:>14}{:>14}{:>10}", "project", "events", "bytes", "tables", "to write", "seconds"))?;
    for project in with_tables(servers, filter).await? {
        let (events, bytes, seconds) = measure(servers, project, how, out).await?;
        let to_write = (bytes as f64 * WRITTEN_PER_BYTE + events as f64 * WRITTEN_PER_EVENT) as u64;
        let tables = match size(&databases, project).await {
            Ok(tables) => tables,
            Err(error) => {
                exit = exit.and(tables_exit(&error));
                crate::verify::failed(project, &error, out)?;
                continue;
            }
        };
        let object = json!({
            "project": project, "events": events, "bytes": bytes, "table_bytes": tables, "bytes_to_write_max": to_write, "seconds": seconds,
        });
        out.line(format!("{project:<32}{events:>12}{bytes:>14}{tables:>14}{to_write:>14}{seconds:>10.1}"), &object)?;
    }
    Ok(exit)
}

/// Reads the project's events once, which says how many there are, how large, and how fast this machine reads them.
async fn measure(servers: &Servers, project: ProjectId, how: &How, out: &Out) -> Result<(u64, u64, f64), Error> {
    let last = servers.journal.state(Stream::Conversation).await?.last;
    let bar = bars::bar(out.watched, "counting", last);
    let (mut events, mut bytes, began) = (0_u64, 0_u64, Instant::now());
    let filter = Filter::subjects([format!("{}.{project}.>", Stream::Conversation)]);
    let mut log = std::pin::pin!(servers.journal.replay(Stream::Conversation, Range::ALL, filter));
    while let Some(event) = log.try_next().await? {
        events += 1;
        bytes += event.data.len() as u64;
        if events % 1_000 == 0 {
            bar.set_position(event.sequence);
        }
    }
    bar.finish_and_clear();
    let slowest = how.reading.rate.map_or(0.0, |rate| events as f64 / f64::from(rate));
    Ok((events, bytes, (began.elapsed().as_secs_f64() * READINGS).max(slowest)))
}

/// What the project's tables take on disk now, indexes included.
async fn size(databases: &ProjectDatabases, project: ProjectId) -> Result<i64, projections::Error> {
    const QUERY: &str = "
        SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
         WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'paige'::regnamespace)";
    let mut connection = PgConnection::connect_with(&databases.options(project)).await?;
    Ok(sqlx::query_scalar(QUERY).fetch_one(&mut connection).await?)
}
