//! The HTTP routes of bots.

use axum::extract::DefaultBodyLimit;
use tower::limit::GlobalConcurrencyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::upload::BODY_BYTES_MAX;
use crate::{Bots, list_versions, replace_code, show_code, show_file};

/// Uploads inside at the same time; the next ones wait before they are read.
const UPLOADS_MAX: usize = 4;

/// All routes; the frame around them (callers, limits, health) is `chassis::Site`'s.
pub fn routes(bots: Bots) -> OpenApiRouter {
    let upload = OpenApiRouter::new()
        .routes(routes!(replace_code::replace_code))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(GlobalConcurrencyLimitLayer::new(UPLOADS_MAX));
    OpenApiRouter::new()
        .routes(routes!(show_code::show_code))
        .routes(routes!(list_versions::list_versions))
        .routes(routes!(show_file::show_file))
        .merge(upload)
        .with_state(bots)
}
