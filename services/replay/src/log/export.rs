//! `log export`: all events that match, one JSON object a line. A killed export goes on behind its last whole line.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use contract::Stream;
use futures::TryStreamExt;
use journal::Range;
use serde::Deserialize;

use super::object;
use crate::cli::Export;
use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::{Error, Exit, Out, bars};

/// Where the last whole line of an export stands.
#[derive(Deserialize)]
struct Line {
    stream: String,
    sequence: u64,
}

pub(crate) async fn export(servers: &Servers, filter: &FilterArgs, export: &Export, out: &mut Out) -> Result<Exit, Error> {
    let (mut file, resumed) = match &export.out {
        None => (None, None),
        Some(path) if export.resume => open_behind(path)?,
        Some(path) => (Some(BufWriter::new(File::create_new(path)?)), None),
    };
    let mut streams = filter.streams()?;
    let mut range = filter.range();
    if let Some((stream, sequence)) = resumed {
        streams.drain(..streams.iter().position(|other| *other == stream).unwrap_or(streams.len()));
        range.from = range.from.max(sequence + 1);
    }
    let mut count = 0_u64;
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
                Some(file) => writeln!(file, "{object}")?,
                None => out.raw(&object)?,
            }
        }
        bar.finish_and_clear();
        range = Range { from: filter.range().from, ..range };
    }
    if let (Some(mut file), Some(path)) = (file, &export.out) {
        file.flush()?;
        let object = serde_json::json!({ "exported": count, "file": path.display().to_string() });
        out.line(format!("{count} events in {}", path.display()), &object)?;
    }
    Ok(Exit::Fine)
}

type Opened = (Option<BufWriter<File>>, Option<(Stream, u64)>);

/// Opens the file behind its last whole line, and says which event that was. A line that was cut off is written anew.
fn open_behind(path: &Path) -> Result<Opened, Error> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let (mut reader, mut line, mut whole, mut last) = (BufReader::new(&file), Vec::new(), 0_u64, None);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            break;
        }
        let read: Option<Line> = serde_json::from_slice(&line).ok();
        let stream = read.as_ref().and_then(|line| Stream::parse(&line.stream));
        let (Some(read), Some(stream)) = (read, stream) else {
            return Err(Error::NotFound(format!("{} is not an export: byte {whole} begins no event", path.display())));
        };
        last = Some((stream, read.sequence));
        whole += length as u64;
    }
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    Ok((Some(BufWriter::new(file)), last))
}
