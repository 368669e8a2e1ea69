//! The simulator's routes, all under `/sim`: the page, its API, and the part of the Graph API that a business uses.

mod change_number;
mod change_user_id;
mod deliveries;
mod faults;
mod graph;
mod graph_messages;
mod graph_state;
pub(crate) mod local_only;
mod numbers;
mod page;
mod phones;
mod read_chat;
mod replay;
mod send_message;
mod show_chat;
mod signups;
mod statuses;

use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, get};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Simulator;

/// Largest request: a replay may bring a list of bodies.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// All routes. Mount them only where [`crate::loopback`] holds for the address that is listened on: there is no key in front of them.
pub fn routes(simulator: Simulator) -> OpenApiRouter {
    OpenApiRouter::new()
        .route("/sim", get(page::html))
        .route("/sim/page.css", get(page::css))
        .route("/sim/page.js", get(page::js))
        .routes(routes!(phones::list))
        .routes(routes!(phones::show, phones::change))
        .routes(routes!(send_message::send))
        .routes(routes!(show_chat::show))
        .routes(routes!(read_chat::read))
        .routes(routes!(change_number::change))
        .routes(routes!(change_user_id::change))
        .routes(routes!(statuses::send))
        .routes(routes!(numbers::list))
        .routes(routes!(numbers::describe))
        .routes(routes!(faults::show, faults::set))
        .routes(routes!(replay::replay))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::retry))
        .routes(routes!(graph_messages::send))
        .route("/sim/graph/{version}/{phone_number_id}", any(graph::node))
        .route("/sim/graph/{version}/{phone_number_id}/{edge}", any(graph::edge))
        .routes(routes!(signups::sign_up))
        .routes(routes!(graph_state::calls))
        .routes(routes!(graph_state::line))
        .routes(routes!(graph_state::review))
        .routes(routes!(graph_state::revoke))
        .routes(routes!(graph_state::set_faults))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(local_only::local_only))
        .with_state(simulator)
}
