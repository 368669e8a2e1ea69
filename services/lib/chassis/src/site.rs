//! The routes of a process with the whole stack around them, put together once.
//!
//! Outside to inside: frame (id, span, limit, numbers, panics) · guard of `/v1` · body limit · routes. It adds
//! `/healthz` `/readyz` `/metrics` `/openapi.json` `/docs` and answers for paths and methods that nobody has.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, middleware};
use bytes::Bytes;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::authority::Nobody;
use crate::frame::{Frame, frame};
use crate::guard::{Guard, guard};
use crate::scopes::{SiteError, Table};
use crate::{Authority, Health, Ids, JSON_BYTES_MAX, Metrics, Problem, Secret, describe};

/// How long a handler may take until the head of its answer, and longer for a large body that comes slowly; then 503 `timeout`. Bodies of live
/// streams may last.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// What the stack needs.
#[derive(Clone)]
pub struct Site {
    /// Title of the API's description.
    pub title: &'static str,
    /// Version of the API's description.
    pub version: &'static str,
    /// The platform key: opens every path under `/v1`.
    pub key: Secret,
    /// Knows everybody else.
    pub authority: Arc<dyn Authority>,
    /// What `/readyz` asks.
    pub health: Health,
    /// What `/metrics` shows.
    pub metrics: Metrics,
    /// Ids of requests.
    pub ids: Ids,
    /// See [`ANSWER_LIMIT`].
    pub answer_limit: Duration,
}

impl Site {
    /// A site with [`ANSWER_LIMIT`] that knows nobody but the holder of the platform key; see [`Site::authority`].
    pub fn new(title: &'static str, key: Secret, health: Health, metrics: Metrics, ids: Ids) -> Site {
        Site {
            title,
            version: env!("CARGO_PKG_VERSION"),
            key,
            authority: Arc::new(Nobody),
            health,
            metrics,
            ids,
            answer_limit: ANSWER_LIMIT,
        }
    }

    /// The same site with somebody who knows people and keys.
    #[must_use]
    pub fn authority(mut self, authority: impl Authority + 'static) -> Site {
        self.authority = Arc::new(authority);
        self
    }

    /// The router of the process: merge the routes of its services and hand them over here, once.
    ///
    /// A route that takes larger bodies than [`JSON_BYTES_MAX`] sets its own `DefaultBodyLimit`.
    ///
    /// # Errors
    /// [`SiteError`] names the route under `/v1` that does not say what it needs.
    pub fn finish(self, routes: OpenApiRouter) -> Result<Router, SiteError> {
        let (router, api) = describe(routes, self.title, self.version);
        let table = Table::read(&api)?;
        // Written once, at the start: the description does not change.
        let description = Bytes::from(api.to_pretty_json().unwrap_or_default());
        let Site { key, authority, health, metrics, ids, answer_limit, .. } = self;
        Ok(router
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(async move || health.readyz().await))
            .route("/metrics", get(async move || ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render())))
            .route("/openapi.json", get(async move || ([(CONTENT_TYPE, "application/json")], description)))
            .merge(SwaggerUi::new("/docs").config(browsed()))
            .fallback(async || Problem::not_found("no such path"))
            .method_not_allowed_fallback(async || Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed").into_response())
            .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
            .layer(middleware::from_fn_with_state(Guard::new(&key, authority, table), guard))
            .layer(middleware::from_fn_with_state(Frame { ids, answer_limit }, frame)))
    }
}

/// How the description is browsed. Unless told otherwise, the page asks a validator on the internet about every description that is not on a
/// loopback address, and so names the address of an installation there.
fn browsed() -> Config<'static> {
    Config::from("/openapi.json").validator_url("none")
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("title", &self.title).finish_non_exhaustive()
    }
}
