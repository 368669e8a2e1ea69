//! `simulator flow`, `simulator flow 812349087512346 --status BLOCKED`

use axum::http::Method;
use clap::Args;
use serde_json::json;

use super::Request;

/// Show the Flows at Meta, or bring one into another status as Meta does
#[derive(Args, Clone, Debug)]
pub struct Flow {
    /// Id of the Flow; without it all are shown
    id: Option<String>,
    /// THROTTLED, BLOCKED, PUBLISHED, DEPRECATED or DRAFT
    #[arg(long, value_name = "STATUS", requires = "id")]
    status: Option<String>,
}

impl Flow {
    pub(super) fn request(self) -> Request {
        match (self.id, self.status) {
            (Some(id), Some(status)) => (Method::POST, format!("flows/{id}/status"), Some(json!({"status": status.to_uppercase()}))),
            _ => (Method::GET, "flows".to_owned(), None),
        }
    }
}
