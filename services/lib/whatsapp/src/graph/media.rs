//! Media: a file of a message is uploaded first and named by an id; one that was received has an id, and for five minutes a URL.
//!
//! An id belongs to the number that uploaded or received it. What a file may be says [`crate::outbound`].

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::answer::{integer, text};
use super::call::{Body, Call, segment};
use super::{Error, FILE_LIMIT, Graph, Token};
use crate::PhoneNumberId;

/// The longest name of a file, in characters; what is longer is cut.
const FILE_NAME_CHARS_MAX: usize = 240;
/// What a file without a name is called.
const FILE_NAME_DEFAULT: &str = "file";

/// Where a file is, and what Meta says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFacts {
    /// For [`Graph::download`], for five minutes.
    pub url: String,
    /// `image/jpeg`, with parameters sometimes.
    pub mime_type: Option<String>,
    /// Of its bytes: base64, or hexadecimal in old messages.
    pub sha256: Option<String>,
    /// In bytes.
    pub file_size: Option<u64>,
}

impl Graph {
    /// Where a file is.
    pub async fn media(&self, token: &Token, id: &str, number: &PhoneNumberId) -> Result<MediaFacts, Error> {
        let path = format!("/{}", segment(id)?);
        let query = [("phone_number_id", number.as_str())];
        let answer = self.call(Call { query: &query, ..Call::new("media", Method::GET, &path, token) }).await?;
        let url = text(&answer, "url").ok_or(Error::Unreadable { status: 200, what: "it holds no URL" })?;
        Ok(MediaFacts {
            url,
            mime_type: text(&answer, "mime_type"),
            sha256: text(&answer, "sha256"),
            file_size: integer(&answer, "file_size").and_then(|size| u64::try_from(size).ok()),
        })
    }

    /// Uploads a file; gives the id that messages of this number name it by. Meta keeps it for 30 days.
    pub async fn upload_media(
        &self,
        token: &Token,
        number: &PhoneNumberId,
        file_name: &str,
        mime: &str,
        bytes: Vec<u8>,
    ) -> Result<String, Error> {
        let path = format!("/{number}/media");
        let file = part(file_name, mime, bytes)?;
        let form = Form::new().text("messaging_product", "whatsapp").text("type", mime.to_owned()).part("file", file);
        let call = Call { body: Body::Form(form), limit: FILE_LIMIT, ..Call::new("upload_media", Method::POST, &path, token) };
        let answer = self.call(call).await?;
        let id = text(&answer, "id").filter(|id| segment(id).is_ok());
        id.ok_or(Error::Unreadable { status: 200, what: "it names no file" })
    }

    /// Takes a file away from Meta. Messages that were sent with it keep it.
    pub async fn delete_media(&self, token: &Token, id: &str, number: &PhoneNumberId) -> Result<(), Error> {
        let path = format!("/{}", segment(id)?);
        let query = [("phone_number_id", number.as_str())];
        self.succeed(Call { query: &query, ..Call::new("delete_media", Method::DELETE, &path, token) }).await
    }
}

/// A file as a part of a form. A name's control characters would end its line.
pub(super) fn part(file_name: &str, mime: &str, bytes: Vec<u8>) -> Result<Part, Error> {
    let name: String = file_name.chars().filter(|c| !c.is_control()).take(FILE_NAME_CHARS_MAX).collect();
    let name = if name.is_empty() { FILE_NAME_DEFAULT.to_owned() } else { name };
    Part::bytes(bytes).file_name(name).mime_str(mime).map_err(|_| Error::Unaskable("a file whose type is none"))
}
