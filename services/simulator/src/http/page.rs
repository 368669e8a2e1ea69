//! The phone in the browser: its files, nothing from elsewhere.

use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) async fn html() -> impl IntoResponse {
    (headers("text/html; charset=utf-8"), include_str!("../page/page.html"))
}

pub(crate) async fn css() -> impl IntoResponse {
    (headers("text/css; charset=utf-8"), include_str!("../page/page.css"))
}

pub(crate) async fn js() -> impl IntoResponse {
    (headers("text/javascript; charset=utf-8"), include_str!("../page/page.js"))
}

pub(crate) async fn flow_js() -> impl IntoResponse {
    (headers("text/javascript; charset=utf-8"), include_str!("../page/flow.js"))
}

pub(crate) async fn bubble_js() -> impl IntoResponse {
    (headers("text/javascript; charset=utf-8"), include_str!("../page/bubble.js"))
}

pub(crate) async fn meta_js() -> impl IntoResponse {
    (headers("text/javascript; charset=utf-8"), include_str!("../page/meta.js"))
}

/// A Flow alone, behind a preview's link.
pub(crate) async fn preview_html() -> impl IntoResponse {
    (headers("text/html; charset=utf-8"), include_str!("../page/preview.html"))
}

pub(crate) async fn preview_js() -> impl IntoResponse {
    (headers("text/javascript; charset=utf-8"), include_str!("../page/preview.js"))
}

fn headers(content_type: &'static str) -> [(HeaderName, &'static str); 3] {
    [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache"), (CONTENT_SECURITY_POLICY, POLICY)]
}
