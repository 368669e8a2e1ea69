//! Meta's error object.

use serde_json::{Value, json};

/// What Meta says no with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GraphRefusal {
    pub(crate) http_status: u16,
    pub(crate) code: i64,
    subcode: Option<i64>,
    pub(crate) message: String,
    details: Option<String>,
    transient: bool,
    beside: Option<Box<Beside>>,
    /// No error object at all.
    bare: bool,
}

/// What few refusals carry.
#[derive(Debug, Clone, Default, PartialEq)]
struct Beside {
    /// Title and text for whoever sits before the screen.
    user: Option<(String, String)>,
    /// Findings about the JSON of a Flow.
    findings: Vec<Value>,
}

impl GraphRefusal {
    pub(crate) fn new(http_status: u16, code: i64, message: &str) -> Self {
        Self { http_status, code, subcode: None, message: message.to_owned(), details: None, transient: false, beside: None, bare: false }
    }

    /// The answer of a proxy before Meta, which knows no codes.
    pub(crate) fn bare(http_status: u16) -> Self {
        Self { bare: true, ..Self::new(http_status, i64::from(http_status), "") }
    }

    pub(crate) fn details(self, details: &str) -> Self {
        Self { details: Some(details.to_owned()), ..self }
    }

    pub(crate) fn subcode(self, subcode: i64) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    /// Whether Meta says that it would work later.
    pub(crate) fn transient(self, transient: bool) -> Self {
        Self { transient, ..self }
    }

    pub(crate) fn user(self, title: &str, text: &str) -> Self {
        let beside = Beside { user: Some((title.to_owned(), text.to_owned())), ..self.beside.map(|beside| *beside).unwrap_or_default() };
        Self { beside: Some(Box::new(beside)), ..self }
    }

    pub(crate) fn findings(self, findings: Vec<Value>) -> Self {
        let beside = Beside { findings, ..self.beside.map(|beside| *beside).unwrap_or_default() };
        Self { beside: Some(Box::new(beside)), ..self }
    }

    /// Code 100, whose title is always the same.
    pub(crate) fn invalid(details: &str) -> Self {
        Self::new(400, 100, "(#100) Invalid parameter").details(details)
    }

    /// A code of messages: 400, its title, and what it is about.
    pub(crate) fn message(code: i64, title: &str, details: &str) -> Self {
        Self::new(400, code, &format!("(#{code}) {title}")).details(details)
    }

    /// No such thing, or none that the token may see: Meta does not tell which.
    pub(crate) fn no_object(id: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation"
        );
        Self::new(400, 100, &message).subcode(33)
    }

    pub(crate) fn no_token() -> Self {
        Self::new(401, 190, "Invalid OAuth access token - Cannot parse access token")
    }

    /// `None`: an answer without a body.
    pub(crate) fn body(&self) -> Option<Value> {
        if self.bare {
            return None;
        }
        let mut error = json!({"message": self.message, "type": "OAuthException", "code": self.code, "fbtrace_id": "Asimulated"});
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({"messaging_product": "whatsapp", "details": details});
        }
        let beside = self.beside.as_deref();
        if let Some((title, text)) = beside.and_then(|beside| beside.user.as_ref()) {
            error["error_user_title"] = json!(title);
            error["error_user_msg"] = json!(text);
        }
        if self.transient {
            error["is_transient"] = json!(true);
        }
        let mut body = json!({ "error": error });
        if let Some(beside) = beside.filter(|beside| !beside.findings.is_empty()) {
            body["validation_errors"] = json!(beside.findings);
        }
        Some(body)
    }
}
