//! `GET /v1/projects/{project}/code`: the current version and its files, or an earlier one.

use axum::extract::State;
use axum::http::header::ETAG;
use axum::response::IntoResponse;
use chassis::{Json, Path, Problem, Query};
use chrono::{DateTime, Utc};
use contract::ProjectId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::code::{Change, Code};
use crate::manifest::{Digest, Manifest, Mode};
use crate::{Bots, keep};

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Which {
    /// A version that the code had; absent: the current one.
    pub(crate) version: Option<String>,
}

/// A version of a bot's code.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CodeAnswer {
    /// SHA-256 of the version's manifest; also the `ETag`. The same files are the same version.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    version: String,
    /// When it became current, the last time.
    committed_at: DateTime<Utc>,
    /// What changed with it, for people; null: nobody said.
    message: Option<String>,
    /// Its files, by path.
    files: Vec<FileAnswer>,
}

/// A file of a version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileAnswer {
    #[schema(example = "src/greet.js")]
    path: String,
    /// In bytes.
    size: u64,
    /// Of its bytes.
    sha256: String,
    executable: bool,
}

/// Shows a bot's code
///
/// The list of files; each is read by its path.
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/code",
    tag = "code",
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"), Which),
    responses(
        (status = 200, description = "The version and its files", body = CodeAnswer, headers(("ETag" = String, description = "The version"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`code_not_ready`: the project is being made"),
    ),
    security(("api_key" = ["code:read"])),
)]
pub(crate) async fn show_code(
    State(bots): State<Bots>,
    Path(project): Path<ProjectId>,
    Query(which): Query<Which>,
) -> Result<impl IntoResponse, Problem> {
    let (change, manifest) = bots.version(project, which.version.as_deref()).await?;
    Ok(answer(&change, manifest))
}

/// A version as callers see it.
pub(crate) fn answer(change: &Change, manifest: Manifest) -> impl IntoResponse + use<> {
    let file = |(path, entry): (crate::file_path::FilePath, crate::manifest::Entry)| FileAnswer {
        path: path.to_string(),
        size: entry.size,
        sha256: entry.sha256.to_string(),
        executable: entry.mode == Mode::Executable,
    };
    let body = CodeAnswer {
        version: change.version.clone(),
        committed_at: change.at,
        message: change.message.clone(),
        files: manifest.files.into_iter().map(file).collect(),
    };
    ([(ETAG, format!("\"{}\"", change.version))], Json(body))
}

impl Bots {
    /// A version that the code of `project` had, the current one if none is named.
    pub(crate) async fn version(&self, project: ProjectId, version: Option<&str>) -> Result<(Change, Manifest), Problem> {
        let code = self.existing_code(project).await?;
        let change = match version {
            None => code.current().cloned(),
            Some(version) => code.changes.iter().rfind(|change| change.version == version).cloned(),
        };
        let change = change.ok_or_else(|| Problem::not_found("the code never had this version"))?;
        let digest: Digest = change.version.parse().map_err(|_| crate::Error::Lost(change.version.clone()))?;
        let manifest = keep::manifest(&self.storage, project, &digest).await?;
        Ok((change, manifest))
    }

    /// The code of a project that has some.
    pub(crate) async fn existing_code(&self, project: ProjectId) -> Result<Code, Problem> {
        let code = self.code(project).await?;
        if code.current().is_some() {
            return Ok(code);
        }
        let standing = self.standing(project).await?;
        if !standing.exists || standing.ends || code.erased.is_some() {
            return Err(Problem::not_found("there is no such project"));
        }
        Err(Problem::conflict("code_not_ready", "the project has no code yet: follow its operation"))
    }
}
