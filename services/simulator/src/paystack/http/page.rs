//! The page at which a customer pays: one file, nothing from elsewhere. What it shows comes from [`super::pay`].

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::paystack::Paystack;
use crate::paystack::refusal::Refusal;

const PAGE: &str = include_str!("page.html");

/// The page.
#[utoipa::path(get, path = "/sim/paystack/pay/{access_code}", tag = "simulated paystack",
    params(("access_code" = String, Path, description = "Of the page")),
    responses((status = 200, content_type = "text/html", body = String), (status = 404, body = Object)))]
pub(crate) async fn page(State(paystack): State<Paystack>, Path(access_code): Path<String>) -> Result<impl IntoResponse, Refusal> {
    paystack.office().account.page(&access_code)?;
    // Only the script and the style of this file, named by their digests.
    let digest = |open: &str, close: &str| {
        let text = PAGE.split(open).nth(1).and_then(|rest| rest.split(close).next()).unwrap_or_default();
        STANDARD.encode(Sha256::digest(text))
    };
    let (script, style) = (digest("<script>", "</script>"), digest("<style>", "</style>"));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    Ok((headers, [(CONTENT_SECURITY_POLICY, policy)], PAGE))
}
