//! How a webhook is answered, and counted: stored, or why not.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chassis::Problem;
use metrics::counter;

/// Whether everything of a body is stored; if not, the reason by its name in the counter, and the answer.
pub(crate) type Outcome = Result<(), (&'static str, Problem)>;

/// The answer. It is counted in `total` by its outcome.
pub(crate) fn answered(total: &'static str, outcome: Outcome) -> Response {
    let (name, response) = match outcome {
        Ok(()) => ("stored", StatusCode::OK.into_response()),
        Err((name, problem)) => (name, problem.into_response()),
    };
    counter!(total, "outcome" => name).increment(1);
    response
}
