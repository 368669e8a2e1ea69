//! Message templates: asked for, reviewed, used, paused. What may be in one says `whatsapp::template`; what Meta does with it is here.

mod create;
mod edit;
mod list;
mod remove;
mod review;
mod told;
mod unpause;

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use whatsapp::WabaId;

pub(super) use create::create;
pub(super) use edit::edit;
pub(super) use list::{list, show};
pub(super) use remove::remove;
pub(crate) use review::{Decision as TemplateDecision, REJECTIONS, decide as decide_template, due as review_due};
pub(super) use unpause::unpause;

/// A template as Meta keeps it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Template {
    #[schema(example = "564237458291034")]
    pub(crate) id: String,
    #[schema(value_type = String)]
    pub(crate) waba: WabaId,
    pub(crate) name: String,
    /// With an underscore: `en_US`.
    pub(crate) language: String,
    pub(crate) category: String,
    pub(crate) previous_category: Option<String>,
    pub(crate) parameter_format: String,
    #[schema(value_type = Vec<Object>)]
    pub(crate) components: Value,
    pub(crate) message_send_ttl_seconds: Option<i64>,
    pub(crate) status: Status,
    /// Why it was rejected, or `NONE`.
    pub(crate) rejected_reason: String,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub(crate) quality: String,
    #[serde(skip)]
    quality_at: DateTime<Utc>,
    /// Meta paused it because too many were sent, which the business may end itself.
    pub(crate) paused_for_rate: bool,
    /// When it was changed while it was approved.
    #[serde(skip)]
    edits: VecDeque<DateTime<Utc>>,
    /// Counts reviews: a decision that was due about an earlier form of it is none.
    #[serde(skip)]
    review: u32,
    #[serde(skip)]
    serial: u64,
}

/// Where a template is. All that Meta has; the simulator brings one into each by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = TemplateStatus)]
pub(crate) enum Status {
    Approved,
    Pending,
    Rejected,
    Paused,
    Disabled,
    InAppeal,
    LimitExceeded,
    Archived,
}

/// All templates.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    by_id: BTreeMap<String, Template>,
    by_name: BTreeMap<(WabaId, String, String), String>,
    /// Names that cannot be used again yet.
    blocked: BTreeMap<(WabaId, String), DateTime<Utc>>,
    /// When each account created its last ones.
    created: BTreeMap<WabaId, VecDeque<DateTime<Utc>>>,
    serial: u64,
}

impl Status {
    /// As Meta spells it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Pending => "PENDING",
            Self::Rejected => "REJECTED",
            Self::Paused => "PAUSED",
            Self::Disabled => "DISABLED",
            Self::InAppeal => "IN_APPEAL",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::Archived => "ARCHIVED",
        }
    }
}

impl Templates {
    pub(crate) fn get(&self, id: &str) -> Option<&Template> {
        self.by_id.get(id)
    }

    pub(crate) fn named(&self, waba: &WabaId, name: &str, language: &str) -> Option<&Template> {
        let id = self.by_name.get(&(waba.clone(), name.to_owned(), language.to_owned()))?;
        self.by_id.get(id)
    }

    /// Those of an account, or all, from the oldest.
    pub(crate) fn of<'a>(&'a self, waba: Option<&'a WabaId>) -> impl Iterator<Item = &'a Template> {
        let mut found: Vec<&Template> = self.by_id.values().filter(|template| waba.is_none_or(|waba| template.waba == *waba)).collect();
        found.sort_by_key(|template| template.serial);
        found.into_iter()
    }

    fn take(&mut self, id: &str) -> Option<Template> {
        let template = self.by_id.remove(id)?;
        self.by_name.remove(&(template.waba.clone(), template.name.clone(), template.language.clone()));
        Some(template)
    }
}

impl Template {
    /// Id and name of the Flow behind its button.
    pub(crate) fn flow(&self) -> Option<(Option<&str>, Option<&str>)> {
        let components = self.components.as_array()?;
        let mut buttons = components.iter().filter_map(|component| component["buttons"].as_array()).flatten();
        let button = buttons.find(|button| button["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("FLOW")))?;
        Some((button["flow_id"].as_str(), button["flow_name"].as_str()))
    }

    /// The asked-for fields; those that Meta gives by itself without a question.
    fn describe(&self, fields: Option<&str>) -> Value {
        let asked = fields.unwrap_or("name,parameter_format,components,language,status,category,id");
        let mut object = Map::from_iter([("id".to_owned(), json!(self.id))]);
        for field in asked.split(',').map(str::trim) {
            let value = match field {
                "name" => json!(self.name),
                "language" => json!(self.language),
                "status" => json!(self.status.as_str()),
                "category" => json!(self.category),
                "parameter_format" => json!(self.parameter_format),
                "components" => self.components.clone(),
                "rejected_reason" => json!(self.rejected_reason),
                "quality_score" => json!({"score": self.quality, "date": self.quality_at.timestamp()}),
                "previous_category" if self.previous_category.is_some() => json!(self.previous_category),
                "message_send_ttl_seconds" if self.message_send_ttl_seconds.is_some() => json!(self.message_send_ttl_seconds),
                _ => continue,
            };
            object.insert(field.to_owned(), value);
        }
        Value::Object(object)
    }
}
