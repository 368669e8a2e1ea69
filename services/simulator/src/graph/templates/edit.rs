//! `POST /{template}`: other components, and another category while it is not approved. It goes back to review.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use whatsapp::template::TemplateEdit;

use super::create::{in_review, refused, unknown_things};
use super::{Status, Template};
use crate::graph::{GraphRefusal, Meta, Request, token};
use crate::world::World;

/// Changes of an approved template.
const EDITS_PER_DAY_MAX: usize = 1;
const EDITS_PER_MONTH_MAX: usize = 10;
const DAY: TimeDelta = TimeDelta::hours(24);
const MONTH: TimeDelta = TimeDelta::days(30);

/// See the module.
pub(crate) fn edit(world: &mut World, request: &Request, id: &str, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let before = of_token(&world.meta, request, id)?.clone();
    let asked = request.object()?;
    let change = TemplateEdit::parse(&asked).map_err(|errors| refused(&errors, &asked))?;
    let change = change.json();
    let no = |text: &str| GraphRefusal::new(400, 100, "Invalid parameter").user("Message template cannot be changed", text);
    match before.status {
        Status::Approved | Status::Rejected | Status::Paused => {}
        Status::Pending | Status::Disabled | Status::InAppeal | Status::LimitExceeded | Status::Archived => {
            return Err(no("Only approved, rejected and paused templates can be edited").subcode(2_388_025));
        }
    }
    let category = change["category"].as_str().filter(|category| *category != before.category);
    if category.is_some() && before.status == Status::Approved {
        return Err(no("The category of an approved template cannot be changed").subcode(2_388_025));
    }
    unknown_things(&world.meta, &before.waba, change)?;
    let limited = before.status == Status::Approved && !change["components"].is_null();
    let edits = |within: TimeDelta| before.edits.iter().filter(|at| now - **at < within).count();
    if limited && (edits(DAY) >= EDITS_PER_DAY_MAX || edits(MONTH) >= EDITS_PER_MONTH_MAX) {
        return Err(no("An approved template can be edited once in 24 hours and 10 times in 30 days").subcode(2_388_027));
    }
    let Some(template) = world.meta.templates.by_id.get_mut(id) else { return Err(GraphRefusal::no_object(id)) };
    if let Some(category) = category {
        template.previous_category = Some(std::mem::replace(&mut template.category, category.to_owned()));
    }
    if let Some(ttl) = change["message_send_ttl_seconds"].as_i64() {
        template.message_send_ttl_seconds = Some(ttl);
    }
    if !change["components"].is_null() {
        template.components = change["components"].clone();
    }
    if !change["components"].is_null() || category.is_some() {
        template.status = Status::Pending;
        template.rejected_reason = "NONE".to_owned();
        template.review += 1;
        if limited {
            template.edits.push_back(now);
            template.edits.retain(|at| now - *at < MONTH);
        }
        in_review(world, id, now);
    }
    Ok(json!({"success": true}))
}

/// The template, if the token may manage its account.
pub(super) fn of_token<'a>(meta: &'a Meta, request: &Request, id: &str) -> Result<&'a Template, GraphRefusal> {
    let template = meta.templates.get(id).ok_or_else(|| GraphRefusal::no_object(id))?;
    token::for_account(meta, request, template.waba.as_str())?;
    Ok(template)
}
