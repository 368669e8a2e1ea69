//! One call: sent, bounded, read, logged.

use std::time::Duration;

use futures::stream;
use reqwest::multipart::Form;
use reqwest::{Method, Response};
use serde_json::Value;

use super::answer::boolean;
use super::error::{Error, MetaRefusal};
use super::{CALL_LIMIT, Graph, Token};

/// Bytes of an answer.
pub(super) const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// The longest id that becomes a part of a path, in bytes.
const SEGMENT_BYTES_MAX: usize = 256;

/// What is sent, and in whose name.
pub(super) struct Call<'a> {
    /// For logs.
    pub name: &'static str,
    pub method: Method,
    /// After the base URL, beginning with a slash.
    pub path: &'a str,
    pub query: &'a [(&'a str, &'a str)],
    pub auth: Auth<'a>,
    pub body: Body,
    /// Texts that must not come back in an error, beside the token.
    pub secrets: &'a [&'a str],
    pub limit: Duration,
    /// Bytes of the answer.
    pub bytes_max: usize,
}

/// In whose name.
pub(super) enum Auth<'a> {
    /// Nobody's: the query says it.
    None,
    /// Of nearly every call.
    Bearer(&'a Token),
    /// Of uploads, which Meta wants spelled `OAuth`.
    Upload(&'a Token),
}

/// What comes with it.
pub(super) enum Body {
    /// Nothing.
    None,
    /// JSON.
    Json(Value),
    /// JSON that is written already.
    Written(Vec<u8>),
    /// The same, if this says so when it is about to leave.
    InTime(Vec<u8>, Box<dyn FnOnce() -> bool + Send>),
    /// Fields, one of which is a file.
    Form(Form),
    /// A file from this byte on.
    File(Vec<u8>, u64),
}

impl<'a> Call<'a> {
    /// A call without a body.
    pub(super) fn new(name: &'static str, method: Method, path: &'a str, token: &'a Token) -> Self {
        Self {
            name,
            method,
            path,
            query: &[],
            auth: Auth::Bearer(token),
            body: Body::None,
            secrets: &[],
            limit: CALL_LIMIT,
            bytes_max: ANSWER_BYTES_MAX,
        }
    }
}

/// An id as a part of a path: it adds no part, no query and no way up.
pub(super) fn segment(id: &str) -> Result<&str, Error> {
    let fit = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'?' | b'#' | b'%' | b'\\');
    let fits = (1..=SEGMENT_BYTES_MAX).contains(&id.len()) && id.bytes().all(fit) && !matches!(id, "." | "..");
    if fits { Ok(id) } else { Err(Error::Unaskable("an id that cannot be Meta's")) }
}

impl Graph {
    /// Makes the call. Any JSON is an answer: what it must hold says the caller.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Value, Error> {
        let name = call.name;
        let answered = self.send(call).await;
        match &answered {
            Ok(_) => tracing::debug!(call = name, "Meta answered"),
            Err(error) => tracing::warn!(call = name, %error, meta.request_id = error.request_id(), "a call to Meta failed"),
        }
        answered
    }

    /// For calls whose answer is `{"success": true}`.
    pub(super) async fn succeed(&self, call: Call<'_>) -> Result<(), Error> {
        let answer = self.call(call).await?;
        let done = boolean(&answer, "success").unwrap_or(false);
        if done { Ok(()) } else { Err(Error::Unreadable { status: 200, what: "it does not say success" }) }
    }

    async fn send(&self, call: Call<'_>) -> Result<Value, Error> {
        let parts = &self.0;
        let url = format!("{}{}", parts.settings.url, call.path);
        let mut request = parts.client.request(call.method, url).query(call.query).timeout(call.limit);
        let token = match call.auth {
            Auth::None => None,
            Auth::Bearer(token) => {
                request = request.bearer_auth(token.expose());
                Some(token)
            }
            Auth::Upload(token) => {
                request = request.header("authorization", format!("OAuth {}", token.expose()));
                Some(token)
            }
        };
        request = match call.body {
            Body::None => request,
            Body::Json(json) => request.json(&json),
            Body::Written(json) => request.header("content-type", "application/json").body(json),
            Body::InTime(json, in_time) => {
                let length = json.len().to_string();
                // Asked for when the connection is there. The client writes nothing, not even the headers, before it has this.
                let json = stream::once(async move { if in_time() { Ok(json) } else { Err(TooLate) } });
                let request = request.header("content-type", "application/json").header("content-length", length);
                request.body(reqwest::Body::wrap_stream(json))
            }
            Body::Form(form) => request.multipart(form),
            Body::File(bytes, offset) => request.header("file_offset", offset.to_string()).body(bytes),
        };
        let mut answer = request.send().await.map_err(|error| of_sending(&error))?;
        let secrets: Vec<&str> = token.into_iter().map(Token::expose).chain(call.secrets.iter().copied()).collect();
        read(&mut answer, call.bytes_max, &secrets).await
    }
}

/// Why a body does not leave any more.
#[derive(Debug, thiserror::Error)]
#[error("too late")]
struct TooLate;

/// What it means that nothing came back.
pub(super) fn of_sending(error: &reqwest::Error) -> Error {
    if error.is_connect() {
        return Error::NotSent;
    }
    let mut causes = std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |cause| cause.source());
    if causes.any(|cause| cause.is::<TooLate>()) {
        return Error::TooLate;
    }
    // The URL or a header cannot be written.
    if error.is_builder() { Error::Unaskable("a request that cannot be written") } else { Error::Unanswered }
}

/// The body to its end; `None`: it is too long.
pub(super) async fn body_of(answer: &mut Response, bytes_max: usize) -> Result<Option<Vec<u8>>, Error> {
    let promised = answer.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
    if promised > bytes_max {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(promised);
    while let Some(chunk) = answer.chunk().await.map_err(|_| Error::Unanswered)? {
        if bytes.len() + chunk.len() > bytes_max {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

/// Reads an answer: JSON, bare text where Meta says yes, or Meta's error.
pub(super) async fn read(answer: &mut Response, bytes_max: usize, secrets: &[&str]) -> Result<Value, Error> {
    let status = answer.status();
    let header = |name: &str| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
    let request_id = header("x-fb-request-id").or_else(|| header("x-fb-trace-id"));
    let unreadable = |what| Error::Unreadable { status: status.as_u16(), what };
    let bytes = body_of(answer, bytes_max).await?.ok_or_else(|| unreadable("it is too long"))?;
    let body: Value = match serde_json::from_slice(&bytes) {
        Ok(body) => body,
        // Some answers are documented as bare text.
        Err(_) if status.is_success() => Value::String(String::from_utf8(bytes).map_err(|_| unreadable("it is not text"))?),
        Err(_) => return Err(unreadable("it is not JSON")),
    };
    if let Some(refusal) = MetaRefusal::read(status.as_u16(), &body, secrets, request_id) {
        return Err(Error::Refused(Box::new(refusal)));
    }
    if status.is_success() { Ok(body) } else { Err(unreadable("it holds no error")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_part_of_a_path() {
        for good in ["1", "1013859600285441", "4::aW1hZ2U=", "a.b", "...", &"1".repeat(256)] {
            assert_eq!(segment(good), Ok(good));
        }
        for bad in ["", ".", "..", "1/2", "1?a=b", "1#2", "1%2f2", "1\\2", "1 2", "1\n", "ä", &"1".repeat(257)] {
            assert!(matches!(segment(bad), Err(Error::Unaskable(_))), "{bad:?}");
        }
    }
}
