//! What stays when something else goes: a reset takes a bot's code back and touches nothing else; a project that changes hands takes its
//! subscription along as it is; one that is suspended and restored is what it was.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod described;
mod furnished;
mod handed;
mod pages;
mod restored;

use std::collections::BTreeMap;

use contract::ProjectId;
use e2e::Stage;
use reqwest::Method;
use serde_json::{Value, json};

use furnished::{furnished, get, told};

/// Everything that the API shows of a project, by its path; of the project itself what no operation changes.
async fn shown(stage: &Stage, project: ProjectId, file: &str) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for path in
        ["", "/contacts", "/conversations", "/flows", "/templates", "/subscription", "/payments", "/credits", "/profile", "/database"]
    {
        all.insert(path.to_owned(), get(stage, project, path).await);
    }
    let ids = |list: &str| -> Vec<String> {
        all[list]["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let (contacts, flows) = (ids("/contacts"), ids("/flows"));
    assert!(!contacts.is_empty() && !flows.is_empty() && !ids("/templates").is_empty(), "{all:?}");
    let messages = contacts.iter().map(|id| format!("/contacts/{id}/messages"));
    for path in messages.chain(flows.iter().map(|id| format!("/flows/{id}/json"))).chain([format!("/media/{file}")]) {
        let answer = get(stage, project, &path).await;
        all.insert(path, answer);
    }
    let itself = all.get_mut("").unwrap().as_object_mut().unwrap();
    for moves in ["version", "updated_at", "operation"] {
        itself.remove(moves).unwrap_or_else(|| panic!("{moves} is shown"));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_takes_the_code_back_to_what_it_began_as_and_touches_nothing_else() {
    let stage = Stage::start().await;
    let (project, file) = furnished(&stage).await;
    let code = async || get(&stage, project, "/code").await;
    let initial = code().await;
    let path = format!("/v1/projects/{project}");
    for words in ["one", "two"] {
        let files = json!({ "files": { "other.js": { "text": words } }, "message": words });
        stage.call(Method::PUT, &format!("{path}/code"), Some(files)).await;
    }
    let changed = code().await;
    assert_ne!(changed["version"], initial["version"]);
    let (before, told_before) = (shown(&stage, project, &file).await, told(&stage, project).await);

    let operation = stage.call(Method::POST, &format!("{path}/reset"), None).await;
    let operation = format!("/v1/operations/{}", operation["id"].as_str().unwrap());
    stage.until("it is reset", async || stage.call(Method::GET, &operation, None).await["status"] == "succeeded").await;

    let after = code().await;
    assert_eq!((&after["version"], &after["files"]), (&initial["version"], &initial["files"]));
    let kinds = get(&stage, project, "/code/versions").await;
    let kinds: Vec<&str> = kinds["data"].as_array().unwrap().iter().map(|version| version["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reset", "committed", "committed", "initialised"], "what was is still there to go back to");
    let old = get(&stage, project, &format!("/code?version={}", changed["version"].as_str().unwrap())).await;
    assert_eq!(old["files"], changed["files"]);

    assert_eq!(shown(&stage, project, &file).await, before);
    let mut told_after = told(&stage, project).await;
    // The operation: begun, its step done, ended. The code: reset.
    for (subject, more) in [(format!("project.{project}"), 3), (format!("bot.{project}"), 1)] {
        *told_after.get_mut(&subject).unwrap() -= more;
    }
    assert_eq!(told_after, told_before, "the log says no more than that");
    stage.finish(0).await;
}
