//! `POST /{template}/unpause`: ends a pause that was for sending too many.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Status;
use super::edit::of_token;
use super::review::{Decision, Verdict, decide};
use crate::graph::{GraphRefusal, Request};
use crate::world::World;

/// See the module.
pub(crate) fn unpause(world: &mut World, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let template = of_token(&world.meta, request, id)?;
    if template.status != Status::Paused || !template.paused_for_rate {
        let text = "Only a template that was paused for its sending rate can be unpaused";
        return Err(GraphRefusal::new(400, 100, "Invalid parameter").subcode(2_388_025).user("Template cannot be unpaused", text));
    }
    let resumed = decide(world, id, Decision::plain(Verdict::Resume), now);
    resumed.map_err(|refused| GraphRefusal::new(500, 131_016, "(#131016) Service unavailable").details(&refused.to_string()))?;
    Ok(json!({"success": true}))
}
