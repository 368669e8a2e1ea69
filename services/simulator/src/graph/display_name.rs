//! A display name: asked for, in review, decided by whoever plays Meta's reviewer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use whatsapp::PhoneNumberId;

use super::line::not_registered;
use super::{GraphRefusal, Meta, Request, token};
use crate::Refused;
use crate::webhook::Change;
use crate::world::World;

const NAME_CHARS_MAX: usize = 512;

/// What the reviewer says.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DisplayNameDecision)]
pub(crate) struct Decision {
    pub(crate) approved: bool,
    /// `NAME_FORMAT_UNACCEPTABLE` and the like, of a refusal.
    pub(crate) reason: Option<String>,
    /// Nobody is told: the webhook is lost, and only who asks for the number sees what was decided.
    #[serde(default)]
    #[schema(default = false)]
    pub(crate) silent: bool,
}

/// `POST /{phone}?new_display_name=…`
pub(super) fn request(meta: &mut Meta, request: &Request, number: &str) -> Result<Value, GraphRefusal> {
    let name = request.query("new_display_name").unwrap_or_default().trim().to_owned();
    let line = token::line(meta, request, number)?;
    if !line.usable() {
        return Err(not_registered());
    }
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(GraphRefusal::invalid("new_display_name must have 1 to 512 characters"));
    }
    if line.new_name_status == Some("PENDING_REVIEW") {
        return Err(GraphRefusal::invalid("a display name change of this phone number is in review already"));
    }
    line.new_name = Some(name);
    line.new_name_status = Some("PENDING_REVIEW");
    Ok(json!({"success": true}))
}

/// The reviewer decides; who has subscribed to the account hears of it, unless the reviewer is silent.
pub(crate) fn decide(world: &mut World, number: &PhoneNumberId, decision: Decision, now: DateTime<Utc>) -> Result<(), Refused> {
    let display_phone_number = world.numbers.get(number).map(|number| number.display_phone_number.clone());
    let line = world.meta.lines.get_mut(number).ok_or_else(|| Refused::Invalid(format!("no number {number} came by signup")))?;
    let in_review = line.new_name_status == Some("PENDING_REVIEW");
    let Some(name) = line.new_name.clone().filter(|_| in_review) else {
        return Err(Refused::Invalid("no display name is in review".to_owned()));
    };
    if decision.approved {
        line.verified_name = Some(name.clone());
        line.name_status = "APPROVED";
        line.new_name = None;
        line.new_name_status = None;
    } else {
        line.name_status = "DECLINED";
        line.new_name_status = Some("DECLINED");
    }
    let value = json!({
        "display_phone_number": display_phone_number,
        "decision": if decision.approved { "APPROVED" } else { "REJECTED" },
        "requested_verified_name": name,
        "rejection_reason": if decision.approved { None } else { Some(decision.reason.as_deref().unwrap_or("UNKNOWN")) },
    });
    let waba = line.waba.clone();
    if !decision.silent && world.meta.hears_of(&waba) {
        let change =
            Change { waba_id: waba.to_string(), field: "phone_number_name_update", value: value.to_string(), time: Some(now.timestamp()) };
        world.outbox.hold(change, None, now)?;
    }
    Ok(())
}
