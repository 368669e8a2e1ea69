//! Whether a message is meant, or only checked; and the key, without which none is sent.

use axum::http::HeaderMap;
use chassis::{Problem, idempotency_key, required_idempotency_key};
use serde::Deserialize;
use utoipa::IntoParams;

/// Whether it is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DryRun {
    /// True: everything is checked and nothing is stored.
    #[param(default = false)]
    dry_run: Option<bool>,
}

impl DryRun {
    /// What is not stored needs no key.
    pub(super) fn key<'h>(&self, headers: &'h HeaderMap) -> Result<Option<&'h str>, Problem> {
        if self.dry_run == Some(true) {
            idempotency_key(headers)?;
            return Ok(None);
        }
        required_idempotency_key(headers).map(Some)
    }
}
