//! `log`: the events themselves.

mod count;
mod export;
mod show;
mod tail;

use contract::Recorded;
use serde_json::{Value, json, value::RawValue};

use crate::cli::Log;
use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::{Error, Exit, Out};

pub(crate) async fn run(servers: &Servers, filter: &FilterArgs, command: &Log, out: &mut Out) -> Result<Exit, Error> {
    match command {
        Log::Count => count::count(servers, filter, out).await,
        Log::Show(show) => show::show(servers, filter, show, out).await,
        Log::Tail(tail) => tail::tail(servers, filter, tail, out).await,
        Log::Export(export) => export::export(servers, filter, export, out).await,
    }
}

/// One event; its data only when asked for.
pub(crate) fn print(event: &Recorded, content: bool, out: &mut Out) -> Result<(), Error> {
    let time = event.time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let mut line = format!("{:>10}  {time}  {:<46}  {}", event.sequence, event.event_type.as_str(), event.subject);
    if content {
        line.push_str(&format!("\n            {}", String::from_utf8_lossy(&event.data)));
    }
    out.line(line, &object(event, content))
}

/// An event as JSON: everything of its envelope, and its data as it is when asked for.
pub(crate) fn object(event: &Recorded, content: bool) -> Value {
    let mut object = json!({
        "stream": event.stream().name(), "sequence": event.sequence, "subject": event.subject.as_str(), "id": event.id, "type": event.event_type.as_str(),
        "source": event.source, "time": event.time, "bytes": event.data.len(),
    });
    let context = &event.context;
    let causation = context.causation.map(|id| id.to_string());
    for (name, value) in
        [("traceparent", &context.traceparent), ("correlation", &context.correlation), ("causation", &causation), ("actor", &context.actor)]
    {
        if let Some(value) = value {
            object[name] = value.as_str().into();
        }
    }
    for (name, value) in &event.extensions {
        object[name] = value.as_str().into();
    }
    if content {
        // Not parsed into values and written anew: numbers and order stay Meta's.
        let raw = serde_json::from_slice::<&RawValue>(&event.data).ok().map(|raw| raw.get());
        object["data"] = raw.map_or_else(|| String::from_utf8_lossy(&event.data).into(), Value::from);
    }
    object
}
