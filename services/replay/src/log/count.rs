//! `log count`: how many events, by stream and type.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use serde_json::json;

use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::{Error, Exit, Out, bars};

pub(crate) async fn count(servers: &Servers, filter: &FilterArgs, out: &mut Out) -> Result<Exit, Error> {
    let mut total = 0_u64;
    for stream in filter.streams()? {
        let last = servers.journal.state(stream).await?.last;
        let bar = bars::bar(out.watched, &format!("counting {stream}"), filter.to.unwrap_or(last).min(last));
        let mut types: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut events = std::pin::pin!(servers.journal.replay(stream, filter.range(), filter.subjects(stream)));
        while let Some(event) = events.try_next().await? {
            if filter.wants(&event) {
                let counted = match types.get_mut(event.event_type.as_str()) {
                    Some(counted) => counted,
                    None => types.entry(event.event_type.as_str().to_owned()).or_default(),
                };
                *counted = (counted.0 + 1, counted.1 + event.data.len() as u64);
                total += 1;
            }
            if event.sequence % 1_000 == 0 {
                bar.set_position(event.sequence);
            }
        }
        bar.finish_and_clear();
        for (event_type, (events, bytes)) in types {
            let object = json!({ "stream": stream.name(), "type": event_type, "events": events, "bytes": bytes });
            out.line(format!("{:<14}{event_type:<50}{events:>12}{bytes:>14}", stream.name()), &object)?;
        }
    }
    out.text(format!("{:<64}{total:>12}", "total"))?;
    Ok(Exit::Fine)
}
