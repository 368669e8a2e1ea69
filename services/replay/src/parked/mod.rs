//! `parked`: keys that a follower holds back, and what an operator can say about them.

mod list;
mod retry;
mod show;
mod skip;

use journal::HeldKey;
use serde_json::{Value, json};

use crate::cli::{Key, Parked};
use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::{Error, Exit, Out};

pub(crate) async fn run(servers: &Servers, filter: &FilterArgs, command: &Parked, out: &mut Out) -> Result<Exit, Error> {
    match command {
        Parked::List => list::list(servers, filter, out).await,
        Parked::Show(key) => show::show(servers, filter, key, out).await,
        Parked::Retry(decide) => retry::retry(servers, filter, decide, out).await,
        Parked::Skip(skip) => skip::skip(servers, filter, skip, out).await,
    }
}

/// Held keys of the streams and projects asked for.
pub(crate) async fn held(servers: &Servers, filter: &FilterArgs) -> Result<Vec<HeldKey>, Error> {
    let of_project = |held: &HeldKey| {
        filter.project.is_empty() || filter.project.iter().any(|project| held.key.split('.').any(|token| token == project.to_string()))
    };
    let mut held = servers.journal.parked().await?;
    held.retain(|held| (filter.stream.is_empty() || filter.stream.contains(&held.stream)) && of_project(held));
    Ok(held)
}

/// The one held key that was named.
async fn find(servers: &Servers, filter: &FilterArgs, key: &Key) -> Result<HeldKey, Error> {
    let mut found = held(servers, filter).await?;
    found.retain(|held| held.key == key.key && key.service.as_ref().is_none_or(|service| *service == held.service));
    match found.len() {
        0 => Err(Error::NotFound(format!("nobody holds {}", key.key))),
        1 => Ok(found.swap_remove(0)),
        _ => {
            let services: Vec<&str> = found.iter().map(|held| held.service.as_str()).collect();
            Err(Error::Usage(format!("{} is held by {}: say which with --service", key.key, services.join(" and "))))
        }
    }
}

fn kind(held: &HeldKey) -> &'static str {
    match held.kind {
        contract::HoldKind::Parked => "parked",
        contract::HoldKind::SetAside => "set_aside",
    }
}

fn print(held: &HeldKey, out: &mut Out) -> Result<(), Error> {
    out.line(
        format!(
            "{:<10} {:<12} {:<50} from {} since {}, {} attempts: {}",
            kind(held),
            held.service,
            held.key,
            held.from_sequence,
            held.since,
            held.attempts,
            held.cause
        ),
        &object(held),
    )
}

fn object(held: &HeldKey) -> Value {
    json!({
        "kind": kind(held), "service": held.service, "stream": held.stream.name(), "key": held.key, "from_sequence": held.from_sequence, "cause": held.cause,
        "attempts": held.attempts, "since": held.since, "retry_requested": held.retry_requested, "skipped": held.skipped,
    })
}
