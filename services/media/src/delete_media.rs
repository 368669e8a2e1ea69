//! `DELETE /v1/projects/{project}/media/{media}`: a file that was uploaded goes.

use axum::extract::State;
use axum::http::StatusCode;
use chassis::{Caller, Path, Problem, RequestId};
use contract::{Context, MediaDeleted, MediaId, ProjectId, Subject};
use journal::Expect;

use crate::error::Error;
use crate::facts::Standing;
use crate::{Media, keep, store};

/// Deletes a file
///
/// One that was uploaded. What a contact sent belongs to its message and stays with it. Messages that were sent with the file keep it.
#[utoipa::path(
    delete,
    path = "/v1/projects/{project}/media/{media}",
    tag = "media",
    params(
        ("project" = String, Path, description = "The project's id"),
        ("media" = String, Path, description = "The file's id"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "`not_found`: no such project or file, or it was deleted before"),
        (status = 409, description = "`not_uploaded`: a contact sent it"),
    ),
    security(("api_key" = ["conversations:write"])),
)]
pub(crate) async fn delete_media(
    State(service): State<Media>,
    caller: Caller,
    request: RequestId,
    Path((project, media)): Path<(ProjectId, MediaId)>,
) -> Result<StatusCode, Problem> {
    let file = service.existing(project, media).await?;
    if file.message.is_some() {
        return Err(Problem::conflict("not_uploaded", "a contact sent this file: it stays with its message"));
    }
    let context = Context::of_request(request.as_str(), caller.actor(), chassis::traceparent::current());
    service.delete(project, media, context).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Media {
    /// The object first: an event that says that it is gone is never wrong. What a crash leaves is deleted when it is asked for again.
    async fn delete(&self, project: ProjectId, media: MediaId, context: Context) -> Result<(), Error> {
        let mut held = store::hold(&self.pool, project).await?;
        store::hold_file(&mut held, media).await?;
        let Some(facts) = self.facts(project, media).await? else { return Ok(()) };
        match facts.standing {
            Standing::Deleted | Standing::Stored(_) | Standing::Failed(_) => return Ok(()),
            Standing::Uploaded(_) => {}
        }
        self.storage.delete(&keep::key(project, media)).await?;
        let subject = Subject::media(project, media);
        self.say(&subject, Expect::At(facts.sequence), MediaDeleted {}.into(), "deleted", context).await?;
        held.commit().await?;
        Ok(())
    }
}
