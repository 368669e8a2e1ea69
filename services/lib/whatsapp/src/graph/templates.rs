//! Templates: made, edited, listed, deleted, taken out of a pause.
//!
//! Their components stay in Meta's own shape: [`crate::template`] knows what may be in them. Webhooks write ids as numbers and languages
//! with a hyphen; here an id is text and a language has an underscore.

use reqwest::Method;
use serde_json::Value;

use super::answer::text;
use super::call::{Body, Call, segment};
use super::{Error, Graph, SLOW_LIMIT, Token};
use crate::WabaId;

/// A template that Meta took. Mostly it is in review now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedTemplate {
    /// Meta's id of it.
    pub id: String,
    /// PENDING, APPROVED or REJECTED.
    pub status: Option<String>,
    /// Not always the one that was asked for.
    pub category: Option<String>,
}

/// What Meta says about a template, in Meta's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFacts {
    /// Meta's id of it.
    pub id: String,
    /// With its language, one of its kind in its account.
    pub name: String,
    /// `en_US`
    pub language: String,
    /// APPROVED, PENDING, REJECTED, PAUSED, DISABLED and more. What is unknown, or none, cannot be sent.
    pub status: Option<String>,
    /// AUTHENTICATION, MARKETING or UTILITY.
    pub category: Option<String>,
    /// POSITIONAL or NAMED.
    pub parameter_format: Option<String>,
    /// A list, as Meta wrote it.
    pub components: Value,
    /// Why it was rejected, if it was.
    pub rejected_reason: Option<String>,
    /// GREEN, YELLOW, RED or UNKNOWN.
    pub quality_score: Option<String>,
    /// What it was before Meta moved it.
    pub previous_category: Option<String>,
}

impl TemplateFacts {
    /// The fields that are asked for.
    const ASKED: &str = "id,name,language,status,category,parameter_format,components,rejected_reason,quality_score,previous_category";

    fn read(template: &Value) -> Result<Self, Error> {
        let missing = Error::Unreadable { status: 200, what: "it is no template" };
        let [Some(id), Some(name), Some(language)] = ["id", "name", "language"].map(|key| text(template, key)) else { return Err(missing) };
        let quality = template.get("quality_score").and_then(|quality| text(quality, "score"));
        Ok(Self {
            id,
            name,
            language: language.replace('-', "_"),
            status: text(template, "status"),
            category: text(template, "category"),
            parameter_format: text(template, "parameter_format"),
            components: template
                .get("components")
                .filter(|components| components.is_array())
                .cloned()
                .unwrap_or_else(|| Value::Array(Vec::new())),
            rejected_reason: text(template, "rejected_reason").filter(|reason| reason != "NONE"),
            quality_score: quality.or_else(|| text(template, "quality_score")),
            previous_category: text(template, "previous_category"),
        })
    }
}

impl Graph {
    /// Makes a template: `template` is the whole of what is posted. From now on it is in review.
    pub async fn create_template(&self, token: &Token, waba: &WabaId, template: &Value) -> Result<CreatedTemplate, Error> {
        let path = format!("/{waba}/message_templates");
        let call = Call { body: written(template)?, limit: SLOW_LIMIT, ..Call::new("create_template", Method::POST, &path, token) };
        let answer = self.call(call).await?;
        let id =
            text(&answer, "id").filter(|id| segment(id).is_ok()).ok_or(Error::Unreadable { status: 200, what: "it names no template" })?;
        Ok(CreatedTemplate { id, status: text(&answer, "status"), category: text(&answer, "category") })
    }

    /// Changes a template: `change` is the whole of what is posted, and its components replace all that were there.
    pub async fn edit_template(&self, token: &Token, id: &str, change: &Value) -> Result<(), Error> {
        let path = format!("/{}", segment(id)?);
        self.succeed(Call { body: written(change)?, limit: SLOW_LIMIT, ..Call::new("edit_template", Method::POST, &path, token) }).await
    }

    /// Every template of an account.
    pub async fn templates(&self, token: &Token, waba: &WabaId) -> Result<Vec<TemplateFacts>, Error> {
        let templates = self.pages("templates", token, &format!("/{waba}/message_templates"), &[("fields", TemplateFacts::ASKED)]).await?;
        templates.iter().map(TemplateFacts::read).collect()
    }

    /// Every template of an account that has this name, each in a language of its own.
    pub async fn templates_named(&self, token: &Token, waba: &WabaId, name: &str) -> Result<Vec<TemplateFacts>, Error> {
        let asked = [("fields", TemplateFacts::ASKED), ("name", name)];
        let found = self.pages("templates_named", token, &format!("/{waba}/message_templates"), &asked).await?;
        let found: Vec<TemplateFacts> = found.iter().map(TemplateFacts::read).collect::<Result<_, _>>()?;
        // Meta may understand a part of a name as well.
        Ok(found.into_iter().filter(|template| template.name == name).collect())
    }

    /// A template as it is.
    pub async fn template(&self, token: &Token, id: &str) -> Result<TemplateFacts, Error> {
        let path = format!("/{}", segment(id)?);
        let query = [("fields", TemplateFacts::ASKED)];
        TemplateFacts::read(&self.call(Call { query: &query, ..Call::new("template", Method::GET, &path, token) }).await?)
    }

    /// Deletes a template: the one with this id, or all languages of the name.
    pub async fn delete_template(&self, token: &Token, waba: &WabaId, name: &str, hsm_id: Option<&str>) -> Result<(), Error> {
        let path = format!("/{waba}/message_templates");
        let mut query = vec![("name", name)];
        query.extend(hsm_id.map(|id| ("hsm_id", id)));
        self.succeed(Call { query: &query, ..Call::new("delete_template", Method::DELETE, &path, token) }).await
    }

    /// Ends a pause that Meta began because too much was sent.
    pub async fn unpause_template(&self, token: &Token, id: &str) -> Result<(), Error> {
        let path = format!("/{}/unpause", segment(id)?);
        self.succeed(Call::new("unpause_template", Method::POST, &path, token)).await
    }
}

fn written(json: &Value) -> Result<Body, Error> {
    serde_json::to_vec(json).map(Body::Written).map_err(|_| Error::Unaskable("a template that is not JSON"))
}
