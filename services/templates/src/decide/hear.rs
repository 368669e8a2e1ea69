//! What a webhook of Meta's says about a template.
//!
//! Webhooks come late, twice and in any order. What is older than what is known by Meta's own clock is passed over; where the clocks cannot
//! decide, nothing is written and Meta is asked how the template is.

use chrono::{DateTime, Utc};
use contract::{
    HeardFrom, TemplateCategoryReported, TemplateComponentsReported, TemplateDeleted, TemplateEvent, TemplateQualityReported,
    TemplateStatusReported,
};

use super::compare::raw;
use crate::patch;
use crate::report::{Notice, Report};
use crate::template::{Said, Template};

/// Events of webhooks that are no status of a template: Meta is asked which one it has.
const NO_STATUS: [&str; 3] = ["FLAGGED", "REINSTATED", "UNARCHIVED"];
const DELETED: &str = "DELETED";

/// What follows.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Heard {
    pub(crate) events: Vec<TemplateEvent>,
    /// Meta is to be asked how it is.
    pub(crate) ask: bool,
}

/// How old a report is, against what is known.
#[derive(Debug, PartialEq, Eq)]
enum Age {
    Newer,
    Older,
    Doubtful,
}

pub(crate) fn hear(template: Option<&Template>, notice: &Notice, at: DateTime<Utc>) -> Heard {
    let going = matches!(&notice.report, Report::Status { status, .. } if [DELETED, "PENDING_DELETION"].contains(&status.as_str()));
    let Some(template) = template.filter(|template| template.is_there()) else { return Heard { events: Vec::new(), ask: !going } };
    // Nobody knows Meta's id yet, or it is another template of the same name.
    let known = template.meta_id.as_ref();
    if known.is_none() || notice.meta_id.as_ref().is_some_and(|meta_id| Some(meta_id) != known) {
        return Heard { events: Vec::new(), ask: true };
    }
    let heard_from = HeardFrom::Webhook;
    match &notice.report {
        Report::Status { status, .. } if NO_STATUS.contains(&status.as_str()) => Heard { events: Vec::new(), ask: true },
        Report::Status { status, reason, explanation } => {
            let event = if status == DELETED {
                TemplateDeleted { heard_from }.into()
            } else {
                let (status, reason, explanation) = (status.clone(), reason.clone(), explanation.clone());
                TemplateStatusReported { status, reason, explanation, heard_from, at }.into()
            };
            weighed(template.status_said, at, template.status.as_ref() == Some(status), event)
        }
        Report::Category { category, previous, effective_at } => {
            let same = if effective_at.is_none() {
                template.category == *category
            } else {
                template.announced().is_some_and(|known| known.category == *category && known.effective_at == *effective_at)
            };
            let (category, previous, effective_at) = (category.clone(), previous.clone(), *effective_at);
            let event = TemplateCategoryReported { category, previous, effective_at, heard_from, at };
            weighed(template.category_said, at, same, event.into())
        }
        Report::Quality { score, previous } => {
            let event = TemplateQualityReported { score: score.clone(), previous: previous.clone(), heard_from, at };
            weighed(template.quality_said, at, template.quality.as_ref() == Some(score), event.into())
        }
        Report::Components(change) => {
            let held = serde_json::from_str(template.definition.get()).unwrap_or_default();
            let patched = patch::patched(&held, change);
            let event = TemplateComponentsReported { definition: raw(&patched), heard_from, at };
            let heard = weighed(template.components_said, at, patched == held, event.into());
            // A webhook tells the texts alone.
            Heard { ask: heard.ask || !heard.events.is_empty(), ..heard }
        }
        Report::Unknown => Heard { events: Vec::new(), ask: true },
    }
}

/// What is newer is said even if it is no news: what is older than it must not come after it.
fn weighed(known: Option<Said>, at: DateTime<Utc>, same: bool, event: TemplateEvent) -> Heard {
    match age(known, at) {
        Age::Newer => Heard { events: vec![event], ask: false },
        Age::Older => Heard::default(),
        Age::Doubtful => Heard { events: Vec::new(), ask: !same },
    }
}

fn age(known: Option<Said>, at: DateTime<Utc>) -> Age {
    match known {
        None => Age::Newer,
        Some(known) if at > known.at => Age::Newer,
        Some(known) if known.by_meta && at < known.at => Age::Older,
        // The same second, or another clock.
        Some(_) => Age::Doubtful,
    }
}
