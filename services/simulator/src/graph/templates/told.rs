//! The webhooks about templates, as Meta spells them there: the id is a number, the language has a hyphen now and then.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Status, Template};
use crate::webhook::Change;

/// What a pause is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    Quality,
    Rate,
    Over,
    ForEver(DateTime<Utc>),
}

/// `message_template_status_update`
pub(super) fn status(template: &Template, pause: Option<Pause>, now: DateTime<Utc>) -> Change {
    let mut value = about(template);
    value["event"] = json!(template.status.as_str());
    value["message_template_category"] = json!(template.category);
    let rejected = template.status == Status::Rejected;
    value["reason"] = json!(if rejected { template.rejected_reason.as_str() } else { "NONE" });
    if rejected && template.rejected_reason == "INVALID_FORMAT" {
        value["rejection_info"] = json!({
            "reason": "The variables or the text are formatted in a way that cannot be used",
            "recommendation": "Correct the text, and edit the template",
        });
    }
    let other = match pause {
        None => None,
        Some(Pause::Quality) => Some(("FIRST_PAUSE", "Your template is paused for 3 hours because people gave it negative feedback")),
        Some(Pause::Rate) => Some(("RATE_LIMITING_PAUSE", "Your template is paused because too many messages were sent with it")),
        Some(Pause::Over) => Some(("UNPAUSE", "Your template can be used again")),
        Some(Pause::ForEver(_)) => Some(("DISABLED", "Your template is disabled because people gave it negative feedback")),
    };
    if let Some((title, description)) = other {
        value["other_info"] = json!({"title": title, "description": description});
    }
    if let Some(Pause::ForEver(at)) = pause {
        value["disable_info"] = json!({"disable_date": at.timestamp().to_string()});
    }
    change(template, "message_template_status_update", &value, now)
}

/// `message_template_quality_update`
pub(super) fn quality(template: &Template, before: &str, now: DateTime<Utc>) -> Change {
    let mut value = about(template);
    value["previous_quality_score"] = json!(before);
    value["new_quality_score"] = json!(template.quality);
    change(template, "message_template_quality_update", &value, now)
}

/// `template_category_update`, when it is done
pub(super) fn category(template: &Template, now: DateTime<Utc>) -> Change {
    let mut value = about(template);
    value["previous_category"] = json!(template.previous_category);
    value["new_category"] = json!(template.category);
    change(template, "template_category_update", &value, now)
}

/// `template_category_update`, a day before: `new_category` is then the one it still has.
pub(super) fn category_notice(template: &Template, correct: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> Change {
    let mut value = about(template);
    value["new_category"] = json!(template.category);
    value["correct_category"] = json!(correct);
    value["category_update_timestamp"] = json!(at.timestamp());
    change(template, "template_category_update", &value, now)
}

fn about(template: &Template) -> Value {
    // Meta is of two minds here, and so are the ids: every other template has the hyphen.
    let language = if template.serial.is_multiple_of(2) { template.language.clone() } else { template.language.replace('_', "-") };
    let id: Value = template.id.parse::<u64>().map_or_else(|_| json!(template.id), |number| json!(number));
    json!({"message_template_id": id, "message_template_name": template.name, "message_template_language": language})
}

fn change(template: &Template, field: &'static str, value: &Value, now: DateTime<Utc>) -> Change {
    Change { waba_id: template.waba.to_string(), field, value: value.to_string(), time: Some(now.timestamp()) }
}
