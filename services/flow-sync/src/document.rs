//! A Flow JSON as somebody gives it: its bytes, their digest, and what our validator says. Bytes are kept as they came.

use std::fmt;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use whatsapp::graph::FLOW_JSON_BYTES_MAX;

/// Findings of one document that are kept in the log, and their bytes. Who has more repairs these first.
const FINDINGS_MAX: usize = 100;
const FINDINGS_BYTES_MAX: usize = 64 * 1024;

/// SHA-256, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest(String);

/// A document that can be a revision.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) bytes: Bytes,
    pub(crate) sha256: Digest,
    pub(crate) report: flow_json::Report,
}

/// Why a text can be none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error("a Flow JSON has at most {FLOW_JSON_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the text is not a JSON object")]
    NotJson(Box<flow_json::Report>),
}

impl Document {
    /// Takes any JSON object, also one that is no valid Flow: Meta keeps such drafts, too.
    pub(crate) fn parse(bytes: Bytes) -> Result<Self, DocumentError> {
        if bytes.len() > FLOW_JSON_BYTES_MAX {
            return Err(DocumentError::TooLarge);
        }
        let report = flow_json::check(&bytes);
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(Value::Object(_)) => Ok(Self { sha256: Digest::of(&bytes), bytes, report }),
            Ok(_) | Err(_) => Err(DocumentError::NotJson(Box::new(report))),
        }
    }

    /// The version that the document names, whether it exists or not.
    pub(crate) fn version(&self) -> Option<String> {
        self.report.version.map(|version| version.to_string())
    }

    /// What is wrong with it, as it is kept.
    pub(crate) fn findings(&self) -> Vec<Value> {
        bounded(self.report.errors.iter().filter_map(|finding| serde_json::to_value(finding).ok()))
    }
}

/// As many as fit.
pub(crate) fn bounded(findings: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut bytes = 0;
    let fits = |finding: &Value| {
        bytes += finding.to_string().len();
        bytes <= FINDINGS_BYTES_MAX
    };
    findings.into_iter().take(FINDINGS_MAX).take_while(fits).collect()
}

impl Digest {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_is_no_document_and_nothing_hostile_breaks_it() {
        let deep = "[".repeat(200_000);
        let wide = format!("{{\"a\":{}1{}}}", "[".repeat(1_000), "]".repeat(1_000));
        for bad in ["", "[]", "null", "\"{}\"", "{", "{\"a\":1}}", "\u{feff}{}", &deep, &wide] {
            let refused = Document::parse(Bytes::copy_from_slice(bad.as_bytes()));
            assert!(matches!(refused, Err(DocumentError::NotJson(_))), "{}", &bad[..bad.len().min(20)]);
        }
        assert!(matches!(Document::parse(Bytes::from_static(b"{\"a\":\"\xff\"}")), Err(DocumentError::NotJson(_))));
        let large = vec![b' '; FLOW_JSON_BYTES_MAX + 1];
        assert!(matches!(Document::parse(large.into()), Err(DocumentError::TooLarge)));
        let empty = Document::parse(Bytes::from_static(b" {}\n")).unwrap();
        assert!(!empty.findings().is_empty(), "an object that is no Flow is kept with what is wrong with it");
        assert_eq!(&empty.bytes[..], b" {}\n");
    }

    #[test]
    fn findings_are_bounded_by_number_and_size() {
        let finding = |text: &str| serde_json::json!({ "message": text });
        assert_eq!(bounded((0..1_000).map(|n| finding(&n.to_string()))).len(), FINDINGS_MAX);
        assert_eq!(bounded((0..9).map(|_| finding(&"x".repeat(20_000)))).len(), 3);
    }
}
