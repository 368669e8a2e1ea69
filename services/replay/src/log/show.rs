//! `log show`: a stretch of the log.

use futures::TryStreamExt;

use super::print;
use crate::cli::Show;
use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::{Error, Exit, Out};

pub(crate) async fn show(servers: &Servers, filter: &FilterArgs, show: &Show, out: &mut Out) -> Result<Exit, Error> {
    let mut room = show.limit;
    for stream in filter.streams()? {
        let mut events = std::pin::pin!(servers.journal.replay(stream, filter.range(), filter.subjects(stream)));
        while room > 0
            && let Some(event) = events.try_next().await?
        {
            if filter.wants(&event) {
                print(&event, show.show_content, out)?;
                room -= 1;
                if room == 0 {
                    let next = event.sequence + 1;
                    out.text(format!("… {} and no more; --limit shows others, --stream {stream} --from {next} goes on", show.limit))?;
                }
            }
        }
    }
    Ok(Exit::Fine)
}
