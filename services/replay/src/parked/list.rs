//! `parked list`: every key that is held.

use contract::HoldKind;

use super::{held, print};
use crate::filter::FilterArgs;
use crate::servers::Servers;
use crate::{Error, Exit, Out};

/// Keys that are set aside go on by themselves; only parked ones are something found.
pub(crate) async fn list(servers: &Servers, filter: &FilterArgs, out: &mut Out) -> Result<Exit, Error> {
    let held = held(servers, filter).await?;
    for key in &held {
        print(key, out)?;
    }
    if held.is_empty() {
        out.text("nothing is held")?;
    }
    Ok(if held.iter().any(|key| key.kind == HoldKind::Parked) { Exit::Found } else { Exit::Fine })
}
