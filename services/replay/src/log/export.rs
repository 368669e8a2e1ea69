//! `log export`: all events that match, one JSON object a line. A killed export goes on behind its last whole line.

use contract::Stream;
use futures::TryStreamExt;
use journal::Range;
use serde::Deserialize;

use super::object;
use crate::cli::Export;
use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::unfinished::Unfinished;
use crate::{Error, Exit, Out, bars};

/// Where an exported event stands in the log.
#[derive(Deserialize)]
struct Place {
    stream: String,
    sequence: u64,
}

pub(crate) async fn export(servers: &Servers, filter: &FilterArgs, export: &Export, out: &mut Out) -> Result<Exit, Error> {
    let mut streams = filter.streams()?;
    let mut range = filter.range();
    let (mut count, mut last) = (0_u64, None);
    let mut file = match &export.out {
        None => None,
        Some(path) => Some(Unfinished::open(path, export.resume, |line| {
            count += 1;
            last = Some(place(line, &streams)?);
            Ok(())
        })?),
    };
    if let Some((stream, sequence)) = last {
        streams.drain(..stream);
        range.from = range.from.max(sequence + 1);
    }
    for stream in streams {
        let last = servers.journal.state(stream).await?.last;
        let bar = bars::bar(out.watched, &format!("exporting {stream}"), last);
        let mut events = std::pin::pin!(servers.journal.replay(stream, range, filter.subjects(stream)));
        while let Some(event) = events.try_next().await? {
            bar.set_position(event.sequence);
            if !filter.wants(&event) {
                continue;
            }
            count += 1;
            let object = object(&event, export.show_content);
            match &mut file {
                Some(file) => file.write(&object)?,
                None => out.raw(&object)?,
            }
        }
        bar.finish_and_clear();
        range = Range { from: filter.range().from, ..range };
    }
    if let (Some(file), Some(path)) = (file, &export.out) {
        file.finish()?;
        let object = serde_json::json!({ "exported": count, "file": path.display().to_string() });
        out.line(format!("{count} events in {}", path.display()), &object)?;
    }
    Ok(Exit::Fine)
}

/// Of an exported line, which of the streams that are asked for it is of, and its sequence there.
fn place(line: &[u8], streams: &[Stream]) -> Result<(usize, u64), String> {
    let place: Place = serde_json::from_slice(line).map_err(|_| "no event".to_owned())?;
    match streams.iter().position(|stream| stream.name() == place.stream) {
        Some(stream) => Ok((stream, place.sequence)),
        None => Err(format!("an event of stream {}, which is not asked for", place.stream)),
    }
}
