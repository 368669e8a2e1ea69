//! The HTTP routes of media.

use tower::limit::GlobalConcurrencyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Media, delete_media, list_message_media, show_content, show_media, upload_media};

/// Uploads inside at the same time; the next ones wait before they are read.
const UPLOADS_MAX: usize = 8;

/// All routes; the frame around them (callers, limits, health) is `chassis::Site`'s.
pub fn routes(media: Media) -> OpenApiRouter {
    // The body is read piece by piece, under the limit of its kind.
    let upload = OpenApiRouter::new().routes(routes!(upload_media::upload_media)).layer(GlobalConcurrencyLimitLayer::new(UPLOADS_MAX));
    OpenApiRouter::new()
        .routes(routes!(show_media::show_media, delete_media::delete_media))
        .routes(routes!(show_content::show_content))
        .routes(routes!(list_message_media::list_message_media))
        .merge(upload)
        .with_state(media)
}
