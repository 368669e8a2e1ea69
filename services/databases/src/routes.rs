//! The HTTP routes of databases.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Databases, rotate_password, show_database};

/// All routes; the frame around them (key, limits, health) is `chassis::Site`'s.
pub fn routes(databases: Databases) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(show_database::show_database))
        .routes(routes!(rotate_password::rotate_password))
        .with_state(databases)
}
