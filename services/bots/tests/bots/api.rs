//! Code over HTTP: written as a whole, read by version and by file, and refused with pointers.

use axum::body::Body;
use axum::http::Request;
use bots::initial_version;
use contract::{OperationKind, ProjectId};
use serde_json::{Value, json};

use crate::world::World;

fn upload(text: &str) -> Value {
    json!({"message": format!("says {text}"), "files": {
        "index.js": text,
        "src/a b/größe.js": "nested",
        "logo.png": {"base64": "iVBORw=="},
        "run.sh": {"text": "#!/bin/sh\n", "executable": true},
    }})
}

#[tokio::test]
async fn what_was_written_is_what_is_read() {
    let world = World::new().await;
    let service = world.start();
    let project = world.ready().await;
    let written = world.put(project, Some(&initial_version()), upload("one")).await;
    assert_eq!(written.status, 200, "{}", written.body);
    let shown = world.get(&format!("/v1/projects/{project}/code")).await;
    assert_eq!(shown.body, written.body);
    assert_eq!(shown.body["message"], "says one");
    let executable: Vec<_> = shown.body["files"].as_array().unwrap().iter().filter(|file| file["executable"] == true).collect();
    assert_eq!((executable.len(), &executable[0]["path"]), (1, &json!("run.sh")));
    for (path, bytes) in [("index.js", &b"one"[..]), ("src%2Fa%20b%2Fgr%C3%B6%C3%9Fe.js", b"nested"), ("logo.png", b"\x89PNG")] {
        let file = world.get(&format!("/v1/projects/{project}/code/files/{path}")).await;
        assert_eq!((file.status, &file.bytes[..]), (200, bytes), "{path}");
        assert_eq!(file.headers["content-type"], "application/octet-stream");
        assert_eq!(file.headers["x-content-type-options"], "nosniff");
    }
    let again = world.put(project, None, upload("one")).await;
    assert_eq!((again.status, &again.body["version"]), (200, &written.body["version"]));
    assert_eq!(world.told(project).await, ["initialised", "committed"], "the same files are the same version");
    world.end(service).await;
}

#[tokio::test]
async fn only_the_version_that_was_meant_is_replaced() {
    let world = World::new().await;
    let service = world.start();
    let project = world.ready().await;
    let first = initial_version();
    let one = world.put(project, Some(&first), upload("one")).await.body["version"].as_str().unwrap().to_owned();
    let late = world.put(project, Some(&first), upload("two")).await;
    assert_eq!((late.status, &late.body["code"]), (412, &json!("version_mismatch")));
    assert_eq!(world.put(project, Some(&one), upload("two")).await.status, 200);
    // Everybody at once on the same version: one of them is first.
    let current = world.get(&format!("/v1/projects/{project}/code")).await.body["version"].as_str().unwrap().to_owned();
    let texts: Vec<String> = (0..8).map(|n| format!("racer {n}")).collect();
    let racers = texts.iter().map(|text| world.put(project, Some(&current), upload(text)));
    let answers = futures::future::join_all(racers).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    assert!(answers.iter().all(|answer| [200, 412].contains(&answer.status)));
    // And without a version in mind all of them are granted, one after another.
    let answers = futures::future::join_all(texts.iter().take(4).map(|text| world.put(project, None, upload(text)))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    world.end(service).await;
}

#[tokio::test]
async fn history_is_listed_page_by_page_and_never_loses_a_version() {
    let world = World::new().await;
    let service = world.start();
    let project = world.ready().await;
    for text in ["one", "two", "one"] {
        assert_eq!(world.put(project, None, upload(text)).await.status, 200);
    }
    let path = format!("/v1/projects/{project}/code/versions");
    let all = world.get(&path).await.body;
    let kinds: Vec<_> = all["data"].as_array().unwrap().iter().map(|change| change["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds, &all["next_cursor"]), (vec!["committed", "committed", "committed", "initialised"], &Value::Null));
    assert_eq!(all["data"][0]["actor"], "key_platform");
    assert_eq!(all["data"][3]["actor"], "system");
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("{path}?limit=1{cursor}")).await.body;
        pages.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(json!(pages), all["data"]);
    for bad in ["limit=0", "limit=101", "cursor=x"] {
        assert_eq!(world.get(&format!("{path}?{bad}")).await.status, 400, "{bad}");
    }
    world.end(service).await;
}

#[tokio::test]
async fn what_is_wrong_is_refused_whole_and_named() {
    let world = World::new().await;
    let service = world.start();
    let project = world.ready().await;
    let before = world.stored(&project.to_string());
    let bad =
        json!({"message": "x", "files": {"../../etc/passwd": "1", "/abs": "1", "nul\u{0}": "1", "node_modules/x.js": "1", "ok.js": "1"}});
    let refused = world.put(project, None, bad).await;
    assert_eq!(refused.status, 422);
    let pointers: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/files/..~1..~1etc~1passwd", "/files/~1abs", "/files/node_modules~1x.js", "/files/nul\u{0}"]);
    let huge = world.put(project, None, json!({"message": "x", "files": {"a": "x".repeat(13 * 1024 * 1024)}})).await;
    assert_eq!((huge.status, &huge.body["code"]), (413, &json!("body_too_large")));
    let many: serde_json::Map<String, Value> = (0..9).map(|n| (format!("{n}"), json!("x".repeat(1024 * 1024)))).collect();
    assert_eq!(world.put(project, None, json!({"message": "x", "files": many})).await.status, 422);
    assert_eq!(world.told(project).await, ["initialised"]);
    assert_eq!(world.stored(&project.to_string()), before, "nothing was written");
    world.end(service).await;
}

#[tokio::test]
async fn who_asks_for_what_is_not_there_is_told_so() {
    let world = World::new().await;
    let service = world.start();
    let nobody = ProjectId::from_ulid(world.ids.ulid());
    for path in ["code", "code/versions", "code/files/index.js"] {
        assert_eq!(world.get(&format!("/v1/projects/{nobody}/{path}")).await.status, 404, "{path}");
        let open = Request::get(format!("/v1/projects/{nobody}/{path}")).body(Body::empty()).unwrap();
        assert_eq!(world.call(open).await.status, 401, "{path}");
    }
    assert_eq!(world.put(nobody, None, upload("x")).await.status, 404);
    let project = world.ready().await;
    for path in ["files/nothing.js", "files/..%2F..%2Fetc%2Fpasswd", "files/index.js?version=00"] {
        assert_eq!(world.get(&format!("/v1/projects/{project}/code/{path}")).await.status, 404, "{path}");
    }
    world.begin(project, OperationKind::ResetProject).await;
    let busy = world.put(project, None, upload("x")).await;
    assert_eq!((busy.status, &busy.body["code"]), (409, &json!("operation_running")));
    world.until(project, &["initialised", "reset"]).await;
    world.end(service).await;
    let unmade = world.create().await;
    let early = world.get(&format!("/v1/projects/{unmade}/code")).await;
    assert_eq!((early.status, &early.body["code"]), (409, &json!("code_not_ready")));
}

#[tokio::test]
async fn an_upload_that_loses_to_a_deletion_takes_its_objects_with_it() {
    let world = World::new().await;
    let service = world.start();
    for round in 0..6 {
        let project = world.ready().await;
        let uploads = (0..4).map(|n| world.put(project, None, upload(&format!("{round} {n}"))));
        let (answers, _) = tokio::join!(futures::future::join_all(uploads), world.begin(project, OperationKind::DeleteProject));
        // 503: the folder went while it was written to.
        assert!(answers.iter().all(|answer| [200, 404, 409, 503].contains(&answer.status)));
        let is_erased = |told: &Vec<&'static str>| told.last() == Some(&"erased");
        testbed::found("it is erased", async || world.told(project).await, is_erased).await;
        assert_eq!(world.stored(&project.to_string()), 0, "round {round}");
    }
    world.end(service).await;
}
