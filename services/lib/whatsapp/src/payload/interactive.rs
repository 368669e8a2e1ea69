//! Answers to interactive messages: a button, a row of a list, a submitted Flow, a call permission.

use chrono::{DateTime, Utc};

use crate::lenient::Object;

/// Which answer. One whose inner object is missing is `Other`.
#[derive(Debug, Clone, PartialEq)]
pub enum Interactive {
    ButtonReply {
        id: Option<String>,
        title: Option<String>,
    },
    ListReply {
        id: Option<String>,
        title: Option<String>,
        description: Option<String>,
    },
    NfmReply(NfmReply),
    CallPermissionReply {
        /// `accept` or `reject`.
        response: Option<String>,
        is_permanent: Option<bool>,
        expires_at: Option<DateTime<Utc>>,
        /// `user_action` or `automatic`.
        source: Option<String>,
    },
    /// An answer that nobody has seen, or that lacks its object.
    Other {
        type_name: Option<String>,
    },
}

/// A submitted Flow (`name` is `flow`) or an address (`address_message`).
#[derive(Debug, Clone, PartialEq)]
pub struct NfmReply {
    pub name: Option<String>,
    /// `Sent` for a Flow, the formatted address for an address.
    pub body: Option<String>,
    /// The answers: the JSON text that Meta puts into a string, as it is.
    pub response_json: Option<String>,
    /// The same, parsed; `None` if it is not JSON or nested too deep to be answers.
    pub response: Option<serde_json::Value>,
}

impl Interactive {
    /// What the person chose, for reading.
    pub fn text(&self) -> Option<&str> {
        let text = match self {
            Self::ButtonReply { title, id } | Self::ListReply { title, id, .. } => title.as_ref().or(id.as_ref()),
            Self::NfmReply(reply) => reply.body.as_ref(),
            Self::CallPermissionReply { response, .. } => response.as_ref(),
            Self::Other { .. } => None,
        };
        text.map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The inner type as Meta spells it.
    pub fn name(&self) -> &str {
        match self {
            Self::ButtonReply { .. } => "button_reply",
            Self::ListReply { .. } => "list_reply",
            Self::NfmReply(_) => "nfm_reply",
            Self::CallPermissionReply { .. } => "call_permission_reply",
            Self::Other { type_name } => type_name.as_deref().unwrap_or("unknown"),
        }
    }

    pub(crate) fn read(interactive: &Object<'_>) -> Self {
        let type_name = interactive.string("type");
        let reply = type_name.as_deref().and_then(|name| interactive.object(name));
        match (type_name.as_deref(), reply) {
            (Some("button_reply"), Some(reply)) => Self::ButtonReply { id: reply.string("id"), title: reply.string("title") },
            (Some("list_reply"), Some(reply)) => {
                Self::ListReply { id: reply.string("id"), title: reply.string("title"), description: reply.string("description") }
            }
            (Some("nfm_reply"), Some(reply)) => Self::NfmReply(NfmReply::read(&reply)),
            (Some("call_permission_reply"), Some(reply)) => Self::CallPermissionReply {
                response: reply.string("response"),
                is_permanent: reply.flag("is_permanent"),
                expires_at: reply.instant("expiration_timestamp"),
                source: reply.string("response_source"),
            },
            (_, _) => Self::Other { type_name },
        }
    }
}

impl NfmReply {
    /// The token the Flow was sent with. Meta's default `unused` and none are the same: it says nothing.
    pub fn flow_token(&self) -> Option<&str> {
        self.response.as_ref()?.get("flow_token")?.as_str().filter(|token| *token != "unused")
    }

    fn read(reply: &Object<'_>) -> Self {
        // documented as JSON inside a string; an object in its place says the same
        let response_json = reply.string("response_json").or_else(|| reply.get("response_json").map(|json| json.get().to_owned()));
        let response = response_json.as_deref().and_then(|text| serde_json::from_str(text).ok());
        Self { name: reply.string("name"), body: reply.string("body"), response_json, response }
    }
}
