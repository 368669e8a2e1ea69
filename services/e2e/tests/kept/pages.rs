//! Everything that the API shows of a project: each route of its own that answers to a GET, found in the description of the API, so that one
//! that is added is looked at too; and who may reach it, at its workspace.

use std::collections::BTreeMap;

use contract::{ProjectId, WorkspaceId};
use e2e::Stage;
use reqwest::Method;
use serde_json::Value;

use crate::furnished::get;

/// Not looked at: a stream that does not end and shows what happens, and what is there only while Meta has another Flow than we.
const PASSING: [&str; 2] = ["/events", "/flows/{flow}/drift/json"];
/// More than any list of these has.
const LIMIT: &str = "limit=100";

/// Where everything is shown, by a short name: its path below the project's, or the workspace's.
pub(crate) async fn pages(stage: &Stage, project: ProjectId, file: &str) -> BTreeMap<String, String> {
    let things = things(stage, project, file).await;
    let description = stage.call(Method::GET, "/openapi.json", None).await;
    let mut pages = BTreeMap::new();
    for (path, route) in description["paths"].as_object().unwrap() {
        let Some(below) =
            path.strip_prefix("/v1/projects/{project}").filter(|below| !PASSING.contains(below) && route.get("get").is_some())
        else {
            continue;
        };
        let name: Vec<&str> = below.split('/').map(|part| filled(part, &things, path)).collect();
        let name = name.join("/");
        let query = if below == "/messages" { format!("wamid={}", things["wamid"]) } else { limit(&route["get"]) };
        pages.insert(name.clone(), format!("/v1/projects/{project}{name}?{query}"));
    }
    assert!(pages.len() >= 30, "{pages:?}");
    for name in ["members", "keys", "invites"] {
        pages.insert(format!("workspace/{name}"), format!("/v1/workspaces/{}/{name}", WorkspaceId::INSTALLATION));
    }
    pages
}

/// What each of these shows. All of them show something.
pub(crate) async fn shown(stage: &Stage, pages: &BTreeMap<String, String>) -> BTreeMap<String, Value> {
    let mut shown = BTreeMap::new();
    for (name, path) in pages {
        let answer = stage.http.get(format!("{}{path}", stage.base)).bearer_auth(stage.keys.api_key.expose()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path} answered {status}: {text}");
        shown.insert(name.clone(), serde_json::from_str(&text).unwrap_or(Value::String(text)));
    }
    shown
}

/// What parameters of paths stand for: the first of each.
async fn things(stage: &Stage, project: ProjectId, file: &str) -> BTreeMap<&'static str, String> {
    let first = async |list: &str, field: &str| {
        let shown = get(stage, project, list).await;
        shown["data"][0][field].as_str().unwrap_or_else(|| panic!("{list} shows no {field}: {shown}")).to_owned()
    };
    let contact = first("/contacts", "id").await;
    let messages = format!("/contacts/{contact}/messages");
    let code = get(stage, project, "/code").await;
    BTreeMap::from([
        ("message", first(&messages, "id").await),
        ("wamid", first(&messages, "wamid").await),
        ("contact", contact),
        ("conversation", first("/conversations", "id").await),
        ("flow", first("/flows", "id").await),
        ("revision", "1".to_owned()),
        ("template", first("/templates", "id").await),
        ("media", file.to_owned()),
        ("path", code["files"][0]["path"].as_str().unwrap().to_owned()),
    ])
}

/// A part of a path, or what stands for it.
fn filled<'a>(part: &'a str, things: &'a BTreeMap<&'static str, String>, path: &str) -> &'a str {
    let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else { return part };
    things.get(name).unwrap_or_else(|| panic!("nothing is furnished for {part} of {path}"))
}

/// Of a list, as much as it shows at once.
fn limit(route: &Value) -> String {
    let takes_limit = route["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == "limit"));
    if takes_limit { LIMIT.to_owned() } else { String::new() }
}
