//! A Flow JSON in a body: as an object, kept byte for byte as it was written, or as a text that holds it.

use bytes::Bytes;
use chassis::Problem;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::aside::Aside;
use crate::document::{Document, DocumentError};

/// Ten million bytes of Flow JSON as a text, with what escaping adds.
pub(crate) const BODY_BYTES_MAX: usize = 24 * 1024 * 1024;
const MESSAGE_CHARACTERS_MAX: usize = 500;

/// A Flow JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(crate) struct Given(Box<RawValue>);

impl Given {
    /// Reads it and has it judged.
    pub(crate) async fn document(self, aside: &Aside) -> Result<Document, Problem> {
        let bytes = self.bytes()?;
        aside.run(move || Document::parse(bytes)).await?.map_err(refused)
    }

    pub(crate) fn bytes(self) -> Result<Bytes, Problem> {
        let text = self.0.get();
        if !text.starts_with('"') {
            return Ok(Bytes::copy_from_slice(text.as_bytes()));
        }
        let text: String = serde_json::from_str(text).map_err(|error| {
            Problem::unprocessable("invalid_body", "the text cannot be read").field("/flow_json", "invalid", error.to_string())
        })?;
        Ok(text.into())
    }
}

fn refused(error: DocumentError) -> Problem {
    let detail = error.to_string();
    match error {
        DocumentError::TooLarge => {
            Problem::unprocessable("invalid_body", "the Flow cannot be like this").field("/flow_json", "too_large", detail)
        }
        DocumentError::NotJson(report) => {
            let problem = Problem::unprocessable("invalid_flow_json", detail.clone()).field("/flow_json", "invalid", detail);
            problem.with("findings", serde_json::to_value(&report.errors).unwrap_or_default())
        }
    }
}

/// What changed, for people.
pub(crate) fn message(given: Option<&str>) -> Result<Option<&str>, Problem> {
    match given.map(str::trim) {
        Some(text) if text.chars().count() > MESSAGE_CHARACTERS_MAX || text.chars().any(|c| c.is_control() && c != '\n') => {
            let detail = format!("at most {MESSAGE_CHARACTERS_MAX} characters, none of them a control character");
            Err(Problem::unprocessable("invalid_body", "the message cannot be like this").field("/message", "invalid", detail))
        }
        Some("") | None => Ok(None),
        Some(text) => Ok(Some(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        flow_json: Option<Given>,
    }

    #[test]
    fn an_object_stays_as_it_was_written_and_a_text_is_taken_out() {
        let read = |text: &str| serde_json::from_str::<Body>(text).unwrap().flow_json.map(|given| given.bytes().unwrap());
        assert_eq!(read(r#"{"flow_json": { "b":1,  "a":1.0 }}"#).unwrap(), r#"{ "b":1,  "a":1.0 }"#);
        assert_eq!(read(r#"{"flow_json": "{\n\"a\":\"\\u00e4\"}"}"#).unwrap(), "{\n\"a\":\"\\u00e4\"}");
        assert_eq!(read(r#"{"flow_json": null}"#), None);
        assert_eq!(read("{}"), None);
    }

    #[test]
    fn a_message_is_a_short_text() {
        assert_eq!(message(Some(" a\nb ")).unwrap(), Some("a\nb"));
        assert_eq!(message(Some("  ")).unwrap(), None);
        assert!(message(Some("a\0")).is_err() && message(Some(&"x".repeat(501))).is_err());
    }
}
