//! `parked show`: one key, and the events that wait for it.

use futures::TryStreamExt;
use journal::{Filter, Range};

use super::find;
use crate::cli::Key;
use crate::filter::FilterArgs;
use crate::log;
use crate::servers::Servers;
use crate::{Error, Exit, Out};

/// How many waiting events are shown.
const WAITING_SHOWN_MAX: usize = 20;

pub(crate) async fn show(servers: &Servers, filter: &FilterArgs, key: &Key, out: &mut Out) -> Result<Exit, Error> {
    let held = find(servers, filter, key).await?;
    super::print(&held, out)?;
    let subjects = Filter::subjects([held.key.clone(), format!("{}.>", held.key)]);
    let mut events = std::pin::pin!(servers.journal.replay(held.stream, Range::from(held.from_sequence), subjects));
    let mut shown = 0;
    while let Some(event) = events.try_next().await? {
        shown += 1;
        if shown > WAITING_SHOWN_MAX {
            out.text("… and more")?;
            break;
        }
        log::print(&event, false, out)?;
    }
    Ok(Exit::Fine)
}
