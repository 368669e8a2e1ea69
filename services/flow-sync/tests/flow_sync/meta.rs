//! A small Meta: Flows of accounts as Meta keeps them, names that are unique, statuses that refuse; documents come back in Meta's own
//! writing. A call can be cut off before it is done or before its answer, refused, or not answered at all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::sync::Notify;

pub(crate) const TOKEN: &str = "EAAG-token-of-tests";

/// The second from which this Meta's ticks count.
const BEGINNING: i64 = 1_790_000_000;

/// What goes wrong with a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// Never answered, and not done.
    CutBefore,
    /// Done, and never answered.
    CutAfter,
    /// Refused with this code and these words.
    Refuse(i64, &'static str),
    /// 500 without Meta's error.
    Broken,
    /// Done, and answered only when it is let go.
    Late,
    /// Done, and the connection breaks amid the answer.
    BrokenOff,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    pub(crate) name: String,
    pub(crate) waba: String,
    pub(crate) status: String,
    pub(crate) categories: Value,
    pub(crate) endpoint_uri: Option<String>,
    pub(crate) json: Option<Value>,
    pub(crate) updated_at: i64,
    /// It slips between the pages of a list, as one may that moves while the list is read.
    pub(crate) unlisted: bool,
}

#[derive(Default)]
struct Desk {
    flows: BTreeMap<String, Held>,
    calls: Vec<String>,
    faults: Vec<(String, Fault)>,
    /// The call of that number, from the first one on, goes wrong.
    nth: Option<(usize, Fault)>,
    made: u64,
    tick: i64,
}

impl Desk {
    /// Another Flow of its account is called so.
    fn is_anothers_name(&self, id: &str, name: &Value) -> bool {
        let Some(waba) = self.flows.get(id).map(|held| held.waba.as_str()) else { return false };
        self.flows.iter().any(|(other, held)| other != id && held.waba == waba && *name == held.name)
    }
}

impl Held {
    fn update(&mut self, given: &Value) {
        self.status = "DRAFT".to_owned();
        if let Some(name) = given["name"].as_str() {
            self.name = name.to_owned();
        }
        if given["categories"].is_array() {
            self.categories = given["categories"].clone();
        }
        if let Some(endpoint) = given["endpoint_uri"].as_str() {
            self.endpoint_uri = Some(endpoint.to_owned());
        }
    }
}

#[derive(Clone)]
pub(crate) struct Meta {
    desk: Arc<Mutex<Desk>>,
    cut: Arc<Notify>,
    go: Arc<Notify>,
    pub(crate) url: String,
}

impl Meta {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let meta = Self { desk: Arc::default(), cut: Arc::default(), go: Arc::default(), url };
        let router = Router::new().route("/{*path}", any(answer)).with_state(meta.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        meta
    }

    /// Every Flow.
    pub(crate) fn flows(&self) -> Vec<Held> {
        self.desk.lock().unwrap().flows.values().cloned().collect()
    }

    /// The only Flow there is.
    pub(crate) fn only(&self) -> Held {
        let flows = self.flows();
        assert_eq!(flows.len(), 1, "{flows:?}");
        flows[0].clone()
    }

    /// Somebody changes it at Meta.
    pub(crate) fn change(&self, change: impl Fn(&mut Held)) {
        let mut desk = self.desk.lock().unwrap();
        desk.tick += 1;
        let tick = desk.tick;
        for held in desk.flows.values_mut() {
            change(held);
            held.updated_at = tick;
        }
    }

    /// Somebody deletes all at Meta.
    pub(crate) fn clear(&self) {
        self.desk.lock().unwrap().flows.clear();
    }

    /// The next call of that name goes wrong.
    pub(crate) fn fault(&self, call: &str, fault: Fault) {
        self.desk.lock().unwrap().faults.push((call.to_owned(), fault));
    }

    /// The `nth` call from now on goes wrong; 1 is the next one.
    pub(crate) fn fault_nth(&self, nth: usize, fault: Fault) {
        self.desk.lock().unwrap().nth = Some((nth, fault));
    }

    /// Nothing goes wrong any more; says whether something would have.
    pub(crate) fn calm(&self) -> bool {
        let mut desk = self.desk.lock().unwrap();
        desk.faults.clear();
        desk.nth.take().is_some()
    }

    /// The answer that is late is given.
    pub(crate) fn let_go(&self) {
        self.go.notify_one();
    }

    /// Waits until a call was cut off, or its answer held back.
    pub(crate) async fn until_cut(&self) {
        self.cut.notified().await;
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.desk.lock().unwrap().calls)
    }

    fn fault_of(&self, call: &str) -> Option<Fault> {
        let mut desk = self.desk.lock().unwrap();
        match desk.nth.take() {
            Some((0 | 1, fault)) => return Some(fault),
            later => desk.nth = later.map(|(nth, fault)| (nth - 1, fault)),
        }
        let index = desk.faults.iter().position(|(of, _)| of == call)?;
        Some(desk.faults.remove(index).1)
    }
}

fn refusal(code: i64, message: &str) -> Response {
    refusal_of(code, None, message)
}

fn refusal_of(code: i64, subcode: Option<i64>, message: &str) -> Response {
    let error = json!({"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "Az8"});
    (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": error }))).into_response()
}

fn fine(body: Value) -> Response {
    axum::Json(body).into_response()
}

async fn answer(State(meta): State<Meta>, method: Method, uri: Uri, Path(path): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if headers.get("authorization").is_none_or(|value| value != &format!("Bearer {TOKEN}")) {
        return refusal(190, "Invalid OAuth access token");
    }
    let parts: Vec<&str> = path.split('/').collect();
    let call = match (method.as_str(), parts.as_slice()) {
        ("POST", [_, "flows"]) => "create",
        ("GET", [_, "flows"]) => "list",
        ("POST", [_, "assets"]) => "upload",
        ("GET", [_, "assets"]) => "assets",
        ("GET", ["file", _]) => "file",
        ("POST", [_, "publish"]) => "publish",
        ("POST", [_, "deprecate"]) => "deprecate",
        ("DELETE", [_]) => "delete",
        ("POST", [_]) => "update",
        ("GET", [_]) => "show",
        _ => return refusal(100, &format!("Unsupported request {method} {uri}")),
    };
    meta.desk.lock().unwrap().calls.push(call.to_owned());
    match meta.fault_of(call) {
        None => meta.carry_out(call, &parts, &body),
        Some(Fault::Refuse(code, message)) => refusal(code, message),
        Some(Fault::Broken) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(fault) => {
            let done = (fault != Fault::CutBefore).then(|| meta.carry_out(call, &parts, &body));
            meta.cut.notify_one();
            match (done, fault) {
                (Some(response), Fault::Late) => {
                    meta.go.notified().await;
                    response
                }
                (_, Fault::BrokenOff) => {
                    Response::new(Body::from_stream(futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))])))
                }
                _ => std::future::pending().await,
            }
        }
    }
}

impl Meta {
    fn carry_out(&self, call: &str, parts: &[&str], body: &Bytes) -> Response {
        let mut desk = self.desk.lock().unwrap();
        desk.tick += 1;
        let tick = desk.tick;
        let json = || serde_json::from_slice::<Value>(body).unwrap_or_default();
        if call == "create" {
            let body = json();
            let name = body["name"].as_str().unwrap_or_default().to_owned();
            if name.is_empty() || body["categories"].as_array().is_none_or(Vec::is_empty) {
                return refusal(100, "Invalid parameter");
            }
            if desk.flows.values().any(|held| held.waba == parts[0] && held.name == name) {
                return refusal(100, "Flow name is not unique");
            }
            desk.made += 1;
            let id = format!("8127364509{:05}", desk.made);
            let (waba, status, categories) = (parts[0].to_owned(), "DRAFT".to_owned(), body["categories"].clone());
            desk.flows.insert(id.clone(), Held { name, waba, status, categories, updated_at: tick, ..Held::default() });
            return fine(json!({ "id": id }));
        }
        if call == "list" {
            let listed = desk.flows.iter().filter(|(_, held)| held.waba == parts[0] && !held.unlisted);
            let all: Vec<Value> = listed.map(|(id, held)| shown(id, held)).collect();
            return fine(json!({"data": all, "paging": {}}));
        }
        let id = if call == "file" { parts[1] } else { parts[0] };
        if call == "update" && desk.is_anothers_name(id, &json()["name"]) {
            return refusal(100, "Flow name is not unique");
        }
        let Some(held) = desk.flows.get_mut(id) else {
            return refusal_of(100, Some(33), "Unsupported request. Object does not exist, or missing permissions");
        };
        match call {
            "show" => return fine(shown(id, held)),
            "assets" => {
                let url = format!("{}/file/{id}", self.url);
                let asset = json!({"name": "flow.json", "asset_type": "FLOW_JSON", "download_url": url});
                return fine(json!({"data": held.json.iter().map(|_| asset.clone()).collect::<Vec<_>>()}));
            }
            // In Meta's own writing.
            "file" => return serde_json::to_string_pretty(&held.json).unwrap().into_response(),
            "upload" | "update" if !["DRAFT", "PUBLISHED"].contains(&held.status.as_str()) => {
                return refusal(139_001, "Flow can't be updated");
            }
            "upload" => {
                let text = String::from_utf8_lossy(body).into_owned();
                let file = text.split("filename=").nth(1).and_then(|rest| rest.split_once("\r\n\r\n")).unwrap().1;
                let json: Value = serde_json::from_str(file.rsplit_once("\r\n--").unwrap().0).unwrap();
                (held.json, held.status) = (Some(json), "DRAFT".to_owned());
            }
            "update" => held.update(&json()),
            "publish" if held.status != "DRAFT" || held.json.is_none() => return refusal(139_002, "Flow can't be published"),
            "publish" => held.status = "PUBLISHED".to_owned(),
            "deprecate" if held.status != "PUBLISHED" => return refusal(139_003, "Flow can't be deprecated"),
            "deprecate" => held.status = "DEPRECATED".to_owned(),
            "delete" if held.status != "DRAFT" => return refusal(139_004, "Flow can't be deleted"),
            _ => {
                desk.flows.remove(id);
                return fine(json!({"success": true}));
            }
        }
        held.updated_at = tick;
        fine(json!({"success": true, "validation_errors": errors(held)}))
    }
}

/// Meta finds fault with everything that has no screens.
fn errors(held: &Held) -> Value {
    let bad = held.json.as_ref().is_some_and(|json| json["screens"].as_array().is_none_or(Vec::is_empty));
    if bad { json!([{"error": "INVALID_PROPERTY_VALUE", "message": "no screens"}]) } else { json!([]) }
}

fn shown(id: &str, held: &Held) -> Value {
    json!({"id": id, "name": held.name, "status": held.status, "categories": held.categories, "validation_errors": errors(held),
        "endpoint_uri": held.endpoint_uri, "updated_at": BEGINNING + held.updated_at})
}
