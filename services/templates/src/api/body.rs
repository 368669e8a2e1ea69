//! A template, or a change of one, in a body: in Meta's own shape.

use chassis::Problem;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use whatsapp::{FieldError, TEMPLATE_BYTES_MAX};

/// Twice what a template has at most: a body may be written wide.
pub(super) const BODY_BYTES_MAX: usize = 2 * TEMPLATE_BYTES_MAX;

/// A template in Meta's shape: `name`, `language`, `category`, `components` and more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object, example = json!({"name": "order_shipped", "language": "en_US", "category": "UTILITY", "components": [
    {"type": "BODY", "text": "Your order {{1}} is on its way.", "example": {"body_text": [["1042"]]}}]}))]
pub(super) struct TemplateBody(pub(super) Value);

/// A change of a template in Meta's shape: `category`, `components` (all of them), `message_send_ttl_seconds`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object, example = json!({"components": [{"type": "BODY", "text": "Your order is on its way to you."}]}))]
pub(super) struct EditBody(pub(super) Value);

/// 422 with a pointer for each thing that is wrong.
pub(super) fn invalid(errors: Vec<FieldError>) -> Problem {
    let problem = Problem::unprocessable("invalid_template", "Meta would not take the template like this");
    errors.into_iter().fold(problem, |problem, error| problem.field(error.pointer, error.code, error.detail))
}
