//! `simulator template 564237458291034 approve`, `simulator template 564237458291034 reject --reason SCAM`

use axum::http::Method;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::Request;

/// Decide about a template, as Meta does
#[derive(Args, Clone, Debug)]
pub struct Template {
    /// Id of the template; without it all are shown
    id: Option<String>,
    /// What is decided; it is approved if absent
    #[arg(value_enum, requires = "id")]
    verdict: Option<Verdict>,
    /// Why it is rejected
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Quality, or the other category
    #[arg(long, value_name = "VALUE")]
    value: Option<String>,
}

/// What is decided.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Approve,
    Reject,
    Pause,
    PauseForRate,
    Resume,
    Disable,
    Archive,
    Quality,
    Category,
    CategoryNotice,
}

impl Template {
    pub(super) fn request(self) -> Request {
        let Some(id) = self.id else { return (Method::GET, "templates".to_owned(), None) };
        let verdict = self.verdict.unwrap_or(Verdict::Approve);
        let name = verdict.to_possible_value().map(|value| value.get_name().replace('-', "_"));
        let mut body = json!({"verdict": name, "reason": self.reason});
        match verdict {
            Verdict::Quality => body["quality"] = json!(self.value),
            Verdict::Category | Verdict::CategoryNotice => body["category"] = json!(self.value),
            _ => {}
        }
        (Method::POST, format!("templates/{id}/decision"), Some(body))
    }
}
