//! What stays when something else goes: a reset takes a bot's code back and touches nothing else; a project that changes hands takes its
//! subscription along as it is; one that is suspended and restored is what it was.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod described;
mod furnished;
mod pages;
mod restored;

use std::collections::BTreeMap;

use contract::{ProjectId, Stream};
use e2e::Stage;
use e2e::person::Person;
use reqwest::Method;
use serde_json::{Value, json};

use furnished::{furnished, get, pay, told};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_changes_hands_takes_its_paid_subscription_along() {
    let stage = Stage::start().await;
    let (ada, bob) = (Person::sign_in(&stage, "ada@example.com").await, Person::sign_in(&stage, "bob@example.com").await);
    let team = bob.ask(&stage, Method::POST, "/v1/workspaces", Some(json!({ "name": "Pizza Ltd" }))).await.ok();
    let team = team.body["id"].as_str().unwrap().to_owned();
    let created = ada.ask(&stage, Method::POST, "/v1/projects", Some(json!({ "name": "Pizza" }))).await.ok();
    assert_eq!(created.body["project"]["workspace_id"], *ada.workspace);
    let project: ProjectId = created.body["project"]["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/v1/projects/{project}");
    stage.until("it is ready", async || get(&stage, project, "").await["status"] == "ready").await;
    pay(&stage, project).await;
    let pages = ["/subscription", "/payments", "/credits", "/code", "/database"].map(|page| format!("{path}{page}"));
    let mut before = Vec::new();
    for page in &pages {
        before.push(ada.ask(&stage, Method::GET, page, None).await.ok().body);
        assert_eq!(bob.ask(&stage, Method::GET, page, None).await.status, 404, "{page} before");
    }
    let told = stage.journal.subjects(Stream::Billing, &format!("billing.{project}")).await.unwrap();

    let offer = ada.ask(&stage, Method::POST, &format!("{path}/transfer"), Some(json!({ "workspace": team }))).await.ok();
    let transfer = format!("/v1/workspaces/{team}/transfers/{}", offer.body["id"].as_str().unwrap());
    assert_eq!(ada.ask(&stage, Method::POST, &format!("{transfer}/accept"), None).await.status, 404, "not by whoever offers it");
    bob.ask(&stage, Method::POST, &format!("{transfer}/accept"), None).await.ok();
    stage.until("it is shown to the new owner", async || bob.ask(&stage, Method::GET, &path, None).await.status == 200).await;
    for (page, before) in pages.iter().zip(&before) {
        assert_eq!(ada.ask(&stage, Method::GET, page, None).await.status, 404, "{page}");
        let (mut before, mut after) = (before.clone(), bob.ask(&stage, Method::GET, page, None).await.ok().body);
        // But for the password, and the URL that has it: those of before were known to whoever gave the project away.
        for secret in ["password", "url"].into_iter().filter(|_| page.ends_with("/database")) {
            assert_ne!(after[secret].take(), before[secret].take(), "{secret}");
        }
        assert_eq!(after, before, "{page}");
    }
    assert_eq!(ada.ask(&stage, Method::GET, &path, None).await.status, 404);
    assert_eq!(stage.journal.subjects(Stream::Billing, &format!("billing.{project}")).await.unwrap(), told, "billing says nothing of it");

    // It is the new owner's to pause, and ends when what the old one paid for ends.
    assert_eq!(ada.ask(&stage, Method::POST, &format!("{path}/subscription/pause"), None).await.status, 404);
    let paused = bob.ask(&stage, Method::POST, &format!("{path}/subscription/pause"), None).await.ok();
    assert_eq!((&paused.body["state"], &paused.body["cycle"]), (&json!("pausing"), &before[0]["cycle"]), "{paused:?}");
    stage.finish(0).await;
}
