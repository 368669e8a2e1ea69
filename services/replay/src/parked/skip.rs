//! `parked skip`: one event of a key is passed over, and the reason stays in the log.

use futures::TryStreamExt;
use journal::{Filter, Range};

use super::{find, object};
use crate::cli::Skip;
use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::{Error, Exit, Out};

pub(crate) async fn skip(servers: &Servers, filter: &FilterArgs, skip: &Skip, out: &mut Out) -> Result<Exit, Error> {
    if skip.reason.trim().is_empty() {
        return Err(Error::Usage("a reason says something".to_owned()));
    }
    let held = find(servers, filter, &skip.key).await?;
    let sequence = skip.sequence.unwrap_or(held.from_sequence);
    let subjects = Filter::subjects([held.key.clone(), format!("{}.>", held.key)]);
    let range = Range { from: sequence, through: Some(sequence) };
    let waits: Option<contract::Recorded> = std::pin::pin!(servers.journal.replay(held.stream, range, subjects)).try_next().await?;
    if waits.is_none() || sequence < held.from_sequence {
        return Err(Error::NotFound(format!("event {sequence} does not wait for {}", held.key)));
    }
    let mut result = object(&held);
    result["skipped_sequence"] = sequence.into();
    result["done"] = skip.yes.into();
    if !skip.yes {
        out.line(format!("event {sequence} of {} would be passed over by {}; --yes does it", held.key, held.service), &result)?;
        return Ok(Exit::Fine);
    }
    servers.journal.skip(&held.service, held.stream, &held.key, sequence, skip.reason.trim()).await?;
    out.line(format!("event {sequence} of {} is passed over by {}", held.key, held.service), &result)?;
    Ok(Exit::Fine)
}
