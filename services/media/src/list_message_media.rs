//! `GET /v1/projects/{project}/messages/{message}/media`: the files that a message brought.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::{MessageId, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{MediaAnswer, of_row};
use crate::{Media, store};

/// The files of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageMedia {
    /// Every file, in the order in which they were heard of; at most 200.
    data: Vec<MediaAnswer>,
}

/// Lists a message's files
///
/// Those that a contact sent, also as answers to a Flow, with what became of each. A message without files, and one that nobody knows, has
/// none. A message is there before its files: right after it came they may not be listed yet.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/messages/{message}/media",
    tag = "media",
    params(
        ("project" = String, Path, description = "The project's id"),
        ("message" = String, Path, description = "The message's id"),
    ),
    responses(
        (status = 200, description = "Every file", body = MessageMedia),
        (status = 404, description = "`not_found`: no such project"),
    ),
    security(("api_key" = ["conversations:read"])),
)]
pub(crate) async fn list_message_media(
    State(service): State<Media>,
    Path((project, message)): Path<(ProjectId, MessageId)>,
) -> Result<Json<MessageMedia>, Problem> {
    if !service.lives(project).await? {
        return Err(Problem::not_found("there is no such project"));
    }
    let rows = store::of_message(&service.pool, project, message).await?;
    Ok(Json(MessageMedia { data: rows.into_iter().map(of_row).collect() }))
}
