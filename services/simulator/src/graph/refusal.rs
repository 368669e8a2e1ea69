//! Meta's error object.

use serde_json::{Value, json};

/// What Meta says no with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GraphRefusal {
    pub(crate) http_status: u16,
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    pub(crate) message: String,
    pub(crate) details: Option<String>,
    pub(crate) transient: bool,
}

impl GraphRefusal {
    pub(crate) fn new(http_status: u16, code: i64, message: &str) -> Self {
        Self { http_status, code, subcode: None, message: message.to_owned(), details: None, transient: false }
    }

    pub(crate) fn details(self, details: &str) -> Self {
        Self { details: Some(details.to_owned()), ..self }
    }

    pub(crate) fn subcode(self, subcode: i64) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    /// Code 100, whose title is always the same.
    pub(crate) fn invalid(details: &str) -> Self {
        Self::new(400, 100, "(#100) Invalid parameter").details(details)
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

    pub(crate) fn body(&self) -> Value {
        let mut error = json!({"message": self.message, "type": "OAuthException", "code": self.code, "fbtrace_id": "Asimulated"});
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({"messaging_product": "whatsapp", "details": details});
        }
        if self.transient {
            error["is_transient"] = json!(true);
        }
        json!({"error": error})
    }
}
