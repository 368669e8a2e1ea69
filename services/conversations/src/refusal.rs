//! Why something is not done: each with a code for programs and a sentence that says what can be done instead.

use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderValue};
use chassis::{Problem, etag};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use whatsapp::FieldError;

/// A rule that stands in the way.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the message is not one that Meta would take; every field that is wrong is listed")]
    InvalidMessage(Vec<FieldError>),
    #[error("this idempotency key came with another request before; ask for something else under another key")]
    KeyReused,
    #[error("the project is suspended and sends nothing; what people write is still recorded. Settle its billing, then send again")]
    ProjectSuspended,
    #[error("no WhatsApp number is connected to the project; connect one, then send again")]
    NumberNotConnected,
    #[error("the project's number was only claimed, which lets it receive; connect it through the signup at Meta, then send again")]
    NumberCannotSend,
    #[error("the contact has neither a number nor a user id any more: somebody else has its number now")]
    ContactUnreachable,
    #[error("templates for authentication go to numbers alone, and this contact's is not known; send another message")]
    PhoneNeeded,
    #[error("messages into groups cannot be sent; send to the contact, POST …/contacts/{{contact}}/messages")]
    GroupNotSupported,
    #[error(
        "the conversation is closed; reopen it (PATCH with \"open\": true), or send to the contact, POST …/contacts/{{contact}}/messages"
    )]
    ConversationClosed,
    #[error("{}", window(.0))]
    WindowClosed(Option<DateTime<Utc>>),
    #[error("the contact stopped messages that advertise; templates of other categories may still be sent")]
    OptedOut,
    #[error("there is no template {name:?} in {language}; make it and have it approved, or name one of those that there are")]
    TemplateNotFound { name: String, language: String, languages: Vec<String> },
    #[error("the template {name:?} is {}, and only approved ones can be sent; name another, or wait until Meta approves it", word(.status))]
    TemplateNotApproved { name: String, status: Option<String>, reason: Option<String> },
    #[error("there is no such Flow in this project; name it by its id here, by Meta's id, or by its name")]
    FlowNotFound,
    #[error("the Flow {name:?} is {}, and {}", word(.status), instead(.status))]
    FlowNotSendable { name: String, status: Option<String> },
    #[error("only what the contact wrote can be marked as read")]
    NotInbound,
    #[error("Meta marks messages as read for 30 days, and this one is older")]
    MessageTooOld,
    #[error("another conversation of the contact came after this one; change that one")]
    ConversationNotLatest,
    #[error("the contact was merged into another; go on there")]
    ContactMerged,
    #[error("say what you have seen: send the conversation's ETag as If-Match, or * to change it whatever it is")]
    VersionNeeded,
    #[error("the conversation's state is another by now; look at it and decide again")]
    StateChanged { state: Option<String>, version: u32 },
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let conflict = |code: &str| Problem::conflict(code, detail.clone());
        match refusal {
            Refusal::InvalidMessage(errors) => {
                errors.into_iter().fold(Problem::unprocessable("invalid_message", detail), |problem, wrong| {
                    problem.field(wrong.pointer, wrong.code, wrong.detail)
                })
            }
            Refusal::KeyReused => Problem::unprocessable("idempotency_key_reused", detail),
            Refusal::ProjectSuspended => conflict("project_suspended"),
            Refusal::NumberNotConnected => conflict("number_not_connected"),
            Refusal::NumberCannotSend => conflict("number_cannot_send"),
            Refusal::ContactUnreachable => conflict("contact_unreachable"),
            Refusal::PhoneNeeded => conflict("phone_needed"),
            Refusal::GroupNotSupported => conflict("group_not_supported"),
            Refusal::ConversationClosed => conflict("conversation_closed"),
            Refusal::WindowClosed(at) => conflict("window_closed").with("window_closed_at", written(at)).with("allowed", vec!["template"]),
            Refusal::OptedOut => conflict("opted_out"),
            Refusal::TemplateNotFound { languages, .. } => conflict("template_not_found").with("languages", languages),
            Refusal::TemplateNotApproved { status, reason, .. } => {
                conflict("template_not_approved").with("template_status", status).with("template_reason", reason)
            }
            Refusal::FlowNotFound => conflict("flow_not_found"),
            Refusal::FlowNotSendable { status, .. } => conflict("flow_not_sendable").with("flow_status", status),
            Refusal::NotInbound => conflict("not_inbound"),
            Refusal::MessageTooOld => conflict("message_too_old"),
            Refusal::ConversationNotLatest => conflict("conversation_not_latest"),
            Refusal::ContactMerged => conflict("contact_merged"),
            Refusal::VersionNeeded => Problem::new(StatusCode::PRECONDITION_REQUIRED, "version_needed").detail(detail),
            Refusal::StateChanged { state, version } => Problem::new(StatusCode::PRECONDITION_FAILED, "state_changed")
                .detail(detail)
                .with("state", state)
                .with("state_version", version)
                .header(ETAG, tag(version)),
        }
    }
}

fn tag(version: u32) -> HeaderValue {
    let [(_, tag)] = etag(version);
    HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

fn written(at: Option<DateTime<Utc>>) -> Value {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).into()
}

fn window(closed_at: &Option<DateTime<Utc>>) -> String {
    let since = match closed_at {
        Some(at) => format!(
            "the contact wrote or called last more than 24 hours ago, and the window closed at {}",
            at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
        ),
        None => "the contact has never written to the number that is connected, nor called it".to_owned(),
    };
    format!("{since}; until they do, only an approved template can be sent")
}

/// What to do about a Flow in a status in which none is sent; in one in which it is, the message asked for its draft.
fn instead(status: &Option<String>) -> &'static str {
    match status.as_deref() {
        None | Some("DRAFT") => {
            "only a published one can be sent, in whatever mode; publish it, then send again. Its preview shows a draft"
        }
        Some("DEPRECATED") => "a deprecated one is never sent again; send another Flow",
        Some("BLOCKED") => "Meta sends none that it has blocked; mend its endpoint, then send again",
        Some(_sendable) => "what is sent is what was published; leave \"mode\" out. Its preview shows a draft",
    }
}

fn word(status: &Option<String>) -> &str {
    status.as_deref().unwrap_or("not at Meta yet")
}

#[cfg(test)]
mod tests;
