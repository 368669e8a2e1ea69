//! The HTTP routes of databases.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Databases, show_database};

/// All routes; the frame around them (key, limits, health) is `chassis::Site`'s.
pub fn routes(databases: Databases) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(show_database::show_database)).with_state(databases)
}
