//! `log tail`: events as they come.

use futures::TryStreamExt;

use super::print;
use crate::cli::Tail;
use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::{Error, Exit, Out};

/// Of one stream, `conversation` unless another is named; from `--from` on, else what comes from now on.
pub(crate) async fn tail(servers: &Servers, filter: &FilterArgs, tail: &Tail, out: &mut Out) -> Result<Exit, Error> {
    let stream = filter.one_stream()?;
    let from = match filter.from {
        Some(from) => from,
        None => servers.journal.state(stream).await?.last + 1,
    };
    let mut room = tail.limit.unwrap_or(usize::MAX);
    let mut events = std::pin::pin!(servers.journal.tail(stream, from, filter.subjects(stream)));
    while room > 0
        && let Some(event) = events.try_next().await?
    {
        if filter.wants(&event) {
            print(&event, tail.show_content, out)?;
            room -= 1;
        }
    }
    Ok(Exit::Fine)
}
