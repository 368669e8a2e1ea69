//! A project's message templates: what is asked of Meta, and how each stands there.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::events;
use crate::{HeardFrom, OperationId, RawJson};

events! {
    /// What templates says, on `template.<prj>.<tpl>`; of all of them, on `template.<prj>.space`.
    TemplateEvent {
        TemplateRequested = "template.template_requested.v1",
        TemplateSubmitted = "template.template_submitted.v1",
        TemplateRefused = "template.template_refused.v1",
        TemplateFound = "template.template_found.v1",
        TemplateEditRequested = "template.template_edit_requested.v1",
        TemplateEdited = "template.template_edited.v1",
        TemplateStatusReported = "template.template_status_reported.v1",
        TemplateCategoryReported = "template.template_category_reported.v1",
        TemplateQualityReported = "template.template_quality_reported.v1",
        TemplateComponentsReported = "template.template_components_reported.v1",
        TemplateDeleteRequested = "template.template_delete_requested.v1",
        TemplateDeleted = "template.template_deleted.v1",
        TemplatesErased = "template.templates_erased.v1",
    }
}

/// Somebody wants a template. Meta does not know of it yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateRequested {
    /// Meta's id of the WhatsApp Business Account that it is to belong to.
    pub waba_id: String,
    /// Lower-case letters, digits and `_`.
    pub name: String,
    /// As `en_US`.
    pub language: String,
    /// AUTHENTICATION, MARKETING or UTILITY.
    pub category: String,
    /// The template in Meta's shape.
    pub definition: RawJson,
}

/// Meta has the template and decides about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateSubmitted {
    /// Meta's id of the template.
    pub template_id: String,
    /// Meta's id of the WhatsApp Business Account that it belongs to.
    pub waba_id: String,
    /// Meta's word.
    pub status: String,
    /// The category that Meta gave it.
    pub category: String,
}

/// Meta did not take the template, or its change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateRefused {
    /// `create`, `edit`, `delete` or `unpause`.
    pub step: String,
    /// Stable name of the cause.
    pub code: String,
    /// Meta's code, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta_code: Option<i64>,
    /// Why, for people.
    pub reason: String,
}

/// Meta has a template that was not made here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateFound {
    /// Meta's id of the template.
    pub template_id: String,
    /// Meta's id of the WhatsApp Business Account that it belongs to.
    pub waba_id: String,
    /// Its name.
    pub name: String,
    /// As `en_US`.
    pub language: String,
    /// Meta's word.
    pub category: String,
    /// Meta's word.
    pub status: String,
    /// The template in Meta's shape.
    pub definition: RawJson,
}

/// Somebody wants the template changed. Meta does not know of it yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateEditRequested {
    /// What is to change, in Meta's shape.
    pub edit: RawJson,
}

/// Meta took a change and decides about the template anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateEdited {
    /// The template in Meta's shape, as it is from now on.
    pub definition: RawJson,
}

/// How the template stands at Meta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateStatusReported {
    /// APPROVED, PENDING, REJECTED, PAUSED, DISABLED …; others may come.
    pub status: String,
    /// Meta's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Meta's words, if it gave any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// How we know.
    pub heard_from: HeardFrom,
    /// When.
    pub at: DateTime<Utc>,
}

/// Meta gave the template another category, or will.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateCategoryReported {
    /// The category.
    pub category: String,
    /// The category before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// From when on; absent: it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<DateTime<Utc>>,
    /// How we know.
    pub heard_from: HeardFrom,
    /// When.
    pub at: DateTime<Utc>,
}

/// How people take the template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateQualityReported {
    /// GREEN, YELLOW, RED or UNKNOWN.
    pub score: String,
    /// The score before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// How we know.
    pub heard_from: HeardFrom,
    /// When.
    pub at: DateTime<Utc>,
}

/// What the template says was changed at Meta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateComponentsReported {
    /// The template in Meta's shape, as it is from now on.
    pub definition: RawJson,
    /// How we know.
    pub heard_from: HeardFrom,
    /// When.
    pub at: DateTime<Utc>,
}

/// Somebody wants the template gone. Meta does not know of it yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateDeleteRequested {}

/// The template is gone, here and at Meta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateDeleted {
    /// How we know.
    pub heard_from: HeardFrom,
}

/// The project is deleted, and its templates are forgotten here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplatesErased {
    /// The operation that asked for it.
    pub operation: OperationId,
}
