//! Flows: made, filled, looked at, published, deprecated, deleted.
//!
//! What is wrong with a Flow stays in Meta's own shape. Whether a call may be made in a Flow's status, Meta says.

use chrono::{DateTime, Utc};
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::{Map, Value, json};

use super::answer::{boolean, instant, list, strings, text};
use super::call::{Body, Call, segment};
use super::media::part;
use super::{Error, Graph, SLOW_LIMIT, Token, UPLOAD_LIMIT};
use crate::WabaId;

/// The largest Flow JSON that Meta takes, in bytes.
pub const FLOW_JSON_BYTES_MAX: usize = 10_000_000;
/// Bytes of the description of one Flow, with all that is wrong with it.
const FLOW_BYTES_MAX: usize = 8 * 1024 * 1024;
/// As Meta calls the one file of a Flow, and its kind.
const ASSET_NAME: &str = "flow.json";
const ASSET_TYPE: &str = "FLOW_JSON";

/// A Flow that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedFlow {
    /// Meta's id of it.
    pub id: String,
    /// What is wrong with it, as Meta wrote it: a copy may bring that along.
    pub validation_errors: Vec<Value>,
}

/// What Meta says about a Flow, in Meta's words. What was not asked for, or is not known, is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowFacts {
    /// Meta's id of it.
    pub id: String,
    /// One of its kind in its account.
    pub name: Option<String>,
    /// DRAFT, PUBLISHED, THROTTLED, BLOCKED, DEPRECATED, or what Meta thinks of next.
    pub status: Option<String>,
    /// SURVEY and the like.
    pub categories: Vec<String>,
    /// What is wrong with it.
    pub validation_errors: Vec<Value>,
    /// Of its JSON: `6.0`.
    pub json_version: Option<String>,
    /// Of what its endpoint speaks: `3.0`.
    pub data_api_version: Option<String>,
    /// Where its data come from, if they come from anywhere.
    pub endpoint_uri: Option<String>,
    /// When it was changed last.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whether it can be sent, and what stands in its way: `{can_send_message, entities}`.
    pub health_status: Option<Value>,
    /// Where whoever knows the link can try it.
    pub preview_url: Option<String>,
    /// Until when.
    pub preview_expires_at: Option<DateTime<Utc>>,
}

impl FlowFacts {
    /// The fields that are asked for in a list.
    const LISTED: &str = "id,name,status,categories,validation_errors,json_version,data_api_version,endpoint_uri,updated_at";
    /// The fields of one Flow: those that cost Meta more, too.
    const ASKED: &str =
        "id,name,status,categories,validation_errors,json_version,data_api_version,endpoint_uri,updated_at,health_status,preview";

    fn read(flow: &Value) -> Result<Self, Error> {
        let id = text(flow, "id").filter(|id| segment(id).is_ok()).ok_or(Error::Unreadable { status: 200, what: "it is no Flow" })?;
        let preview = flow.get("preview").unwrap_or(&Value::Null);
        Ok(Self {
            id,
            name: text(flow, "name"),
            status: text(flow, "status"),
            categories: strings(list(flow, "categories")),
            validation_errors: list(flow, "validation_errors").to_vec(),
            json_version: text(flow, "json_version"),
            data_api_version: text(flow, "data_api_version"),
            endpoint_uri: text(flow, "endpoint_uri"),
            updated_at: instant(flow, "updated_at"),
            health_status: flow.get("health_status").filter(|health| health.is_object()).cloned(),
            preview_url: text(preview, "preview_url"),
            preview_expires_at: instant(preview, "expires_at"),
        })
    }
}

/// Where a Flow can be tried. Public to whoever has the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowPreview {
    /// The link.
    pub url: String,
    /// Until when; 30 days mostly.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Graph {
    /// Makes a Flow, empty or as a copy of another.
    pub async fn create_flow(
        &self,
        token: &Token,
        waba: &WabaId,
        name: &str,
        categories: &[String],
        clone_flow_id: Option<&str>,
    ) -> Result<CreatedFlow, Error> {
        let path = format!("/{waba}/flows");
        let mut body = json!({"name": name, "categories": categories});
        if let Some(original) = clone_flow_id {
            body["clone_flow_id"] = json!(segment(original)?);
        }
        let call = Call { body: Body::Json(body), bytes_max: FLOW_BYTES_MAX, ..Call::new("create_flow", Method::POST, &path, token) };
        let FlowFacts { id, validation_errors, .. } = FlowFacts::read(&self.call(call).await?)?;
        Ok(CreatedFlow { id, validation_errors })
    }

    /// Changes what a Flow is called, counts as, or asks; what is none stays.
    pub async fn update_flow(
        &self,
        token: &Token,
        id: &str,
        name: Option<&str>,
        categories: Option<&[String]>,
        endpoint_uri: Option<&str>,
    ) -> Result<(), Error> {
        let path = format!("/{}", segment(id)?);
        let fields =
            [("name", name.map(Value::from)), ("categories", categories.map(Value::from)), ("endpoint_uri", endpoint_uri.map(Value::from))];
        let body: Map<String, Value> = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        self.succeed(Call { body: Body::Json(body.into()), ..Call::new("update_flow", Method::POST, &path, token) }).await
    }

    /// Uploads the JSON of a Flow, and returns what is wrong with it, in Meta's words. Meta stores JSON that has errors, but does not
    /// publish it.
    pub async fn upload_flow_json(&self, token: &Token, id: &str, json: Vec<u8>) -> Result<Vec<Value>, Error> {
        let path = format!("/{}/assets", segment(id)?);
        if json.len() > FLOW_JSON_BYTES_MAX {
            return Err(Error::TooLarge { bytes_max: FLOW_JSON_BYTES_MAX });
        }
        let file = part(ASSET_NAME, "application/json", json)?;
        let form = Form::new().text("name", ASSET_NAME).text("asset_type", ASSET_TYPE).part("file", file);
        let call = Call {
            body: Body::Form(form),
            limit: UPLOAD_LIMIT,
            bytes_max: FLOW_BYTES_MAX,
            ..Call::new("upload_flow_json", Method::POST, &path, token)
        };
        let answer = self.call(call).await?;
        let faults = list(&answer, "validation_errors").to_vec();
        let taken = boolean(&answer, "success").unwrap_or(false) || !faults.is_empty();
        if taken { Ok(faults) } else { Err(Error::Unreadable { status: 200, what: "it does not say success" }) }
    }

    /// A Flow as it is, with a preview and all that stands in its way.
    pub async fn flow(&self, token: &Token, id: &str) -> Result<FlowFacts, Error> {
        let path = format!("/{}", segment(id)?);
        let query = [("fields", FlowFacts::ASKED)];
        FlowFacts::read(
            &self.call(Call { query: &query, bytes_max: FLOW_BYTES_MAX, ..Call::new("flow", Method::GET, &path, token) }).await?,
        )
    }

    /// The JSON that a Flow has at Meta, byte for byte. No bytes: it has none.
    pub async fn flow_json(&self, token: &Token, id: &str) -> Result<Vec<u8>, Error> {
        let path = format!("/{}/assets", segment(id)?);
        let answer = self.call(Call::new("flow_assets", Method::GET, &path, token)).await?;
        let assets = answer.get("data").and_then(Value::as_array).ok_or(Error::Unreadable { status: 200, what: "it is no list" })?;
        let Some(asset) = assets.iter().find(|asset| text(asset, "asset_type").as_deref() == Some(ASSET_TYPE)) else {
            return Ok(Vec::new());
        };
        let url = text(asset, "download_url").ok_or(Error::Unreadable { status: 200, what: "it holds no URL" })?;
        self.fetch("flow_json", token, &url, FLOW_JSON_BYTES_MAX).await
    }

    /// Every Flow of an account, without previews and health.
    pub async fn flows(&self, token: &Token, waba: &WabaId) -> Result<Vec<FlowFacts>, Error> {
        let flows = self.pages("flows", token, &format!("/{waba}/flows"), &[("fields", FlowFacts::LISTED)]).await?;
        flows.iter().map(FlowFacts::read).collect()
    }

    /// From now on a Flow can be sent to everybody. Meta looks at all of it first, its endpoint too.
    pub async fn publish_flow(&self, token: &Token, id: &str) -> Result<(), Error> {
        let path = format!("/{}/publish", segment(id)?);
        self.succeed(Call { limit: SLOW_LIMIT, ..Call::new("publish_flow", Method::POST, &path, token) }).await
    }

    /// From now on a Flow cannot be sent, for ever. Published ones only.
    pub async fn deprecate_flow(&self, token: &Token, id: &str) -> Result<(), Error> {
        let path = format!("/{}/deprecate", segment(id)?);
        self.succeed(Call::new("deprecate_flow", Method::POST, &path, token)).await
    }

    /// Deletes a Flow. Drafts only.
    pub async fn delete_flow(&self, token: &Token, id: &str) -> Result<(), Error> {
        let path = format!("/{}", segment(id)?);
        self.succeed(Call::new("delete_flow", Method::DELETE, &path, token)).await
    }

    /// Where a Flow can be tried. `invalidate` makes a new link and ends the one before.
    pub async fn flow_preview(&self, token: &Token, id: &str, invalidate: bool) -> Result<FlowPreview, Error> {
        let path = format!("/{}", segment(id)?);
        let fields = format!("preview.invalidate({invalidate})");
        let query = [("fields", fields.as_str())];
        let answer = self.call(Call { query: &query, ..Call::new("flow_preview", Method::GET, &path, token) }).await?;
        let preview = answer.get("preview").unwrap_or(&Value::Null);
        let url = text(preview, "preview_url").ok_or(Error::Unreadable { status: 200, what: "it holds no preview" })?;
        Ok(FlowPreview { url, expires_at: instant(preview, "expires_at") })
    }
}
