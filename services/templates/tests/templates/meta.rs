//! A small Meta: templates of accounts as Meta keeps them, one of each name and language, statuses that refuse, lists in pages whose cursors
//! are forgotten. A call can be cut off before it is done or before its answer, refused, or broken.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::sync::Notify;

pub(crate) const TOKEN: &str = "EAAG-token-of-tests";
/// What every template in Meta's library says.
pub(crate) const LIBRARY_TEXT: &str = "Your order {{1}} is on its way.";

/// What goes wrong with a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// Never answered, and not done.
    CutBefore,
    /// Done, and never answered.
    CutAfter,
    /// Refused with this code and these words.
    Refuse(i64, &'static str),
    /// 500 without Meta's error, and not done.
    Broken,
    /// 500 without Meta's error, and done.
    BrokenAfter,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    pub(crate) waba: String,
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) status: String,
    pub(crate) category: String,
    pub(crate) components: Value,
    pub(crate) rejected_reason: Option<String>,
    pub(crate) quality: Option<String>,
    /// It slips between the pages of a list, as one may that moves while the list is read.
    pub(crate) unlisted: bool,
}

#[derive(Default)]
struct Desk {
    templates: BTreeMap<String, Held>,
    calls: Vec<String>,
    faults: Vec<(String, Fault)>,
    /// Cursors that are forgotten when they are next used.
    forget: usize,
    /// Entries of a page.
    page: usize,
    made: u64,
    /// The bytes of uploads.
    uploaded: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Meta {
    desk: Arc<Mutex<Desk>>,
    cut: Arc<Notify>,
    end: Arc<Notify>,
    pub(crate) url: String,
}

type Asked = BTreeMap<String, String>;

impl Meta {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let meta = Self { desk: Arc::default(), cut: Arc::default(), end: Arc::default(), url };
        meta.desk.lock().unwrap().page = 100;
        let router = Router::new().route("/{*path}", any(answer)).with_state(meta.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        meta
    }

    /// Every template, by Meta's id.
    pub(crate) fn templates(&self) -> BTreeMap<String, Held> {
        self.desk.lock().unwrap().templates.clone()
    }

    /// The only template there is.
    pub(crate) fn only(&self) -> (String, Held) {
        let mut templates = self.templates();
        assert_eq!(templates.len(), 1, "{templates:?}");
        templates.pop_first().unwrap()
    }

    /// Somebody makes one at Meta.
    pub(crate) fn make(&self, held: Held) -> String {
        let mut desk = self.desk.lock().unwrap();
        desk.made += 1;
        let id = format!("56420000000{:05}", desk.made);
        desk.templates.insert(id.clone(), held);
        id
    }

    /// Something becomes of all of them at Meta.
    pub(crate) fn change(&self, change: impl Fn(&mut Held)) {
        self.desk.lock().unwrap().templates.values_mut().for_each(change);
    }

    pub(crate) fn remove(&self, id: &str) {
        self.desk.lock().unwrap().templates.remove(id).unwrap();
    }

    /// The next call of that name goes wrong.
    pub(crate) fn fault(&self, call: &str, fault: Fault) {
        self.desk.lock().unwrap().faults.push((call.to_owned(), fault));
    }

    /// Pages have so many entries, and so many cursors are forgotten.
    pub(crate) fn pages(&self, entries: usize, forget: usize) {
        let mut desk = self.desk.lock().unwrap();
        (desk.page, desk.forget) = (entries, forget);
    }

    pub(crate) fn uploaded(&self) -> Vec<u8> {
        self.desk.lock().unwrap().uploaded.clone()
    }

    /// Waits until a call was cut off.
    pub(crate) async fn until_cut(&self) {
        self.cut.notified().await;
    }

    /// The connection of a call that was cut off breaks.
    pub(crate) fn break_off(&self) {
        self.end.notify_one();
    }

    /// How often a call of that name was made.
    pub(crate) fn asked(&self, call: &str) -> usize {
        self.desk.lock().unwrap().calls.iter().filter(|asked| *asked == call).count()
    }

    fn fault_of(&self, call: &str) -> Option<Fault> {
        let mut desk = self.desk.lock().unwrap();
        desk.calls.push(call.to_owned());
        let index = desk.faults.iter().position(|(of, _)| of == call)?;
        Some(desk.faults.remove(index).1)
    }
}

fn refusal(code: i64, subcode: i64, message: &str) -> Response {
    let error = json!({"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "Az8"});
    (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": error }))).into_response()
}

fn fine(body: Value) -> Response {
    axum::Json(body).into_response()
}

async fn answer(
    State(meta): State<Meta>,
    method: Method,
    uri: Uri,
    Path(path): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let call = match (method.as_str(), parts.as_slice()) {
        ("POST", [_, "message_templates"]) => "create",
        ("GET", [_, "message_templates"]) if asked.contains_key("name") => "look",
        ("GET", [_, "message_templates"]) => "list",
        ("DELETE", [_, "message_templates"]) => "delete",
        ("POST", [_, "uploads"]) => "start_upload",
        ("POST", [upload]) if upload.starts_with("upload:") => "send_upload",
        ("POST", [_, "unpause"]) => "unpause",
        ("POST", [_]) => "edit",
        ("GET", [_]) => "show",
        _ => return refusal(100, 0, &format!("Unsupported request {method} {uri}")),
    };
    let kind = if call == "send_upload" { "OAuth" } else { "Bearer" };
    if token != format!("{kind} {TOKEN}") {
        return refusal(190, 0, "Invalid OAuth access token");
    }
    match meta.fault_of(call) {
        None => meta.carry_out(call, &parts, &asked, &body),
        Some(Fault::Refuse(code, message)) => refusal(code, 0, message),
        Some(fault) => {
            if [Fault::CutAfter, Fault::BrokenAfter].contains(&fault) {
                drop(meta.carry_out(call, &parts, &asked, &body));
            }
            if [Fault::Broken, Fault::BrokenAfter].contains(&fault) {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            meta.cut.notify_one();
            meta.end.notified().await;
            Response::new(Body::from_stream(futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))])))
        }
    }
}

impl Meta {
    fn carry_out(&self, call: &str, parts: &[&str], asked: &Asked, body: &Bytes) -> Response {
        match call {
            "create" => self.create(parts[0], body),
            "look" | "list" => self.list(parts[0], asked),
            "delete" => self.delete(parts[0], asked),
            "start_upload" => fine(json!({"id": format!("upload:{}", asked["file_length"])})),
            "send_upload" => {
                self.desk.lock().unwrap().uploaded = body.to_vec();
                let whole = parts[0] == format!("upload:{}", body.len());
                if whole { fine(json!({"h": "4::aW1hZ2U=:ARb"})) } else { refusal(100, 0, "Invalid parameter") }
            }
            _ => self.one(call, parts[0], body),
        }
    }

    fn create(&self, waba: &str, body: &Bytes) -> Response {
        let mut template: Value = serde_json::from_slice(body).unwrap_or_default();
        if template["library_template_name"].is_string() {
            template["components"] = json!([{"type": "BODY", "text": LIBRARY_TEXT}]);
        }
        let text = |key: &str| template[key].as_str().unwrap_or_default().to_owned();
        let (name, language, category) = (text("name"), text("language"), text("category"));
        if name.is_empty() || language.contains('-') || !template["components"].is_array() {
            return refusal(100, 0, "Invalid parameter");
        }
        let same = |held: &Held| held.waba == waba && held.name == name && held.language == language;
        if self.templates().values().any(same) {
            return refusal(100, 2_388_024, "Content in this language already exists");
        }
        let (waba, status) = (waba.to_owned(), "PENDING".to_owned());
        let answer = json!({"status": status, "category": category});
        let id = self.make(Held { waba, name, language, status, category, components: template["components"].clone(), ..Held::default() });
        fine(json!({"id": id, "status": answer["status"], "category": answer["category"]}))
    }

    fn list(&self, waba: &str, asked: &Asked) -> Response {
        let mut desk = self.desk.lock().unwrap();
        let after: usize = asked.get("after").map_or(0, |after| after.parse().unwrap());
        if after > 0 && desk.forget > 0 {
            desk.forget -= 1;
            return refusal(131_059, 0, "Invalid cursor");
        }
        // Meta understands a part of a name too.
        let is_named = |held: &Held| asked.get("name").is_none_or(|name| held.name.contains(name.as_str()));
        let fits = |held: &Held| held.waba == waba && !held.unlisted && is_named(held);
        let fitting: Vec<Value> = desk.templates.iter().filter(|(_, held)| fits(held)).map(|(id, held)| shown(id, held)).collect();
        let end = (after + desk.page).min(fitting.len());
        let mut answer =
            json!({"data": fitting[after..end], "paging": {"cursors": {"before": after.to_string(), "after": end.to_string()}}});
        if end < fitting.len() {
            answer["paging"]["next"] = json!("https://graph.example/next");
        }
        fine(answer)
    }

    fn delete(&self, waba: &str, asked: &Asked) -> Response {
        let mut desk = self.desk.lock().unwrap();
        let Some(id) = asked.get("hsm_id") else { return refusal(100, 0, "a test deletes one language") };
        match desk.templates.get(id) {
            Some(held) if held.waba == waba && held.name == asked["name"] && held.status != "DISABLED" => {
                desk.templates.remove(id);
                fine(json!({"success": true}))
            }
            Some(_) => refusal(100, 2_388_025, "Template cannot be deleted"),
            None => refusal(100, 2_593_002, "Message template not found"),
        }
    }

    fn one(&self, call: &str, id: &str, body: &Bytes) -> Response {
        let mut desk = self.desk.lock().unwrap();
        let Some(held) = desk.templates.get_mut(id) else {
            return refusal(100, 33, "Unsupported request. Object does not exist, or missing permissions");
        };
        match call {
            "show" => return fine(shown(id, held)),
            "unpause" if held.status != "PAUSED" => return refusal(100, 2_388_025, "Template cannot be unpaused"),
            "unpause" => held.status = "APPROVED".to_owned(),
            _ => {
                let change: Value = serde_json::from_slice(body).unwrap_or_default();
                if !["APPROVED", "REJECTED", "PAUSED"].contains(&held.status.as_str()) {
                    return refusal(100, 2_388_025, "Only approved, rejected and paused templates can be edited");
                }
                if change["components"].is_array() {
                    held.components = change["components"].clone();
                }
                if let Some(category) = change["category"].as_str() {
                    if held.status == "APPROVED" {
                        return refusal(100, 2_388_025, "The category of an approved template cannot be changed");
                    }
                    held.category = category.to_owned();
                }
                held.status = "PENDING".to_owned();
            }
        }
        fine(json!({"success": true}))
    }
}

fn shown(id: &str, held: &Held) -> Value {
    json!({"id": id, "name": held.name, "language": held.language, "status": held.status, "category": held.category,
        "parameter_format": "POSITIONAL", "components": held.components, "rejected_reason": held.rejected_reason.as_deref().unwrap_or("NONE"),
        "quality_score": {"score": held.quality.as_deref().unwrap_or("UNKNOWN"), "date": 1}})
}
