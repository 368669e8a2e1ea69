//! What Meta's webhooks about templates hold, read leniently: ids are numbers or texts, languages have a hyphen or an underscore, and the field
//! under which a quality comes is not always its own.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields of webhooks that are followed.
pub(crate) const FIELDS: [&str; 4] =
    ["message_template_status_update", "message_template_quality_update", "message_template_components_update", "template_category_update"];

/// The longest word of Meta's that is kept, in bytes.
const WORD_BYTES_MAX: usize = 64;
/// The longest text, in characters.
const TEXT_CHARS_MAX: usize = 2_000;
/// The most buttons.
const BUTTONS_MAX: usize = 20;

/// Which template it is about, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Notice {
    pub(crate) meta_id: Option<String>,
    pub(crate) name: Option<String>,
    /// With an underscore.
    pub(crate) language: Option<String>,
    pub(crate) report: Report,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Report {
    Status {
        status: String,
        reason: Option<String>,
        explanation: Option<String>,
    },
    Category {
        category: String,
        previous: Option<String>,
        effective_at: Option<DateTime<Utc>>,
    },
    Quality {
        score: String,
        previous: Option<String>,
    },
    Components(Texts),
    /// About a template, and not understood.
    Unknown,
}

/// The texts of a template.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Texts {
    pub(crate) header: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) footer: Option<String>,
    /// In the shape of a definition.
    pub(crate) buttons: Option<Vec<Map<String, Value>>>,
}

#[derive(Deserialize)]
struct Change {
    value: Value,
}

/// None: it names no template.
pub(crate) fn read(data: &[u8]) -> Option<Notice> {
    let Change { value } = serde_json::from_slice(data).ok()?;
    let meta_id = id(&value, "message_template_id");
    let name = text(&value, "message_template_name");
    let language = word(&value, "message_template_language").map(|language| language.replace('-', "_"));
    if meta_id.is_none() && (name.is_none() || language.is_none()) {
        return None;
    }
    let report = quality(&value).or_else(|| status(&value)).or_else(|| category(&value)).or_else(|| components(&value));
    Some(Notice { meta_id, name, language, report: report.unwrap_or(Report::Unknown) })
}

fn quality(value: &Value) -> Option<Report> {
    let score = word(value, "new_quality_score")?;
    Some(Report::Quality { score, previous: word(value, "previous_quality_score") })
}

fn status(value: &Value) -> Option<Report> {
    let status = word(value, "event")?;
    let reason = word(value, "reason").filter(|reason| reason != "NONE");
    let more = |object: &str, keys: &[&str]| {
        let object = value.get(object)?;
        let texts: Vec<String> = keys.iter().filter_map(|key| text(object, key)).collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    };
    let explanation = more("rejection_info", &["reason", "recommendation"])
        .or_else(|| more("other_info", &["title", "description"]))
        .or_else(|| more("disable_info", &["disable_date"]).map(|date| format!("disabled on {date}")));
    Some(Report::Status { status, reason, explanation })
}

fn category(value: &Value) -> Option<Report> {
    let new = word(value, "new_category")?;
    // The notice beforehand: what it calls new is what the category still is.
    if let Some(correct) = word(value, "correct_category") {
        let at = value.get("category_update_timestamp").and_then(|at| at.as_i64().or_else(|| at.as_str()?.parse().ok()));
        let effective_at = at.and_then(|seconds| DateTime::from_timestamp(seconds, 0))?;
        return Some(Report::Category { category: correct, previous: Some(new), effective_at: Some(effective_at) });
    }
    Some(Report::Category { category: new, previous: word(value, "previous_category"), effective_at: None })
}

fn components(value: &Value) -> Option<Report> {
    let buttons = value.get("message_template_buttons").and_then(Value::as_array);
    let texts = Texts {
        header: text(value, "message_template_title"),
        body: text(value, "message_template_element"),
        footer: text(value, "message_template_footer"),
        buttons: buttons.map(|buttons| buttons.iter().take(BUTTONS_MAX).map(button).collect()),
    };
    (texts != Texts::default()).then_some(Report::Components(texts))
}

fn button(button: &Value) -> Map<String, Value> {
    let keys = ["type", "text", "url", "phone_number"];
    let told = keys.into_iter().filter_map(|key| Some((key.to_owned(), text(button, &format!("message_template_button_{key}"))?.into())));
    told.collect()
}

fn id(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) if (1..=WORD_BYTES_MAX).contains(&text.len()) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn word(value: &Value, key: &str) -> Option<String> {
    let word = value.get(key)?.as_str()?;
    (1..=WORD_BYTES_MAX).contains(&word.len()).then(|| word.to_owned())
}

fn text(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.chars().take(TEXT_CHARS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: Value) -> Option<Notice> {
        read(json!({"value": value, "field": "message_template_status_update"}).to_string().as_bytes())
    }

    fn about(more: Value) -> Report {
        let mut value = json!({"message_template_id": 7, "message_template_name": "sale", "message_template_language": "en-US"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let notice = of(value).unwrap();
        let named = (notice.meta_id.as_deref(), notice.name.as_deref(), notice.language.as_deref());
        assert_eq!(named, (Some("7"), Some("sale"), Some("en_US")));
        notice.report
    }

    #[test]
    fn every_sample_of_metas_is_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/meta/webhooks");
        let mut read_so_far = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.file_name().unwrap().to_str().unwrap().starts_with("template-") {
                continue;
            }
            let sample: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let change = sample["entry"][0]["changes"][0].to_string();
            let notice = read(change.as_bytes()).unwrap();
            assert_ne!(notice.report, Report::Unknown, "{}", path.display());
            assert!(!notice.language.unwrap().contains('-'));
            read_so_far += 1;
        }
        assert!(read_so_far >= 7, "{read_so_far} samples");
    }

    #[test]
    fn a_report_is_known_by_its_keys() {
        let why = json!({"event": "REJECTED", "reason": "INVALID_FORMAT", "rejection_info": {"reason": "No.", "recommendation": "Do."}});
        let rejected =
            Report::Status { status: "REJECTED".into(), reason: Some("INVALID_FORMAT".into()), explanation: Some("No. Do.".into()) };
        assert_eq!(about(why), rejected);
        let paused = about(json!({"event": "PAUSED", "reason": "NONE", "other_info": {"title": "FIRST_PAUSE", "description": "3 h"}}));
        assert_eq!(paused, Report::Status { status: "PAUSED".into(), reason: None, explanation: Some("FIRST_PAUSE 3 h".into()) });
        let yellow = about(json!({"new_quality_score": "YELLOW", "previous_quality_score": "GREEN"}));
        assert_eq!(yellow, Report::Quality { score: "YELLOW".into(), previous: Some("GREEN".into()) }, "whatever its field is called");
        let notice = json!({"new_category": "UTILITY", "correct_category": "MARKETING", "category_update_timestamp": 1_794_993_100});
        let at = DateTime::from_timestamp(1_794_993_100, 0);
        let announced = Report::Category { category: "MARKETING".into(), previous: Some("UTILITY".into()), effective_at: at };
        assert_eq!(about(notice), announced);
        let done = about(json!({"new_category": "MARKETING", "previous_category": "UTILITY"}));
        assert_eq!(done, Report::Category { category: "MARKETING".into(), previous: Some("UTILITY".into()), effective_at: None });
    }

    #[test]
    fn what_names_no_template_is_nobodys_and_what_is_not_understood_is_unknown() {
        for bad in [json!(null), json!([]), json!({"event": "APPROVED"}), json!({"message_template_name": "sale", "event": "APPROVED"})] {
            assert_eq!(of(bad.clone()), None, "{bad}");
        }
        assert_eq!(read(b"\xff"), None);
        for odd in [json!({}), json!({"event": 7}), json!({"event": "x".repeat(65)}), json!({"new_category": {}})] {
            assert_eq!(about(odd.clone()), Report::Unknown, "{odd}");
        }
        let notice = json!({"new_category": "UTILITY", "correct_category": "MARKETING"});
        assert_eq!(about(notice), Report::Unknown, "a notice says from when on");
    }
}
