//! A store that speaks S3 on this machine, for one test: objects of one bucket in memory, and strict about who asks.
//!
//! It knows what Amazon's API reference says of the calls that are made here, and answers everything else with 501. Its pages are short, so
//! that whoever lists must go on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, Response, StatusCode};

use crate::signature::{Credentials, decoded};

pub(crate) const BUCKET: &str = "paige-objects";
pub(crate) const CREDENTIALS: Credentials =
    Credentials { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "eu-central-1" };
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Of an upload, all but the last. Source: Amazon S3, "Multipart upload limits".
const PART_BYTES_MIN: usize = 5 * 1024 * 1024;
const PAGE: usize = 2;
const MODIFIED: (&str, &str) = ("Sat, 28 Nov 2026 12:00:00 GMT", "2026-11-28T12:00:00.000Z");

/// See the module.
#[derive(Clone, Default)]
pub(crate) struct Server(Arc<Mutex<Held>>);

#[derive(Default)]
pub(crate) struct Held {
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    /// Uploads in parts that are not complete: their keys and parts.
    pub(crate) uploads: BTreeMap<String, (String, BTreeMap<u32, Vec<u8>>)>,
    /// So many of the next requests are answered with `SlowDown`.
    pub(crate) slow_down: u32,
    /// Method and status of each request.
    pub(crate) answered: Vec<(Method, u16)>,
    begun: u32,
}

type Answer = Result<Response<Body>, (StatusCode, &'static str)>;

impl Server {
    /// Answers on a port of its own; its address.
    pub(crate) async fn start() -> (Self, String) {
        let (server, listener) = (Self::default(), tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (server, endpoint)
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap()
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap();
    let mut held = server.held();
    let answer = if held.slow_down > 0 {
        held.slow_down -= 1;
        Err((StatusCode::SERVICE_UNAVAILABLE, "SlowDown"))
    } else {
        match CREDENTIALS.check(&parts, &body) {
            Err(_why) => Err((StatusCode::FORBIDDEN, "SignatureDoesNotMatch")),
            Ok(()) => held.act(&parts.method, parts.uri.path(), &arguments(parts.uri.query().unwrap_or_default()), &body),
        }
    };
    let answer =
        answer.unwrap_or_else(|(status, code)| with(status, format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>")));
    held.answered.push((parts.method, answer.status().as_u16()));
    answer
}

impl Held {
    fn act(&mut self, method: &Method, path: &str, query: &BTreeMap<String, String>, body: &[u8]) -> Answer {
        let path = path.strip_prefix('/').and_then(|path| path.strip_prefix(BUCKET)).ok_or((StatusCode::NOT_FOUND, "NoSuchBucket"))?;
        let key = path.strip_prefix('/').unwrap_or_default();
        let upload = query.get("uploadId");
        match (method.as_str(), key) {
            ("GET", "") if query.get("list-type").is_some_and(|version| version == "2") => Ok(self.list(query)),
            ("POST", "") if query.contains_key("delete") => {
                let text = std::str::from_utf8(body).map_err(|_| (StatusCode::BAD_REQUEST, "MalformedXML"))?;
                let keys: Vec<&str> =
                    text.split("<Key>").skip(1).filter_map(|text| text.split_once("</Key>")).map(|(key, _)| key).collect();
                keys.iter().for_each(|key| _ = self.objects.remove(*key));
                let deleted: String = keys.iter().map(|key| format!("<Deleted><Key>{key}</Key></Deleted>")).collect();
                Ok(with(StatusCode::OK, format!("<DeleteResult>{deleted}</DeleteResult>")))
            }
            ("PUT", key) if !key.is_empty() && upload.is_none() && query.is_empty() => {
                self.objects.insert(key.to_owned(), body.to_vec());
                Ok(with(StatusCode::OK, String::new()))
            }
            ("GET" | "HEAD", key) if !key.is_empty() => {
                let found = self.objects.get(key).cloned().ok_or((StatusCode::NOT_FOUND, "NoSuchKey"))?;
                Ok(with(StatusCode::OK, found))
            }
            ("DELETE", key) if upload.is_none() => {
                self.objects.remove(key);
                Ok(with(StatusCode::NO_CONTENT, String::new()))
            }
            ("POST", key) if query.contains_key("uploads") => {
                self.begun += 1;
                let id = format!("upload-{}", self.begun);
                self.uploads.insert(id.clone(), (key.to_owned(), BTreeMap::new()));
                Ok(with(
                    StatusCode::OK,
                    format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"),
                ))
            }
            (method, key) => match upload {
                Some(id) => self.upload(method, key, id, query, body),
                None => Err((StatusCode::NOT_IMPLEMENTED, "NotImplemented")),
            },
        }
    }

    fn upload(&mut self, method: &str, key: &str, id: &str, query: &BTreeMap<String, String>, body: &[u8]) -> Answer {
        let begun = self.uploads.get_mut(id).filter(|(of, _)| of == key);
        let (_, parts) = begun.ok_or((StatusCode::NOT_FOUND, "NoSuchUpload"))?;
        match method {
            "PUT" => {
                let number =
                    query.get("partNumber").and_then(|number| number.parse().ok()).ok_or((StatusCode::BAD_REQUEST, "InvalidPart"))?;
                parts.insert(number, body.to_vec());
                Ok(with(StatusCode::OK, String::new()))
            }
            "POST" => {
                let named = String::from_utf8_lossy(body).matches("<PartNumber>").count();
                if named != parts.len() || parts.values().rev().skip(1).any(|part| part.len() < PART_BYTES_MIN) {
                    return Err((StatusCode::BAD_REQUEST, "EntityTooSmall"));
                }
                let whole = parts.values().flatten().copied().collect();
                self.uploads.remove(id);
                self.objects.insert(key.to_owned(), whole);
                let done = "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>";
                Ok(with(StatusCode::OK, done.to_owned()))
            }
            "DELETE" => {
                self.uploads.remove(id);
                Ok(with(StatusCode::NO_CONTENT, String::new()))
            }
            _another => Err((StatusCode::NOT_IMPLEMENTED, "NotImplemented")),
        }
    }

    fn list(&self, query: &BTreeMap<String, String>) -> Response<Body> {
        let (prefix, after) =
            (query.get("prefix").cloned().unwrap_or_default(), query.get("continuation-token").cloned().unwrap_or_default());
        let found: Vec<_> = self.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after).collect();
        let page = &found[..found.len().min(PAGE)];
        let entry = |(key, bytes): &(&String, &Vec<u8>)| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>{}</LastModified><ETag>\"e\"</ETag><Size>{}</Size></Contents>",
                MODIFIED.1,
                bytes.len()
            )
        };
        let next = page.last().filter(|_| found.len() > page.len());
        let next = next.map(|(key, _)| format!("<NextContinuationToken>{key}</NextContinuationToken>")).unwrap_or_default();
        with(StatusCode::OK, format!("<ListBucketResult>{}{next}</ListBucketResult>", page.iter().map(entry).collect::<String>()))
    }
}

fn arguments(query: &str) -> BTreeMap<String, String> {
    let text = |part: &str| String::from_utf8_lossy(&decoded(part)).into_owned();
    let pair = |pair: &str| pair.split_once('=').map_or_else(|| (text(pair), String::new()), |(name, value)| (text(name), text(value)));
    query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

fn with(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let answer = Response::builder().status(status).header("etag", "\"e\"").header("last-modified", MODIFIED.0);
    answer.body(body.into()).unwrap()
}
