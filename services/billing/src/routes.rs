//! The HTTP routes of billing.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{
    Billing, buy_credits, cancel_subscription, list_payments, pause_subscription, pay_subscription, resume_subscription, show_credits,
    show_subscription, use_credits, withdraw_change,
};

/// All routes; the frame around them (key, limits, health) is `chassis::Site`'s.
pub fn routes(billing: Billing) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(show_subscription::show_subscription))
        .routes(routes!(pay_subscription::pay_subscription))
        .routes(routes!(pause_subscription::pause_subscription))
        .routes(routes!(cancel_subscription::cancel_subscription))
        .routes(routes!(withdraw_change::withdraw_change))
        .routes(routes!(resume_subscription::resume_subscription))
        .routes(routes!(list_payments::list_payments))
        .routes(routes!(show_credits::show_credits))
        .routes(routes!(buy_credits::buy_credits))
        .routes(routes!(use_credits::use_credits))
        .with_state(billing)
}
