//! The routes of the local Paystack, all under `/sim/paystack`: Paystack's own, behind the secret key; the page at which customers pay; and
//! the switches.

mod charge;
mod deliveries;
mod faults;
mod initialize;
mod key;
mod list;
mod page;
mod pay;
mod refund;
mod verify;

use axum::extract::DefaultBodyLimit;
use axum::middleware;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::local_only;
use crate::paystack::Paystack;

/// Largest request.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// All routes. Mount them only where [`crate::loopback`] holds for the address that is listened on.
pub fn routes(paystack: Paystack) -> OpenApiRouter {
    let api = OpenApiRouter::new()
        .routes(routes!(initialize::initialize))
        .routes(routes!(charge::charge_authorization))
        .routes(routes!(verify::verify))
        .routes(routes!(list::list))
        .routes(routes!(refund::refund))
        .layer(middleware::from_fn_with_state(paystack.clone(), key::key_and_faults));
    OpenApiRouter::new()
        .merge(api)
        .routes(routes!(page::page))
        .routes(routes!(pay::show, pay::pay))
        .routes(routes!(faults::show, faults::set))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::retry))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(local_only::local_only))
        .with_state(paystack)
}
