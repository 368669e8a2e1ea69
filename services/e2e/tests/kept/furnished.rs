//! A project with everything that one can have, and what the log has of it.

use std::collections::BTreeMap;

use contract::{ProjectId, Stream};
use e2e::{Stage, bodies};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const NUMBER: &str = "207358419203847";
const WABA: &str = "104857392016384";
const PHONE: &str = "16505550142";
const FLOW: &str = include_str!("../../../../schemas/meta/flows/valid-minimal.json");

pub(crate) async fn get(stage: &Stage, project: ProjectId, path: &str) -> Value {
    stage.call(Method::GET, &format!("/v1/projects/{project}{path}"), None).await
}

/// Somebody pays a cycle at the provider's page.
pub(crate) async fn pay(stage: &Stage, project: ProjectId) {
    let payer = Some(json!({ "email": "ada@example.com" }));
    let page = stage.call(Method::POST, &format!("/v1/projects/{project}/subscription/pay"), payer).await;
    stage.pay(page["authorization_url"].as_str().unwrap()).await;
    stage.until("a cycle runs", async || get(stage, project, "/subscription").await["state"] == "active").await;
}

/// A project with everything that one can have, and the id of its file.
pub(crate) async fn furnished(stage: &Stage) -> (ProjectId, String) {
    let project = stage.signed_up("Pizza", NUMBER, WABA).await;
    let path = format!("/v1/projects/{project}");
    let settings = json!({ "name": "Pasta", "conversation_idle_seconds": 7_200 });
    stage.call(Method::PATCH, &path, Some(settings)).await;
    stage.call(Method::PATCH, &format!("{path}/profile"), Some(json!({ "about": "Fresh pasta" }))).await;
    for n in 0..5 {
        let body = bodies::text(NUMBER, PHONE, &format!("wamid.{n}"), stage.clock.now().timestamp(), "hello");
        assert_eq!(stage.webhook(body).await, 200);
    }
    stage.settle().await;
    let flow = json!({ "name": "lead", "categories": ["OTHER"], "flow_json": serde_json::from_str::<Value>(FLOW).unwrap() });
    let flow = stage.call(Method::POST, &format!("{path}/flows"), Some(flow)).await["id"].as_str().unwrap().to_owned();
    stage.until("Meta has the Flow", async || get(stage, project, &format!("/flows/{flow}")).await["status"] == "DRAFT").await;
    let body = json!({ "type": "BODY", "text": "Your order is on its way." });
    let template = json!({ "name": "order_shipped", "language": "en_US", "category": "UTILITY", "components": [body] });
    let template = stage.call(Method::POST, &format!("{path}/templates"), Some(template)).await["id"].as_str().unwrap().to_owned();
    stage.until("Meta has it", async || get(stage, project, &format!("/templates/{template}")).await["status"] == "PENDING").await;
    let file = stage.http.post(format!("{}{path}/media?name=menu.txt", stage.base)).bearer_auth(stage.keys.api_key.expose());
    let file = file.header("content-type", "text/plain").body("Pasta, pasta, pasta").send().await.unwrap();
    let file: Value = file.json().await.unwrap();
    pay(stage, project).await;
    (project, file["id"].as_str().unwrap_or_else(|| panic!("{file}")).to_owned())
}

/// How many events each subject of a project has; where its number and its key are, too.
pub(crate) async fn told(stage: &Stage, project: ProjectId) -> BTreeMap<String, u64> {
    let mut told = BTreeMap::new();
    for stream in Stream::ALL {
        let ours = |subject: &str| subject.contains(&project.to_string()) || subject.contains(NUMBER);
        let subjects = stage.journal.subjects(stream, ">").await.unwrap();
        told.extend(subjects.into_iter().filter(|(subject, _)| ours(subject)));
    }
    told
}
