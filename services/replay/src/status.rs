//! `status`: how much there is, and how far everybody has come. Streams and followers are everybody's; of projects that are named, their held
//! keys and their tables are told.

use std::collections::HashMap;

use contract::{HoldKind, ProjectId, Stream};
use futures::TryStreamExt;
use journal::{Filter, Range, StreamState};
use projections::{ProjectDatabases, checkpoint};
use serde::Deserialize;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::error::tables_exit;
use crate::filter::FilterArgs;
use crate::projects::projects;
use crate::servers::Servers;
use crate::{Error, Exit, Out, parked};

/// The data of a follower's position, as the journal writes it.
#[derive(Deserialize)]
struct Hint {
    sequence: u64,
}

pub(crate) async fn status(servers: &Servers, filter: &FilterArgs, out: &mut Out) -> Result<Exit, Error> {
    let states = streams(servers, out).await?;
    followers(servers, &states, out).await?;
    let held = held(servers, filter, out).await?;
    Ok(held.and(project_tables(servers, filter, out).await?))
}

/// Somebody must look at keys that are parked; those that are set aside go on by themselves.
async fn held(servers: &Servers, filter: &FilterArgs, out: &mut Out) -> Result<Exit, Error> {
    let held = parked::held(servers, filter).await?;
    let parked = held.iter().filter(|key| key.kind == HoldKind::Parked).count();
    let set_aside = held.len() - parked;
    out.line(
        format!("\nheld keys: {parked} parked, {set_aside} set aside"),
        &json!({ "parked_keys": parked, "set_aside_keys": set_aside }),
    )?;
    Ok(if parked == 0 { Exit::Fine } else { Exit::Found })
}

async fn streams(servers: &Servers, out: &mut Out) -> Result<HashMap<Stream, StreamState>, Error> {
    let mut states = HashMap::new();
    out.text(format!("{:<14}{:>12}{:>12}{:>12}{:>14}", "stream", "first", "last", "messages", "bytes"))?;
    for stream in Stream::ALL {
        let state = servers.journal.state(stream).await?;
        let StreamState { first, last, messages, bytes, created } = state;
        let object =
            json!({ "stream": stream.name(), "first": first, "last": last, "messages": messages, "bytes": bytes, "created": created });
        out.line(format!("{:<14}{first:>12}{last:>12}{messages:>12}{bytes:>14}", stream.name()), &object)?;
        states.insert(stream, state);
    }
    Ok(states)
}

async fn followers(servers: &Servers, states: &HashMap<Stream, StreamState>, out: &mut Out) -> Result<(), Error> {
    out.text(format!("\n{:<14}{:<14}{:>12}{:>12}  {}", "follower", "stream", "position", "behind", "at"))?;
    let mut positions = std::pin::pin!(servers.journal.replay(Stream::Position, Range::ALL, Filter::all()));
    while let Some(event) = positions.try_next().await? {
        let stream = event.subject.token(2).and_then(Stream::parse);
        let (Some(service), Some(stream), Ok(hint)) = (event.subject.token(1), stream, serde_json::from_slice::<Hint>(&event.data)) else {
            continue;
        };
        let lag = states.get(&stream).map_or(0, |state| state.last.saturating_sub(hint.sequence));
        let object = json!({ "follower": service, "stream": stream.name(), "position": hint.sequence, "lag": lag, "at": event.time });
        out.line(format!("{service:<14}{:<14}{:>12}{lag:>12}  {}", stream.name(), hint.sequence, event.time), &object)?;
    }
    Ok(())
}

/// A database that does not answer is a line, not the end.
async fn project_tables(servers: &Servers, filter: &FilterArgs, out: &mut Out) -> Result<Exit, Error> {
    let databases = servers.databases()?;
    let mut exit = Exit::Fine;
    out.text(format!("\n{:<32}{:>12}{:>12}", "project", "checkpoint", "behind"))?;
    for project in projects(servers, filter).await? {
        let id = project.id;
        if !project.ready {
            out.line(format!("{id:<32}  not ready"), &json!({ "project": id, "ready": false }))?;
            continue;
        }
        match reached(&databases, id).await {
            Ok(checkpoint) => {
                let lag = behind(servers, id, checkpoint).await?;
                let object = json!({ "project": id, "ready": true, "checkpoint": checkpoint, "lag": lag });
                out.line(format!("{id:<32}{checkpoint:>12}{lag:>12}"), &object)?;
            }
            Err(error) => {
                exit = exit.and(tables_exit(&error));
                out.line(format!("{id:<32}  {error}"), &json!({ "project": id, "ready": true, "error": error.to_string() }))?;
            }
        }
    }
    Ok(exit)
}

async fn reached(databases: &ProjectDatabases, project: ProjectId) -> Result<u64, projections::Error> {
    let mut connection = PgConnection::connect_with(&databases.options(project)).await?;
    Ok(checkpoint::read(&mut connection).await?.map_or(0, |(_, checkpoint)| checkpoint.sequence))
}

/// Events of the project behind its checkpoint.
async fn behind(servers: &Servers, project: ProjectId, checkpoint: u64) -> Result<usize, Error> {
    let filter = Filter::subjects([format!("{}.{project}.>", Stream::Conversation)]);
    let events = servers.journal.replay(Stream::Conversation, Range::from(checkpoint + 1), filter);
    Ok(events.try_fold(0, |count, _| std::future::ready(Ok(count + 1))).await?)
}
