//! `PUT /v1/projects/{project}/code`: another version, as a whole.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId, version_wanted};
use contract::{Context, ProjectId};

use crate::Bots;
use crate::answer::{CodeAnswer, answer};
use crate::upload::Upload;

/// Replaces a bot's code
///
/// With all of its files: what is not named is gone from the new version; earlier versions stay. The same files again change nothing.
#[utoipa::path(
    put,
    path = "/v1/projects/{project}/code",
    tag = "code",
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be replaced, as its ETag; absent: whichever is current"),
    ),
    request_body = Upload,
    responses(
        (status = 200, description = "The version is current", body = CodeAnswer, headers(("ETag" = String, description = "The version"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`code_not_ready`: the project is being made; `operation_running`: a reset or a deletion"),
        (status = 412, description = "`version_mismatch`: another version is current"),
        (status = 413, description = "`body_too_large`: more than 12 MiB"),
        (status = 422, description = "`invalid_body`, with a pointer to each file that is refused"),
    ),
    security(("api_key" = ["code:write"])),
)]
pub(crate) async fn replace_code(
    State(bots): State<Bots>,
    caller: Caller,
    request: RequestId,
    Path(project): Path<ProjectId>,
    headers: HeaderMap,
    Json(upload): Json<Upload>,
) -> Result<impl IntoResponse, Problem> {
    let expected = version_wanted(&headers, "this code")?;
    let (files, message) = upload.check()?;
    let context = Context::of_request(request.as_str(), caller.actor(), chassis::traceparent::current());
    let code = bots.grant(project, &files, &message, expected, &context).await?;
    let manifest = files.manifest();
    // Somebody may have been quick to replace it again: the answer is about this one.
    let version = manifest.version();
    let change = code.changes.iter().rfind(|change| change.version == version.as_str());
    let change = change.ok_or_else(|| Problem::not_found("there is no such project"))?;
    Ok(answer(change, manifest))
}
