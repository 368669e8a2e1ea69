//! Lists in pages: cursors as Meta writes them, opaque and refused when they are none of ours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{GraphRefusal, Request};

const LIMIT_DEFAULT: usize = 25;
const LIMIT_MAX: usize = 1_000;

/// Which page of a list was asked for.
pub(super) struct Page {
    limit: usize,
    after: Option<u64>,
    before: Option<u64>,
}

impl Page {
    /// # Errors
    /// A limit out of range, or a cursor that is none.
    pub(super) fn asked(request: &Request) -> Result<Self, GraphRefusal> {
        let limit = match request.query("limit").map(str::parse) {
            None => LIMIT_DEFAULT,
            Some(Ok(limit)) if (1..=LIMIT_MAX).contains(&limit) => limit,
            Some(_) => return Err(GraphRefusal::invalid("limit must be 1 to 1000")),
        };
        Ok(Self { limit, after: cursor(request, "after")?, before: cursor(request, "before")? })
    }

    /// The page of `items`, which come in the order of their numbers; each is described when it is on the page.
    pub(super) fn of<T>(&self, request: &Request, items: impl Iterator<Item = (u64, T)>, describe: impl Fn(T) -> Value) -> Value {
        let among = items.filter(|(number, _)| self.after.is_none_or(|after| *number > after));
        let mut among: Vec<(u64, T)> = among.filter(|(number, _)| self.before.is_none_or(|before| *number < before)).collect();
        let mut more = false;
        if among.len() > self.limit {
            match self.before {
                Some(_) if self.after.is_none() => drop(among.drain(..among.len() - self.limit)),
                _ => {
                    among.truncate(self.limit);
                    more = true;
                }
            }
        }
        if among.is_empty() {
            return json!({"data": []});
        }
        let text = |number: Option<&(u64, T)>| number.map(|(number, _)| STANDARD.encode(number.to_string()));
        let (before, after) = (text(among.first()), text(among.last()));
        let mut paging = json!({"cursors": {"before": before, "after": after}});
        if more || self.before.is_some() {
            let path = request.path.join("/");
            let cursor = after.as_deref().unwrap_or_default().replace('=', "%3D").replace('+', "%2B");
            paging["next"] = json!(format!("{}/sim/graph/{}/{path}?limit={}&after={cursor}", request.origin, request.version, self.limit));
        }
        json!({"data": among.into_iter().map(|(_, item)| describe(item)).collect::<Vec<_>>(), "paging": paging})
    }
}

fn cursor(request: &Request, name: &str) -> Result<Option<u64>, GraphRefusal> {
    let Some(text) = request.query(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let number = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    let refused = || GraphRefusal::message(131_059, "Invalid cursor", "The paging cursor is invalid. Repeat the request without it");
    number.map(Some).ok_or_else(refused)
}
