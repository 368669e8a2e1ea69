//! Does the process live (`/healthz`), and can it do its work (`/readyz`)?
//!
//! Services register named checks into the one registry of their process. A check runs when somebody asks: nothing
//! ticks. Answers are kept for a moment, so that a storm of probes does not become a storm on the database.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::future::{BoxFuture, FutureExt, join_all};
use tokio::time::{Instant, timeout};

use crate::{Json, Problem};

/// How long one check may take.
pub const CHECK_LIMIT: Duration = Duration::from_secs(2);
/// How old an answer may be.
const ANSWER_AGE_MAX: Duration = Duration::from_millis(250);
/// `Retry-After` of a process that is not ready.
const RETRY_AFTER_S: u32 = 1;

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// The checks of a process. Cheap to clone; clones share the checks.
#[derive(Clone, Default)]
pub struct Health(Arc<Registry>);

#[derive(Default)]
struct Registry {
    checks: Mutex<Vec<(String, Check)>>,
    /// Held while checks run, so that askers at the same time share one run.
    last: tokio::sync::Mutex<Option<(Instant, Vec<Failure>)>>,
}

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Name of the check.
    pub name: String,
    /// Why, in words that anybody may read: the route is open.
    pub cause: String,
}

impl Health {
    /// A registry without checks: ready.
    #[must_use]
    pub fn new() -> Health {
        Health::default()
    }

    /// Adds a check, named `<service>.<what>`. It says why it fails in words that hold no secret.
    /// It is given [`CHECK_LIMIT`]; a check that is late or panics has failed.
    pub fn register<F, C>(&self, name: impl Into<String>, check: F)
    where
        F: Fn() -> C + Send + Sync + 'static,
        C: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check: Check = Arc::new(move || check().boxed());
        self.0.checks.lock().unwrap_or_else(PoisonError::into_inner).push((name.into(), check));
    }

    /// The checks that fail now (or a quarter of a second ago), in the order of registration. None: ready.
    pub async fn failures(&self) -> Vec<Failure> {
        let mut last = self.0.last.lock().await;
        if let Some((at, failures)) = &*last
            && at.elapsed() < ANSWER_AGE_MAX
        {
            return failures.clone();
        }
        let checks = self.0.checks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let failures: Vec<Failure> =
            join_all(checks.into_iter().map(|(name, check)| run(name, check))).await.into_iter().flatten().collect();
        *last = Some((Instant::now(), failures.clone()));
        failures
    }

    /// The answer of `/readyz`: 200, or 503 `not_ready` with each failing check in `errors`.
    pub(crate) async fn readyz(&self) -> Response {
        let failures = self.failures().await;
        if failures.is_empty() {
            return Json(serde_json::json!({"status": "ready"})).into_response();
        }
        let names: Vec<&str> = failures.iter().map(|failure| failure.name.as_str()).collect();
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready")
            .detail(format!("not ready: {}", names.join(", ")))
            .header(axum::http::header::RETRY_AFTER, RETRY_AFTER_S.into());
        failures
            .into_iter()
            .fold(problem, |problem, failure| problem.field(format!("/{}", failure.name), "check_failed", failure.cause))
            .into_response()
    }
}

async fn run(name: String, check: Check) -> Option<Failure> {
    let answer = timeout(CHECK_LIMIT, AssertUnwindSafe(async move { check().await }).catch_unwind()).await;
    let cause = match answer {
        Ok(Ok(Ok(()))) => return None,
        Ok(Ok(Err(cause))) => cause,
        Ok(Err(_panic)) => "the check panicked".to_owned(),
        Err(_elapsed) => format!("no answer within {} s", CHECK_LIMIT.as_secs()),
    };
    Some(Failure { name, cause })
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Health")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_fails_by_itself_and_delays_nobody_twice() {
        let health = Health::new();
        health.register("one.hangs", std::future::pending);
        health.register("two.hangs", std::future::pending);
        let began = Instant::now();
        let failures = health.failures().await;
        assert_eq!(began.elapsed(), CHECK_LIMIT, "checks run side by side");
        assert_eq!(failures[1], Failure { name: "two.hangs".to_owned(), cause: "no answer within 2 s".to_owned() });
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_probes_is_one_run_and_a_later_probe_another() {
        let (health, runs) = (Health::new(), Arc::new(AtomicUsize::new(0)));
        let counted = runs.clone();
        health.register("one.counts", move || {
            counted.fetch_add(1, Ordering::SeqCst);
            async { Ok(()) }
        });
        join_all((0..100).map(|_| health.failures())).await;
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        tokio::time::advance(ANSWER_AGE_MAX).await;
        health.failures().await;
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    }
}
