//! The answer to a request that began work: 202, the operation, and where to ask for it.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use chassis::Json;

use super::answer::OperationAnswer;
use crate::Lifecycle;
use crate::project::Project;

/// The operation of `project` as it is now.
pub(crate) async fn accepted(lifecycle: &Lifecycle, project: &Project) -> impl IntoResponse + use<> {
    let provisioning = lifecycle.provisioning_or_none(project.id).await;
    let answer = OperationAnswer::of(project.id, &project.operation, &provisioning);
    (StatusCode::ACCEPTED, [(LOCATION, answer.location())], Json(answer))
}
