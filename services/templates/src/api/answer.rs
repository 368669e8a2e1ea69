//! A template as callers see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::decide::change::blocked_until;
use crate::decide::compare::components;
use crate::template::{CategoryChange, Done, Pending, Refused, Template};

/// A template in short.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateSummary {
    #[schema(example = "tpl_01M7PY4WHR8E4W4S6JQ2T9ZK3D")]
    id: String,
    #[schema(example = "order_shipped")]
    name: String,
    #[schema(example = "en_US")]
    language: String,
    /// As it is now. Meta may have put it into another than was asked for.
    #[schema(example = "UTILITY")]
    category: String,
    /// Meta's word: `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED` and others. Only `APPROVED` can be sent. Null: Meta does not have it.
    #[schema(example = "APPROVED")]
    status: Option<String>,
    /// Meta's reason, if there is one.
    reason: Option<String>,
    /// How people take it: `GREEN`, `YELLOW`, `RED`, `UNKNOWN`. Null: Meta has not said.
    quality: Option<String>,
    /// What is on its way to Meta, if anything.
    pending: Option<PendingAnswer>,
    preview: Preview,
    /// Meta's id of the WhatsApp Business Account that it belongs to.
    waba_id: String,
    /// Meta's id of it.
    meta_id: Option<String>,
    updated_at: DateTime<Utc>,
}

/// A step that Meta has not answered yet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PendingAnswer {
    /// `create`, `edit` or `delete`.
    step: &'static str,
    since: DateTime<Utc>,
}

/// What a reader sees of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Preview {
    /// A text, or the kind of media: `IMAGE`, `VIDEO`, `DOCUMENT`, `LOCATION`.
    header: Option<String>,
    body: Option<String>,
    footer: Option<String>,
    /// Their labels.
    buttons: Vec<String>,
}

/// A template with all that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TemplateAnswer {
    #[serde(flatten)]
    summary: TemplateSummary,
    /// In Meta's shape, as it is.
    #[schema(value_type = Object)]
    definition: Value,
    /// Meta's words about its status.
    explanation: Option<String>,
    /// When its status was last heard of.
    status_at: Option<DateTime<Utc>>,
    /// The change of category that Meta announced and has not made yet.
    announced_category: Option<CategoryAnswer>,
    /// Changes of category, also announced ones, the newest first.
    categories: Vec<CategoryAnswer>,
    /// The last thing that Meta did not do.
    refused: Option<RefusedAnswer>,
    /// When it was asked for here, or found at Meta.
    created_at: DateTime<Utc>,
    /// Who: `usr_…`, `key_…`, `system`.
    created_by: Option<String>,
    /// Who changed it last, or `meta`.
    updated_by: Option<String>,
    /// When it was deleted; null: it was not.
    deleted_at: Option<DateTime<Utc>>,
    /// Until when Meta lets nobody make a template of this name; null: its name is free, or taken by itself.
    name_blocked_until: Option<DateTime<Utc>>,
}

/// A change of category.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CategoryAnswer {
    category: String,
    previous: Option<String>,
    /// From when on, if it was announced; null: at once.
    effective_at: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
}

/// What Meta did not do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RefusedAnswer {
    /// `create`, `edit`, `delete` or `unpause`.
    step: String,
    code: String,
    meta_code: Option<i64>,
    /// Why, in Meta's words.
    reason: String,
    at: DateTime<Utc>,
}

impl TemplateSummary {
    pub(super) fn of(template: &Template) -> Self {
        Self {
            id: template.id.to_string(),
            name: template.name.clone(),
            language: template.language.clone(),
            category: template.category.clone(),
            status: template.status.clone(),
            reason: template.reason.clone(),
            quality: template.quality.clone(),
            pending: template.pending.as_ref().map(PendingAnswer::of),
            preview: Preview::of(&components(template)),
            waba_id: template.waba_id.clone(),
            meta_id: template.meta_id.clone(),
            updated_at: template.changed.at,
        }
    }
}

impl TemplateAnswer {
    pub(super) fn of(template: &Template) -> Self {
        let Done { at: created_at, by: created_by } = template.created.clone();
        Self {
            summary: TemplateSummary::of(template),
            definition: serde_json::from_str(template.definition.get()).unwrap_or_default(),
            explanation: template.explanation.clone(),
            status_at: template.status_said.map(|said| said.at),
            announced_category: template.announced().map(CategoryAnswer::of),
            categories: template.categories.iter().rev().map(CategoryAnswer::of).collect(),
            refused: template.refused.as_ref().map(RefusedAnswer::of),
            created_at,
            created_by,
            updated_by: template.changed.by.clone(),
            deleted_at: template.deleted.map(|deleted| deleted.at),
            name_blocked_until: template.deleted.as_ref().and_then(blocked_until),
        }
    }
}

impl PendingAnswer {
    fn of(pending: &Pending) -> Self {
        Self { step: pending.step.name(), since: pending.at }
    }
}

impl CategoryAnswer {
    fn of(change: &CategoryChange) -> Self {
        let CategoryChange { category, previous, effective_at, at } = change.clone();
        Self { category, previous, effective_at, at }
    }
}

impl RefusedAnswer {
    fn of(refused: &Refused) -> Self {
        let Refused { step, code, meta_code, reason, at } = refused.clone();
        Self { step, code, meta_code, reason, at }
    }
}

impl Preview {
    fn of(components: &Value) -> Self {
        let components = components.as_array().map(Vec::as_slice).unwrap_or_default();
        let component = |kind: &str| components.iter().find(|component| component["type"] == kind);
        let text = |component: &Value| component["text"].as_str().map(str::to_owned);
        let header = component("HEADER").and_then(|header| text(header).or_else(|| header["format"].as_str().map(str::to_owned)));
        let buttons = component("BUTTONS").and_then(|buttons| buttons["buttons"].as_array());
        Self {
            header,
            body: component("BODY").and_then(text),
            footer: component("FOOTER").and_then(text),
            buttons: buttons.map(|buttons| buttons.iter().filter_map(text).collect::<Vec<_>>()).unwrap_or_default(),
        }
    }
}
