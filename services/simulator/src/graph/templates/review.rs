//! What Meta decides about a template, by hand or after the time that the rules give: approved, rejected, paused, another category.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::told::{self, Pause};
use super::{Status, Template};
use crate::Refused;
use crate::webhook::Change;
use crate::world::World;

/// Why a template is rejected.
pub(crate) const REJECTIONS: [&str; 7] =
    ["ABUSIVE_CONTENT", "CATEGORY_NOT_AVAILABLE", "INCORRECT_CATEGORY", "INVALID_FORMAT", "PROMOTIONAL", "SCAM", "TAG_CONTENT_MISMATCH"];
const QUALITIES: [&str; 4] = ["GREEN", "YELLOW", "RED", "UNKNOWN"];
const CATEGORIES: [&str; 3] = ["AUTHENTICATION", "MARKETING", "UTILITY"];
/// How long before a change of category Meta says so.
const CATEGORY_NOTICE: TimeDelta = TimeDelta::hours(24);

/// What is decided. Who has subscribed to the account hears of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateDecision)]
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    /// Of `reject`: `INVALID_FORMAT` and the like.
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// Of `quality`: `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    #[serde(default)]
    pub(crate) quality: Option<String>,
    /// Of `category` and `category_notice`: the other one.
    #[serde(default)]
    pub(crate) category: Option<String>,
}

/// See [`Decision`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Approve,
    Reject,
    /// For low quality, the first time for 3 hours, then 6.
    Pause,
    /// For sending too many, which the business may end itself.
    PauseForRate,
    /// A pause is over.
    Resume,
    Disable,
    Archive,
    /// People like it, or not.
    Quality,
    /// It has another category from now on.
    Category,
    /// It will have another category tomorrow.
    CategoryNotice,
}

impl Decision {
    pub(crate) fn plain(verdict: Verdict) -> Self {
        Self { verdict, reason: None, quality: None, category: None }
    }
}

/// Decides. The webhook for it is on its way.
pub(crate) fn decide(world: &mut World, id: &str, decision: Decision, now: DateTime<Utc>) -> Result<(), Refused> {
    world.outbox.refuse_if_full(1)?;
    let template = world.meta.templates.by_id.get_mut(id).ok_or_else(|| Refused::NoSuchTemplate(id.to_owned()))?;
    let change = turn(template, &decision, now)?;
    let waba = template.waba.clone();
    if world.meta.hears_of(&waba) {
        world.outbox.hold(change, None, now)?;
    }
    Ok(())
}

/// The time that the rules give a reviewer is over.
pub(crate) fn due(world: &mut World, id: &str, now: DateTime<Utc>) -> Result<(), Refused> {
    if world.meta.templates.get(id).is_none_or(|template| template.status != Status::Pending) {
        return Ok(());
    }
    let decision = match world.rules.review_rejects.clone() {
        None => Decision::plain(Verdict::Approve),
        reason => Decision { reason, ..Decision::plain(Verdict::Reject) },
    };
    decide(world, id, decision, now)
}

fn turn(template: &mut Template, decision: &Decision, now: DateTime<Utc>) -> Result<Change, Refused> {
    let status = template.status;
    let from = |allowed: &[Status]| match allowed.contains(&status) {
        true => Ok(()),
        false => Err(Refused::Invalid(format!("the template is {}", status.as_str()))),
    };
    let of = |given: &Option<String>, among: &[&str]| {
        let known = given.clone().filter(|text| among.contains(&text.as_str()));
        known.ok_or_else(|| Refused::Invalid(format!("it is one of {}", among.join(", "))))
    };
    match decision.verdict {
        Verdict::Approve => {
            from(&[Status::Pending, Status::Rejected, Status::InAppeal])?;
            template.rejected_reason = "NONE".to_owned();
            Ok(move_to(template, Status::Approved, None, now))
        }
        Verdict::Reject => {
            from(&[Status::Pending, Status::InAppeal, Status::Approved])?;
            template.rejected_reason = of(&decision.reason, &REJECTIONS)?;
            Ok(move_to(template, Status::Rejected, None, now))
        }
        Verdict::Pause => {
            from(&[Status::Approved])?;
            template.paused_for_rate = false;
            Ok(move_to(template, Status::Paused, Some(Pause::Quality), now))
        }
        Verdict::PauseForRate => {
            from(&[Status::Approved])?;
            template.paused_for_rate = true;
            Ok(move_to(template, Status::Paused, Some(Pause::Rate), now))
        }
        Verdict::Resume => {
            from(&[Status::Paused])?;
            template.paused_for_rate = false;
            Ok(move_to(template, Status::Approved, Some(Pause::Over), now))
        }
        Verdict::Disable => {
            from(&[Status::Approved, Status::Paused])?;
            Ok(move_to(template, Status::Disabled, Some(Pause::ForEver(now)), now))
        }
        Verdict::Archive => Ok(move_to(template, Status::Archived, None, now)),
        Verdict::Quality => {
            let before = std::mem::replace(&mut template.quality, of(&decision.quality, &QUALITIES)?);
            template.quality_at = now;
            Ok(told::quality(template, &before, now))
        }
        Verdict::Category => {
            let category = of(&decision.category, &CATEGORIES)?;
            template.previous_category = Some(std::mem::replace(&mut template.category, category));
            Ok(told::category(template, now))
        }
        Verdict::CategoryNotice => Ok(told::category_notice(template, &of(&decision.category, &CATEGORIES)?, now + CATEGORY_NOTICE, now)),
    }
}

fn move_to(template: &mut Template, status: Status, pause: Option<Pause>, now: DateTime<Utc>) -> Change {
    template.status = status;
    told::status(template, pause, now)
}
