//! A stand-in for Meta that keeps count: strict about what it is asked, and it does as it is told.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// What is done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Accept,
    /// Takes it and never answers.
    AcceptInSilence,
    /// Does not take it and never answers.
    Silence,
    Refuse(u16, i64),
    /// Says that it does not take it, and has taken it.
    RefuseAfter(u16, i64),
    /// An answer without a word, of a message that was taken.
    BreakAfter(u16),
    /// The same of one that was not.
    BreakBefore(u16),
    /// Accepts after that.
    Slow(u64),
    /// Refuses, but not before it is freed.
    RefuseOnceFreed(u16, i64),
}

/// A message that was asked to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) number: String,
    pub(crate) message: String,
    pub(crate) body: Value,
    pub(crate) at: Instant,
    /// Meta's id of it, if it was taken.
    pub(crate) wamid: Option<String>,
}

#[derive(Default)]
pub(crate) struct Book {
    pub(crate) calls: Vec<Call>,
    pub(crate) reads: Vec<Value>,
    pub(crate) read_refusals: VecDeque<(u16, i64)>,
    pub(crate) uploads: usize,
    pub(crate) upload_refusals: VecDeque<(u16, i64)>,
    /// Uploads that are taken, with a page of somebody on the way for an answer.
    pub(crate) unexplained_uploads: usize,
    /// Numbers whose uploads are never answered, and how many there were of each.
    pub(crate) silent_uploads: HashMap<String, usize>,
    scripts: HashMap<String, VecDeque<Act>>,
    by_number: HashMap<String, Act>,
    running: HashMap<String, usize>,
    pub(crate) running_max: HashMap<String, usize>,
}

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Meta {
    pub(crate) url: String,
    pub(crate) freed: CancellationToken,
    book: Arc<Mutex<Book>>,
}

impl Meta {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let meta = Self { url, freed: CancellationToken::new(), book: Arc::default() };
        let routes =
            Router::new().route("/{number}/messages", post(messages)).route("/{number}/media", post(media)).with_state(meta.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.expect("served") });
        meta
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is done with a message, attempt by attempt; afterwards it is accepted.
    pub(crate) fn script(&self, message: impl ToString, acts: impl IntoIterator<Item = Act>) {
        self.book().scripts.insert(message.to_string(), acts.into_iter().collect());
    }

    /// What is done with every message of a number that has no script.
    pub(crate) fn script_number(&self, number: &str, act: Act) {
        self.book().by_number.insert(number.to_owned(), act);
    }

    pub(crate) fn calls(&self, message: impl ToString) -> Vec<Call> {
        let message = message.to_string();
        self.book().calls.iter().filter(|call| call.message == message).cloned().collect()
    }

    /// Meta's ids of a message that was taken.
    pub(crate) fn taken(&self, message: impl ToString) -> Vec<String> {
        self.calls(message).into_iter().filter_map(|call| call.wamid).collect()
    }
}

fn refusal(status: u16, code: i64) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, axum::Json(json!({"error": {"message": "no", "type": "OAuthException", "code": code, "fbtrace_id": "A"}}))).into_response()
}

async fn messages(State(meta): State<Meta>, Path(number): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    if token != Some(&format!("Bearer token-{number}")) {
        return refusal(401, 190);
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else { return refusal(400, 100) };
    if body["messaging_product"] != "whatsapp" {
        return refusal(400, 100);
    }
    if body["status"] == "read" {
        let mut book = meta.book();
        book.reads.push(body);
        if let Some((status, code)) = book.read_refusals.pop_front() {
            return refusal(status, code);
        }
        return axum::Json(json!({"success": true})).into_response();
    }
    let named = match (body.get("to"), body.get("recipient")) {
        (Some(to), None) => to.as_str().is_some_and(|to| to.starts_with('+')),
        (None, Some(user)) => user.as_str().is_some_and(|user| user.contains('.')),
        (Some(_), Some(_)) | (None, None) => false,
    };
    let (Some(message), Some(kind), true) = (body["biz_opaque_callback_data"].as_str(), body["type"].as_str(), named) else {
        return refusal(400, 100);
    };
    if !body[kind].is_object() {
        return refusal(400, 100);
    }
    let message = message.to_owned();
    let (act, wamid) = {
        let mut book = meta.book();
        let wamid = format!("wamid.{}", book.calls.len());
        let scripted = book.scripts.get_mut(&message).and_then(VecDeque::pop_front);
        let act = scripted.or_else(|| book.by_number.get(&number).copied()).unwrap_or(Act::Accept);
        let taken = match act {
            Act::Accept | Act::AcceptInSilence | Act::BreakAfter(_) | Act::RefuseAfter(..) | Act::Slow(_) => Some(wamid.clone()),
            Act::Silence | Act::Refuse(..) | Act::BreakBefore(_) | Act::RefuseOnceFreed(..) => None,
        };
        book.calls.push(Call { number: number.clone(), message, body, at: Instant::now(), wamid: taken });
        let running = book.running.entry(number.clone()).or_default();
        *running += 1;
        let running = *running;
        let most = book.running_max.entry(number.clone()).or_default();
        *most = running.max(*most);
        (act, wamid)
    };
    let _leave = Leave(meta.clone(), number);
    match act {
        Act::Accept => accepted(&wamid),
        Act::Slow(ms) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            accepted(&wamid)
        }
        Act::AcceptInSilence | Act::Silence => std::future::pending().await,
        Act::Refuse(status, code) | Act::RefuseAfter(status, code) => refusal(status, code),
        Act::RefuseOnceFreed(status, code) => {
            meta.freed.cancelled().await;
            refusal(status, code)
        }
        Act::BreakAfter(status) | Act::BreakBefore(status) => StatusCode::from_u16(status).expect("a status").into_response(),
    }
}

struct Leave(Meta, String);

impl Drop for Leave {
    fn drop(&mut self) {
        *self.0.book().running.entry(self.1.clone()).or_default() -= 1;
    }
}

fn accepted(wamid: &str) -> Response {
    axum::Json(json!({"messaging_product": "whatsapp", "contacts": [{"input": "+1", "wa_id": "1"}], "messages": [{"id": wamid}]}))
        .into_response()
}

async fn media(State(meta): State<Meta>, Path(number): Path<String>, body: Bytes) -> Response {
    let silent = meta.book().silent_uploads.get_mut(&number).map(|count| *count += 1).is_some();
    if silent {
        return std::future::pending().await;
    }
    let mut book = meta.book();
    book.uploads += 1;
    if let Some((status, code)) = book.upload_refusals.pop_front() {
        return refusal(status, code);
    }
    assert!(!body.is_empty(), "a file has bytes");
    if let Some(left) = book.unexplained_uploads.checked_sub(1) {
        book.unexplained_uploads = left;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    axum::Json(json!({"id": format!("90{}", book.uploads)})).into_response()
}
