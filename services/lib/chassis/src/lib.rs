//! The process around a service: configuration, telemetry, signals, health, clock, ids, HTTP.
//!
//! Every service is wired from these parts in the same seven steps, so that an operator meets the same variables,
//! probes, metrics and errors everywhere. Nothing here knows a project, an event or a table.
//!
//! | part | what for |
//! | --- | --- |
//! | [`HttpArgs`] [`TelemetryArgs`] [`NatsArgs`] [`PostgresArgs`] [`OutsideArgs`] [`KeyArgs`] | configuration, by flag or variable |
//! | [`telemetry`] [`traceparent`] [`Metrics`] | logs, spans, numbers |
//! | [`Health`] | `/healthz`, `/readyz` |
//! | [`Shutdown`] [`serve()`] | stop softly, then hard |
//! | [`Clock`] [`Agenda`] [`Ids`] | time, deadlines and ids as values |
//! | [`Problem`] [`Json`] [`Path`] [`Query`] [`PageLimit`] [`cursor`] | what goes in and out of a handler |
//! | [`Caller`] [`Authority`] [`SCOPES`] [`PROJECT_SCOPES`] | who may call what |
//! | [`Site`] | routes of services → one router with the whole stack around it |

mod agenda;
mod authority;
mod caller;
mod clock;
mod conditional;
mod config;
pub mod cursor;
mod error_chain;
mod frame;
mod guard;
mod health;
mod idempotency_key;
mod ids;
mod json;
mod metrics;
mod openapi;
mod page;
mod params;
mod problem;
mod request_id;
mod scopes;
mod secret;
pub mod serve;
mod shutdown;
mod site;
pub mod telemetry;
pub mod traceparent;

pub use crate::agenda::Agenda;
pub use crate::authority::Authority;
pub use crate::caller::{Caller, Denied, Need, PLATFORM_ACTOR, Standing, Visible};
pub use crate::clock::{Clock, Hand};
pub use crate::conditional::{IfMatch, etag, version_wanted};
pub use crate::config::{HttpArgs, KeyArgs, NatsArgs, OutsideArgs, PostgresArgs};
pub use crate::error_chain::error_chain;
pub use crate::health::{CHECK_LIMIT, Failure, Health};
pub use crate::idempotency_key::{idempotency_key, required_idempotency_key};
pub use crate::ids::Ids;
pub use crate::json::{JSON_BYTES_MAX, Json};
pub use crate::metrics::{Metrics, MetricsError};
pub use crate::openapi::describe;
pub use crate::page::PageLimit;
pub use crate::params::{Path, Query};
pub use crate::problem::{FieldError, Problem, ProblemContent};
pub use crate::request_id::{REQUEST_ID_BYTES_MAX, RequestId};
pub use crate::scopes::{PROJECT_SCOPES, SCOPES, SiteError};
pub use crate::secret::{Secret, SecretParser};
pub use crate::serve::serve;
pub use crate::shutdown::{DRAIN_LIMIT, Forced, HARD_LIMIT, Shutdown, Stopped};
pub use crate::site::{ANSWER_LIMIT, Site};
pub use crate::telemetry::TelemetryArgs;
