//! Resumable uploads: photos of profiles, examples of templates.

use reqwest::Method;

use super::answer::{integer, text};
use super::call::{Auth, Body, Call};
use super::{Error, Graph, Token, UPLOAD_LIMIT};

/// The longest id and the longest handle, in bytes.
const HANDLE_BYTES_MAX: usize = 8 * 1024;

/// A file that Meta takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `application/pdf`
    Pdf,
    /// `video/mp4`
    Mp4,
}

impl FileType {
    /// As HTTP names it.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
            Self::Mp4 => "video/mp4",
        }
    }

    /// By what every image of the kind begins with, whatever its sender calls it.
    pub fn of_image(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            return Some(Self::Jpeg);
        }
        bytes.starts_with(b"\x89PNG\r\n\x1a\n").then_some(Self::Png)
    }
}

/// An upload that has begun: `upload:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload(String);

impl Graph {
    /// Begins an upload of `length` bytes.
    pub async fn start_upload(&self, token: &Token, name: &str, length: usize, kind: FileType) -> Result<Upload, Error> {
        let path = format!("/{}/uploads", self.0.settings.app_id);
        let length = length.to_string();
        let query = [("file_name", name), ("file_length", length.as_str()), ("file_type", kind.mime())];
        let answer = self.call(Call { query: &query, ..Call::new("start_upload", Method::POST, &path, token) }).await?;
        // It becomes part of a path.
        let fit = |id: &String| id.starts_with("upload:") && handle_fits(id) && !id.contains(['/', '#', '\\']);
        text(&answer, "id").filter(fit).map(Upload).ok_or(Error::Unreadable { status: 200, what: "it names no upload" })
    }

    /// Sends the file from byte `offset` on; gives the handle by which other calls name it.
    pub async fn send_upload(&self, token: &Token, upload: &Upload, bytes: Vec<u8>, offset: u64) -> Result<String, Error> {
        let path = format!("/{}", upload.0);
        let call = Call {
            auth: Auth::Upload(token),
            body: Body::File(bytes, offset),
            limit: UPLOAD_LIMIT,
            ..Call::new("send_upload", Method::POST, &path, token)
        };
        let answer = self.call(call).await?;
        text(&answer, "h").filter(|handle| handle_fits(handle)).ok_or(Error::Unreadable { status: 200, what: "it holds no handle" })
    }

    /// From which byte on Meta wants an upload that was interrupted.
    pub async fn upload_offset(&self, token: &Token, upload: &Upload) -> Result<u64, Error> {
        let path = format!("/{}", upload.0);
        let call = Call { auth: Auth::Upload(token), ..Call::new("upload_offset", Method::GET, &path, token) };
        let answer = self.call(call).await?;
        let offset = integer(&answer, "file_offset").and_then(|offset| u64::try_from(offset).ok());
        offset.ok_or(Error::Unreadable { status: 200, what: "it holds no offset" })
    }
}

fn handle_fits(text: &str) -> bool {
    (1..=HANDLE_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
