//! The simulator's routes, all under `/sim`: the page, its API, and the part of the Graph API that a business uses.

mod call;
mod change_number;
mod change_user_id;
mod deliveries;
mod faults;
mod flow_session;
mod flows;
mod graph;
mod graph_files;
mod graph_state;
pub(crate) mod local_only;
mod marketing;
mod media;
mod numbers;
mod page;
mod phones;
mod read_chat;
mod received;
mod replay;
mod rules;
mod send_message;
mod show_chat;
mod signups;
mod statuses;
mod taps;
mod templates;

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
        .route("/sim/bubble.js", get(page::bubble_js))
        .route("/sim/flow.js", get(page::flow_js))
        .route("/sim/meta.js", get(page::meta_js))
        .route("/sim/preview.js", get(page::preview_js))
        .route("/sim/flows/{id}/preview", get(page::preview_html))
        .routes(routes!(phones::list))
        .routes(routes!(phones::show, phones::change))
        .routes(routes!(send_message::send))
        .routes(routes!(show_chat::show))
        .routes(routes!(read_chat::read))
        .routes(routes!(call::call))
        .routes(routes!(change_number::change))
        .routes(routes!(change_user_id::change))
        .routes(routes!(statuses::send))
        .routes(routes!(numbers::list))
        .routes(routes!(numbers::describe))
        .routes(routes!(faults::show, faults::set))
        .routes(routes!(replay::replay))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::retry))
        .routes(routes!(rules::show, rules::set))
        .routes(routes!(received::list))
        .routes(routes!(taps::tap))
        .routes(routes!(marketing::set))
        .routes(routes!(flow_session::open))
        .routes(routes!(flow_session::step))
        .routes(routes!(flow_session::submission))
        .routes(routes!(flow_session::preview))
        .routes(routes!(media::show))
        .routes(routes!(templates::list))
        .routes(routes!(templates::decide))
        .routes(routes!(flows::list))
        .routes(routes!(flows::status))
        .routes(routes!(flows::assets))
        .routes(routes!(flows::rename))
        .routes(routes!(flows::warn))
        .routes(routes!(signups::sign_up))
        .routes(routes!(graph_state::calls))
        .routes(routes!(graph_state::line))
        .routes(routes!(graph_state::review))
        .routes(routes!(graph_state::revoke))
        .routes(routes!(graph_state::set_key))
        .routes(routes!(graph_state::set_faults))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(files())
        .layer(middleware::from_fn(local_only::local_only))
        .with_state(simulator)
}

/// What files go through, and the Graph API as a whole: its paths do not tell which call brings one.
fn files() -> OpenApiRouter<Simulator> {
    OpenApiRouter::new()
        .route("/sim/graph/{version}/{node}", any(graph::node))
        .route("/sim/graph/{version}/{node}/{edge}", any(graph::edge))
        .route("/sim/lookaside/{id}", get(graph_files::media))
        .route("/sim/flows/{id}/flow.json", get(graph_files::flow_json))
        .routes(routes!(media::choose))
        .layer(DefaultBodyLimit::max(media::FILE_BYTES_MAX))
}
