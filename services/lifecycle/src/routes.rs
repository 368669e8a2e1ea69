//! The HTTP routes of lifecycle.

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Lifecycle, number, operation, project, transfer};

/// All routes; the frame around them (key, limits, health) is `chassis::Site`'s.
pub fn routes(lifecycle: Lifecycle) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(project::list::list_projects, project::create::create_project))
        .routes(routes!(project::show::show_project, project::update::update_project, operation::delete::delete_project))
        .routes(routes!(operation::reset::reset_project))
        .routes(routes!(operation::retry::retry_operation))
        .routes(routes!(operation::list::list_operations))
        .routes(routes!(operation::show::show_operation))
        .routes(routes!(number::signup::sign_up))
        .routes(routes!(number::display_name::show_display_name, number::display_name::request_display_name))
        .merge(profile())
        .routes(routes!(number::connect::connect_number, number::disconnect::disconnect_number))
        .routes(routes!(transfer::request::request_transfer, transfer::withdraw::withdraw_transfer))
        .routes(routes!(transfer::list::list_transfers))
        .routes(routes!(transfer::accept::accept_transfer))
        .routes(routes!(transfer::decline::decline_transfer))
        .with_state(lifecycle)
}

/// The profile takes larger requests than others: a photo.
fn profile() -> OpenApiRouter<Lifecycle> {
    OpenApiRouter::new()
        .routes(routes!(number::profile::show::show_profile, number::profile::change::change_profile))
        .layer(DefaultBodyLimit::max(number::profile::change::BODY_BYTES_MAX))
}
