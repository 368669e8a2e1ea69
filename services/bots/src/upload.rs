//! The body of an upload: all files of a version, as JSON. What is wrong is told for each file, by its pointer.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chassis::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::file_path::FilePath;
use crate::files::{File, Files, FilesError};
use crate::manifest::Mode;

/// The largest body: 8 MiB of files in Base64, and what JSON puts around them.
pub(crate) const BODY_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Longest message.
const MESSAGE_CHARACTERS_MAX: usize = 500;

/// All files of a bot; a file that is not named is gone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upload {
    /// Files by their path: relative, names separated by `/`, 255 bytes at most. 1 to 1,000 files of at most 1 MiB each, 8 MiB together.
    files: BTreeMap<String, FileBody>,
    /// What changed, for people: 1 to 500 characters.
    #[schema(example = "Greets by name", min_length = 1, max_length = 500)]
    message: String,
}

/// A file: its text, or more about it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum FileBody {
    /// The text of a plain file.
    Text(String),
    /// Text or bytes.
    Detailed(DetailedFile),
}

/// A file with all that can be said of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DetailedFile {
    /// Its text; exactly one of `text` and `base64`.
    text: Option<String>,
    /// Its bytes, in Base64 with padding.
    base64: Option<String>,
    /// Whether it may be run.
    #[serde(default)]
    executable: bool,
}

impl Upload {
    /// Checks all of it.
    pub(crate) fn check(self) -> Result<(Files, String), Problem> {
        let mut wrong = Vec::new();
        let message = self.message.trim().to_owned();
        if message.is_empty() || message.chars().count() > MESSAGE_CHARACTERS_MAX || message.chars().any(char::is_control) {
            wrong.push(("/message".to_owned(), format!("1 to {MESSAGE_CHARACTERS_MAX} characters, none of them a control character")));
        }
        let mut files = BTreeMap::new();
        for (path, body) in self.files {
            match (path.parse::<FilePath>(), body.file()) {
                (Ok(path), Ok(file)) => drop(files.insert(path, file)),
                (Err(error), _) => wrong.push((pointer(&path), error.to_string())),
                (Ok(_), Err(error)) => wrong.push((pointer(&path), error.to_owned())),
            }
        }
        let files = match Files::new(files) {
            Ok(files) if wrong.is_empty() => return Ok((files, message)),
            // Without the files that were refused, the set may be too small; that is not another mistake.
            Ok(_) => Vec::new(),
            Err(errors) if wrong.is_empty() => errors,
            Err(errors) => errors.into_iter().filter(|error| *error != FilesError::Count).collect(),
        };
        wrong.extend(files.into_iter().map(|error| (place(&error), error.to_string())));
        let problem = Problem::unprocessable("invalid_body", "the code cannot be like this");
        Err(wrong.into_iter().fold(problem, |problem, (pointer, detail)| problem.field(pointer, "invalid", detail)))
    }
}

impl FileBody {
    fn file(self) -> Result<File, &'static str> {
        let detailed = match self {
            Self::Text(text) => return Ok(File { bytes: Bytes::from(text), mode: Mode::Plain }),
            Self::Detailed(detailed) => detailed,
        };
        let bytes = match (detailed.text, detailed.base64) {
            (Some(text), None) => Bytes::from(text),
            (None, Some(encoded)) => STANDARD.decode(encoded).map_err(|_| "base64 is not Base64 with padding")?.into(),
            (Some(_), Some(_)) | (None, None) => return Err("a file has either text or base64"),
        };
        Ok(File { bytes, mode: if detailed.executable { Mode::Executable } else { Mode::Plain } })
    }
}

fn place(error: &FilesError) -> String {
    match error {
        FilesError::Count | FilesError::TooMuch => "/files".to_owned(),
        FilesError::TooLarge(path) | FilesError::IsFolder(path) => pointer(path.as_str()),
    }
}

/// RFC 6901.
fn pointer(path: &str) -> String {
    format!("/files/{}", path.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn refused(body: Value, pointers: &[&str]) {
        let upload: Upload = serde_json::from_value(body).unwrap();
        let problem = upload.check().unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (422, "invalid_body"));
        assert_eq!(problem.errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), pointers, "{problem:?}");
    }

    #[test]
    fn a_file_is_text_or_bytes() {
        let body = json!({"message": " x ", "files": {"a": "1", "b": {"base64": "AP8="}, "c.sh": {"text": "2", "executable": true}}});
        let (files, message) = serde_json::from_value::<Upload>(body).unwrap().check().unwrap();
        let get = |path: &str| files.get(&path.parse().unwrap()).unwrap().clone();
        assert_eq!(message, "x");
        assert_eq!(get("a"), File { bytes: "1".into(), mode: Mode::Plain });
        assert_eq!(get("b"), File { bytes: vec![0, 255].into(), mode: Mode::Plain });
        assert_eq!(get("c.sh"), File { bytes: "2".into(), mode: Mode::Executable });
    }

    #[test]
    fn whatever_is_wrong_is_named_by_its_pointer() {
        refused(json!({"message": "x", "files": {}}), &["/files"]);
        refused(json!({"message": "", "files": {"a": ""}}), &["/message"]);
        refused(json!({"message": "a\nb", "files": {"a": ""}}), &["/message"]);
        refused(json!({"message": "x", "files": {"../a": "", "b/~c\\": "", "ok": ""}}), &["/files/..~1a", "/files/b~1~0c\\"]);
        refused(json!({"message": "x", "files": {"a": {}}}), &["/files/a"]);
        refused(json!({"message": "x", "files": {"a": {"text": "", "base64": ""}}}), &["/files/a"]);
        refused(json!({"message": "x", "files": {"a": {"base64": "AP8"}}}), &["/files/a"]);
        refused(json!({"message": "x", "files": {"a": "x".repeat(1024 * 1024 + 1), "b": "", "b/c": ""}}), &["/files/a", "/files/b"]);
    }
}
