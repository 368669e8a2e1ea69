//! Meta, as far as files go, and as strict: the right token, the right number, ids and URLs that it gave out. What it may do wrong is told to
//! it for each file, in order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) const TOKEN: &str = "EAAG-token-of-the-number";
pub(crate) const NUMBER: &str = "207358419203847";

/// What goes wrong at one request, for once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Asked for the URL: HTTP 500 without JSON.
    Away,
    /// Asked for the URL: too many calls.
    Busy,
    /// Asked for the URL: nobody knows the file.
    Unknown,
    /// Asked for the URL: the token is no good.
    NoToken,
    /// Asked for the bytes: the URL is expired.
    Expired,
    /// Asked for the bytes: HTTP 500.
    Broken,
    /// Asked for the bytes: fewer than promised, then the connection ends.
    CutOff,
    /// Asked for the bytes: others, as many.
    Others,
}

impl Trouble {
    fn of_url(self) -> bool {
        matches!(self, Self::Away | Self::Busy | Self::Unknown | Self::NoToken)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    pub(crate) bytes: Bytes,
    pub(crate) mime_type: String,
    /// What Meta says instead of the truth.
    pub(crate) size_said: Option<u64>,
    /// Meta does not say how large it is, and sends it without a length.
    pub(crate) unsized_: bool,
    pub(crate) troubles: Vec<Trouble>,
    /// The same, every time.
    pub(crate) always: Option<Trouble>,
    pub(crate) asked: usize,
    pub(crate) downloaded: usize,
    urls: Vec<String>,
}

#[derive(Default)]
struct Desk {
    files: HashMap<String, Held>,
    inside: usize,
    inside_max: usize,
}

#[derive(Clone)]
pub(crate) struct Meta {
    pub(crate) url: String,
    desk: Arc<Mutex<Desk>>,
    /// While false, bytes are not given out.
    open: watch::Sender<bool>,
}

impl Meta {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let meta = Self { url, desk: Arc::default(), open: watch::Sender::new(true) };
        let router = Router::new().route("/v26.0/{id}", get(facts)).route("/files/{id}/{nonce}", get(bytes)).with_state(meta.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        meta
    }

    pub(crate) fn graph_url(&self) -> String {
        format!("{}/v26.0", self.url)
    }

    pub(crate) fn keep(&self, id: &str, mime_type: &str, bytes: impl Into<Bytes>) {
        let held = Held { bytes: bytes.into(), mime_type: mime_type.to_owned(), ..Held::default() };
        self.desk.lock().unwrap().files.insert(id.to_owned(), held);
    }

    pub(crate) fn with(&self, id: &str, change: impl FnOnce(&mut Held)) {
        change(self.desk.lock().unwrap().files.get_mut(id).unwrap());
    }

    /// How often it was asked for the URL, and for the bytes.
    pub(crate) fn counts(&self, id: &str) -> (usize, usize) {
        let desk = self.desk.lock().unwrap();
        (desk.files[id].asked, desk.files[id].downloaded)
    }

    /// Whether bytes are given out.
    pub(crate) fn open(&self, open: bool) {
        self.open.send_replace(open);
    }

    /// Downloads that wait now, and the most at once.
    pub(crate) fn inside(&self) -> (usize, usize) {
        let desk = self.desk.lock().unwrap();
        (desk.inside, desk.inside_max)
    }
}

fn authorised(headers: &HeaderMap) -> bool {
    headers.get(AUTHORIZATION).is_some_and(|value| value == &format!("Bearer {TOKEN}"))
}

fn refused(status: u16, code: i64, message: &str) -> Response {
    let error = json!({"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Az8"}});
    (StatusCode::from_u16(status).unwrap(), Json(error)).into_response()
}

async fn facts(
    State(meta): State<Meta>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !authorised(&headers) {
        return refused(401, 190, "Invalid OAuth access token.");
    }
    let mut desk = meta.desk.lock().unwrap();
    let Some(held) = desk.files.get_mut(&id).filter(|_| query.get("phone_number_id").is_some_and(|number| number == NUMBER)) else {
        return refused(400, 100, "Unsupported get request. Object does not exist");
    };
    held.asked += 1;
    let trouble = if held.troubles.first().is_some_and(|trouble| trouble.of_url()) { Some(held.troubles.remove(0)) } else { held.always };
    match trouble {
        Some(Trouble::Away) => return (StatusCode::INTERNAL_SERVER_ERROR, "<html>").into_response(),
        Some(Trouble::Busy) => return refused(400, 80_007, "Rate limit issues"),
        Some(Trouble::Unknown) => return refused(400, 100, "Object does not exist"),
        Some(Trouble::NoToken) => return refused(401, 190, "Invalid OAuth access token."),
        Some(Trouble::Expired | Trouble::Broken | Trouble::CutOff | Trouble::Others) | None => {}
    }
    let nonce = format!("n{}", held.asked);
    held.urls.push(nonce.clone());
    let mut answer: Value = json!({"messaging_product": "whatsapp", "url": format!("{}/files/{id}/{nonce}", meta.url), "id": id,
        "mime_type": held.mime_type, "sha256": STANDARD.encode(Sha256::digest(&held.bytes))});
    if !held.unsized_ {
        // As text, as Meta likes to.
        answer["file_size"] = held.size_said.unwrap_or(held.bytes.len() as u64).to_string().into();
    }
    Json(answer).into_response()
}

async fn bytes(State(meta): State<Meta>, Path((id, nonce)): Path<(String, String)>, headers: HeaderMap) -> Response {
    if !authorised(&headers) {
        return (StatusCode::OK, "<html>no token</html>").into_response();
    }
    let held = {
        let mut desk = meta.desk.lock().unwrap();
        desk.inside += 1;
        desk.inside_max = desk.inside_max.max(desk.inside);
        let Some(held) = desk.files.get_mut(&id) else { return StatusCode::NOT_FOUND.into_response() };
        held.downloaded += 1;
        let mut now = held.clone();
        now.always = if held.troubles.is_empty() { held.always } else { Some(held.troubles.remove(0)) };
        now
    };
    let mut open = meta.open.subscribe();
    let _ = open.wait_for(|open| *open).await;
    meta.desk.lock().unwrap().inside -= 1;
    if !held.urls.contains(&nonce) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match held.always {
        Some(Trouble::Expired) => StatusCode::NOT_FOUND.into_response(),
        Some(Trouble::Broken) => (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        Some(Trouble::Others) => Bytes::from(vec![b'?'; held.bytes.len()]).into_response(),
        Some(Trouble::CutOff) => {
            let half = held.bytes.slice(..held.bytes.len() / 2);
            let pieces = [Ok(half), Err(std::io::Error::other("cut off"))];
            Body::from_stream(futures::stream::iter(pieces)).into_response()
        }
        Some(Trouble::Away | Trouble::Busy | Trouble::Unknown | Trouble::NoToken) | None if held.unsized_ => {
            let pieces: Vec<_> = held.bytes.chunks(64 * 1024).map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece))).collect();
            Body::from_stream(futures::stream::iter(pieces)).into_response()
        }
        Some(Trouble::Away | Trouble::Busy | Trouble::Unknown | Trouble::NoToken) | None => held.bytes.into_response(),
    }
}
