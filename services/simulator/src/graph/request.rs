//! One call of the Graph API without HTTP around it, and how its arguments are read: JSON, a form in parts, or the query.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::multipart::Part;
use super::{GraphRefusal, multipart};

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// Upper case.
    pub method: String,
    /// `v26.0`
    pub version: String,
    /// What follows: `["1065…", "register"]`.
    pub path: Vec<String>,
    /// Of the query; the first of a name counts.
    pub query: Vec<(String, String)>,
    /// What follows `Bearer ` or `OAuth `.
    pub token: Option<String>,
    /// As it came.
    pub body: Bytes,
    pub content_type: Option<String>,
    /// Of uploads.
    pub file_offset: Option<u64>,
    /// Where this Graph API is reached, without a slash at the end: `http://127.0.0.1:8080`.
    pub origin: String,
}

impl Request {
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }

    /// The body as a JSON object.
    pub(super) fn object(&self) -> Result<Value, GraphRefusal> {
        let body: Value = serde_json::from_slice(&self.body).map_err(|_| GraphRefusal::invalid("the body is not JSON"))?;
        if body.is_object() { Ok(body) } else { Err(GraphRefusal::invalid("the body is not an object")) }
    }

    /// The body of a call about WhatsApp: all of them name the product.
    pub(super) fn whatsapp(&self) -> Result<Value, GraphRefusal> {
        let body = self.object()?;
        if body["messaging_product"] == "whatsapp" {
            return Ok(body);
        }
        Err(GraphRefusal::invalid("(#100) The parameter messaging_product is required."))
    }

    /// The parts of a form.
    pub(super) fn parts(&self) -> Result<Vec<Part>, GraphRefusal> {
        multipart::parts(self.content_type.as_deref().unwrap_or_default(), &self.body)
    }

    /// The arguments, wherever they are: in the query, in a form of either kind (each a text), or in a JSON object, which counts most.
    pub(super) fn arguments(&self) -> Result<Map<String, Value>, GraphRefusal> {
        let mut arguments: Map<String, Value> =
            self.query.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        if self.content_type.as_deref().is_some_and(multipart::is_form) {
            let texts = self.parts()?.into_iter().filter(|part| part.file_name.is_none());
            arguments.extend(texts.map(|part| (part.name, Value::String(String::from_utf8_lossy(&part.bytes).into_owned()))));
        } else if self.content_type.as_deref().is_some_and(|mime| mime.starts_with("application/x-www-form-urlencoded")) {
            arguments.extend(pairs(&self.body));
        } else if !self.body.is_empty() {
            let Value::Object(members) = self.object()? else { return Ok(arguments) };
            arguments.extend(members);
        }
        Ok(arguments)
    }
}

/// What stands in a form without parts, `name=value&…`.
fn pairs(body: &[u8]) -> impl Iterator<Item = (String, Value)> {
    body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half = || plain(halves.next().unwrap_or_default());
        let name = half();
        (name, Value::String(half()))
    })
}

/// `+` is a blank there, and `%2B` a plus.
fn plain(mut encoded: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    while let Some((first, rest)) = encoded.split_first() {
        let escaped = rest.get(..2).filter(|_| *first == b'%').and_then(|digits| hex::decode(digits).ok());
        match escaped {
            Some(byte) => {
                bytes.extend(byte);
                encoded = &rest[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                encoded = rest;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A list that came as JSON, or as the text of it, as forms write it.
pub(super) fn list(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// A yes or no that came as JSON or as a text.
pub(super) fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or(value == "true" || value == "1")
}
