//! `parked retry`: asks the follower for another attempt.

use super::{find, object};
use crate::cli::Decide;
use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::{Error, Exit, Out};

pub(crate) async fn retry(servers: &Servers, filter: &FilterArgs, decide: &Decide, out: &mut Out) -> Result<Exit, Error> {
    let held = find(servers, filter, &decide.key).await?;
    let mut result = object(&held);
    result["retry_requested"] = decide.yes.into();
    if !decide.yes {
        out.line(format!("{} of {} would be tried again from {}; --yes does it", held.key, held.service, held.from_sequence), &result)?;
        return Ok(Exit::Fine);
    }
    servers.journal.request_retry(&held.service, held.stream, &held.key).await?;
    out.line(format!("{} of {} will be tried again from {}", held.key, held.service, held.from_sequence), &result)?;
    Ok(Exit::Fine)
}
