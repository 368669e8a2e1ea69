//! A version of a bot's code as callers see it.

use axum::http::header::ETAG;
use axum::response::IntoResponse;
use chassis::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::code::Change;
use crate::file_path::FilePath;
use crate::manifest::{Entry, Manifest, Mode};

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

/// The answer that shows it.
pub(crate) fn answer(change: &Change, manifest: Manifest) -> impl IntoResponse + use<> {
    let file = |(path, entry): (FilePath, Entry)| FileAnswer {
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
