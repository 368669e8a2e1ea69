//! The HTTP routes of lifecycle.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Lifecycle, connect_number, create_project, disconnect_number, list_projects, show_operation, show_project};

/// All routes; the frame around them (key, limits, health) is `chassis::Site`'s.
pub fn routes(lifecycle: Lifecycle) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_projects::list_projects, create_project::create_project))
        .routes(routes!(show_project::show_project))
        .routes(routes!(connect_number::connect_number, disconnect_number::disconnect_number))
        .routes(routes!(show_operation::show_operation))
        .with_state(lifecycle)
}
