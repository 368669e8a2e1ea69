//! What a project's life does to its code, each time once.

use bots::initial_version;
use contract::{BotEvent, OperationKind, ProjectErased};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_new_project_begins_with_a_bot_that_can_be_read() {
    let world = World::new().await;
    let service = world.start();
    let project = world.ready().await;
    let code = world.get(&format!("/v1/projects/{project}/code")).await;
    assert_eq!(code.body["version"], initial_version(), "{}", code.body);
    assert_eq!(code.headers["etag"], format!("\"{}\"", initial_version()));
    let paths: Vec<_> = code.body["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["README.md", "index.js", "package.json"]);
    let file = world.get(&format!("/v1/projects/{project}/code/files/package.json")).await;
    assert!(String::from_utf8_lossy(&file.bytes).contains("express"));
    world.end(service).await;
}

#[tokio::test]
async fn what_is_said_again_is_not_done_again() {
    let world = World::new().await;
    let service = world.start();
    let project = world.ready().await;
    world.recreate(project).await;
    let create = world.begin(project, OperationKind::CreateProject).await;
    world.fail_and_retry(project, create).await;
    let reset = world.begin(project, OperationKind::ResetProject).await;
    world.fail_and_retry(project, reset).await;
    world.until(project, &["initialised", "reset"]).await;
    let other = world.ready().await;
    // Everything that was said before it is handled: the second project's code came after it, and keys are handled in order.
    world.begin(project, OperationKind::ResetProject).await;
    world.until(project, &["initialised", "reset", "reset"]).await;
    assert_eq!(world.told(other).await, ["initialised"]);
    world.end(service).await;
}

#[tokio::test]
async fn a_create_operation_that_is_tried_again_makes_what_was_not_made() {
    let world = World::new().await;
    let blocked = world.folder.path().join("blocked");
    let project = world.create().await;
    std::fs::write(world.folder.path().join(project.to_string()), "a file where the project's folder must be").unwrap();
    let service = world.start();
    testbed::until("its storage is in the way", async || !world.journal.parked().await.unwrap().is_empty()).await;
    let create = world.begin(project, OperationKind::CreateProject).await;
    let other = world.ready().await;
    assert_eq!(world.told(project).await, [""; 0], "its storage is in the way");
    std::fs::rename(world.folder.path().join(project.to_string()), blocked).unwrap();
    world.fail_and_retry(project, create).await;
    world.until(project, &["initialised"]).await;
    world.until(other, &["initialised"]).await;
    world.end(service).await;
}

#[tokio::test]
async fn a_reset_brings_the_first_code_back_and_keeps_every_version() {
    let world = World::new().await;
    let service = world.start();
    let project = world.ready().await;
    let own = world.put(project, None, json!({"message": "Mine", "files": {"index.js": "1"}})).await;
    assert_eq!(own.status, 200, "{}", own.body);
    let operation = world.begin(project, OperationKind::ResetProject).await;
    world.until(project, &["initialised", "committed", "reset"]).await;
    let Some(BotEvent::CodeReset(reset)) = world.said(project).await.pop() else { panic!("the last event is a reset") };
    assert_eq!((reset.version, reset.operation), (initial_version(), operation));
    assert_eq!(reset.parent, own.body["version"]);
    let mine = own.body["version"].as_str().unwrap();
    let file = world.get(&format!("/v1/projects/{project}/code/files/index.js?version={mine}")).await;
    assert_eq!(&file.bytes[..], b"1");
    world.end(service).await;
}

#[tokio::test]
async fn a_deletion_leaves_no_object_and_nothing_comes_after_it() {
    let world = World::new().await;
    let service = world.start();
    let (project, other) = (world.ready().await, world.ready().await);
    assert_eq!(world.put(project, None, json!({"message": "x", "files": {"a": "1"}})).await.status, 200);
    // What a process leaves that is killed while it writes.
    std::fs::write(world.folder.path().join(format!("{project}/code/blobs/{}#1", "0".repeat(64))), "half").unwrap();
    let operation = world.begin(project, OperationKind::DeleteProject).await;
    world.until(project, &["initialised", "committed", "erased"]).await;
    assert_eq!((world.stored(&project.to_string()), world.stored(&other.to_string())), (0, 4));
    let refused = world.put(project, None, json!({"message": "x", "files": {"a": "2"}})).await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("operation_running")));
    world.fail_and_retry(project, operation).await;
    world.recreate(project).await;
    world.complete(project, operation).await;
    world.begin(other, OperationKind::ResetProject).await;
    world.until(other, &["initialised", "reset"]).await;
    assert_eq!(world.told(project).await, ["initialised", "committed", "erased"]);
    assert_eq!(world.stored(&project.to_string()), 0);
    assert_eq!(world.get(&format!("/v1/projects/{project}/code")).await.status, 404);
    // What an upload leaves whose process is killed before it notices.
    std::fs::create_dir_all(world.folder.path().join(format!("{project}/code/blobs"))).unwrap();
    std::fs::write(world.folder.path().join(format!("{project}/code/blobs/{}", "0".repeat(64))), "late").unwrap();
    world.say(project, ProjectErased { operation, left: None }).await;
    testbed::until("late files go too", async || !world.folder.path().join(project.to_string()).exists()).await;
    assert_eq!(world.told(project).await, ["initialised", "committed", "erased"]);
    world.end(service).await;
}
