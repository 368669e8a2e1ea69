//! The routes of a running house, from its own description.

use std::collections::BTreeSet;

use contract::{ProjectId, WorkspaceId};
use e2e::Stage;
use serde_json::Value;

const METHODS: [&str; 8] = ["get", "put", "post", "patch", "delete", "head", "options", "trace"];

/// One method of one path under `/v1`.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) method: reqwest::Method,
    pub(crate) template: String,
    pub(crate) scope: String,
    /// By which it says that it answers.
    pub(crate) statuses: BTreeSet<u16>,
    pub(crate) takes_json: bool,
    pub(crate) takes_limit: bool,
    pub(crate) takes_query: bool,
}

impl Route {
    pub(crate) fn names_project(&self) -> bool {
        self.template.contains("/projects/{")
    }

    pub(crate) fn names_workspace(&self) -> bool {
        self.template.contains("/workspaces/{")
    }

    /// The path with these and, for the rest, ids of the right form that nobody has.
    pub(crate) fn path(&self, workspace: WorkspaceId, project: ProjectId) -> String {
        let none = project.ulid();
        let mut before = "";
        let segments = self.template.split('/').map(|segment| {
            let filled = match (before, segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'))) {
                (_, None) => segment.to_owned(),
                ("projects", Some(_)) => project.to_string(),
                ("workspaces", Some(_)) => workspace.to_string(),
                (_, Some("path" | "*path")) => "main.js".to_owned(),
                (_, Some("revision")) => "1".to_owned(),
                (_, Some(name)) => format!("{}_{none}", prefix(name)),
            };
            before = segment;
            filled
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

fn prefix(name: &str) -> &str {
    match name {
        "contact" => "con",
        "conversation" => "cnv",
        "message" => "msg",
        "user" => "usr",
        "invite" => "inv",
        "key" => "key",
        "transfer" => "trf",
        "flow" => "flw",
        "template" => "tpl",
        "media" => "med",
        "payment" => "pay",
        "operation" => "op",
        other => panic!("a parameter that this test cannot fill: {other}"),
    }
}

/// Every route under `/v1`, those that delete last; and every other described path.
pub(crate) async fn described(stage: &Stage) -> (Vec<Route>, Vec<String>) {
    let api: Value = stage.http.get(format!("{}/openapi.json", stage.base)).send().await.unwrap().json().await.unwrap();
    let (mut routes, mut open) = (Vec::new(), Vec::new());
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(method, _)| METHODS.contains(&method.as_str())) {
            let security = &operation["security"];
            if !path.starts_with("/v1") || *security == serde_json::json!([{}]) {
                open.push(format!("{} {path}", method.to_uppercase()));
                continue;
            }
            let scope = security[0]["api_key"][0].as_str().unwrap_or_else(|| panic!("{method} {path} says {security}"));
            let method = method.to_uppercase().parse().unwrap();
            let statuses = operation["responses"].as_object().unwrap().keys().filter_map(|status| status.parse().ok()).collect();
            let bodies = operation["requestBody"]["content"].as_object();
            let takes_json = bodies.is_some_and(|bodies| bodies.keys().any(|content_type| content_type.ends_with("json")));
            let takes = |field: &str, value: &str| {
                operation["parameters"].as_array().is_some_and(|parameters| parameters.iter().any(|parameter| parameter[field] == value))
            };
            let (takes_limit, takes_query) = (takes("name", "limit"), takes("in", "query"));
            routes.push(Route { method, template: path.clone(), scope: scope.to_owned(), statuses, takes_json, takes_limit, takes_query });
        }
    }
    routes.sort_by_key(|route| (route.method == reqwest::Method::DELETE, route.template.clone()));
    (routes, open)
}
