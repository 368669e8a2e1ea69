//! A WhatsApp Business Account: its numbers, and whether its webhooks come.

use serde_json::{Value, json};

use super::{GraphRefusal, Meta, Request, line, token};
use crate::world::World;

/// `GET /{waba}/phone_numbers`, in pages as asked for.
pub(super) fn phone_numbers(world: &World, request: &Request, waba: &str) -> Result<Value, GraphRefusal> {
    let waba = token::for_account(&world.meta, request, waba)?;
    let limit: usize = match request.query("limit").map(str::parse) {
        None => 25,
        Some(Ok(limit)) if (1..=100).contains(&limit) => limit,
        Some(_) => return Err(GraphRefusal::invalid("limit must be 1 to 100")),
    };
    let from = request.query("after").unwrap_or_default();
    let mut numbers = world.meta.lines.iter().filter(|(id, line)| line.waba == waba && id.as_str() > from);
    let page: Vec<(Value, &str)> =
        numbers.by_ref().take(limit).map(|(id, known)| (line::describe(world, id, known, request), id.as_str())).collect();
    let mut paging = json!({"cursors": {"before": page.first().map(|(_, id)| id), "after": page.last().map(|(_, id)| id)}});
    if numbers.next().is_some() {
        paging["next"] = json!("https://graph.facebook.com/next");
    }
    Ok(json!({"data": page.iter().map(|(number, _)| number).collect::<Vec<_>>(), "paging": paging}))
}

/// `POST` and `DELETE /{waba}/subscribed_apps`: the app is the one that the token was given to.
pub(super) fn subscribe(meta: &mut Meta, request: &Request, waba: &str, on: bool) -> Result<Value, GraphRefusal> {
    let waba = token::for_account(meta, request, waba)?;
    let subscription = (waba, token::app_of(meta, request)?);
    match on {
        true => meta.subscribed.insert(subscription),
        false => meta.subscribed.remove(&subscription),
    };
    Ok(json!({"success": true}))
}
