//! Access that ends: through the API of access, for requests and for a live stream that is open.

use std::time::{Duration, Instant};

use e2e::Stage;
use e2e::bodies::text;
use futures::{Stream, StreamExt};
use reqwest::Method;
use serde_json::json;

use crate::cast::Cast;

const NUMBER: &str = "207358419203847";
const WAIT_MAX: Duration = Duration::from_secs(60);
/// It takes milliseconds when they remove somebody. A machine may stand still for some seconds; whoever remembered rights would for longer.
const SOON: Duration = Duration::from_secs(10);

/// What comes next of a live stream; none when it has ended.
async fn next(events: &mut (impl Stream<Item = reqwest::Result<bytes::Bytes>> + Unpin)) -> Option<String> {
    let next = tokio::time::timeout(WAIT_MAX, events.next()).await.expect("the stream says something or ends");
    next.map(|chunk| String::from_utf8_lossy(&chunk.expect("a whole chunk")).into_owned())
}

async fn status(stage: &Stage, path: &str, credentials: &str) -> u16 {
    stage.http.get(format!("{}{path}", stage.base)).bearer_auth(credentials).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_reads_nothing_more_not_even_on_a_stream_that_is_open() {
    let stage = Stage::start().await;
    let cast = Cast::gather(&stage).await;
    let path = format!("/v1/projects/{}", cast.project);
    stage.until("the project is ready", async || stage.call(Method::GET, &path, None).await["status"] == "ready").await;
    stage.connect(cast.project, NUMBER).await;
    let live = async |credentials: &str| {
        let answer = stage.http.get(format!("{}{path}/events", stage.base)).bearer_auth(credentials).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes_stream()
    };
    let (mut admins, mut owners) = (Box::pin(live(&cast.admin.session).await), Box::pin(live(&cast.owner.session).await));
    assert_eq!(stage.webhook(text(NUMBER, "16505550142", "wamid.first", 1_794_992_403, "first")).await, 200);
    let mut heard = String::new();
    while !heard.contains("wamid.first") {
        heard += &next(&mut admins).await.expect("the admin's stream goes on");
    }

    let member = format!("/v1/workspaces/{}/members/{}", cast.workspace, cast.admin.user);
    let removed = stage.http.delete(format!("{}{member}", stage.base)).bearer_auth(&cast.owner.session).send().await.unwrap();
    let removed_at = Instant::now();
    assert!(removed.status().is_success(), "{removed:?}");
    while status(&stage, &path, &cast.admin.session).await != 404 {
        assert!(removed_at.elapsed() < SOON, "still in after {:?}", removed_at.elapsed());
    }
    println!("from the owner's answer to the refusal: {:?}", removed_at.elapsed());
    assert_eq!(stage.webhook(text(NUMBER, "16505550142", "wamid.second", 1_794_992_404, "second")).await, 200);
    let mut heard = String::new();
    while let Some(more) = next(&mut admins).await {
        heard += &more;
    }
    assert!(!heard.contains("wamid.second"), "{heard}");
    let mut heard = String::new();
    while !heard.contains("wamid.second") {
        heard += &next(&mut owners).await.expect("the owner's stream goes on");
    }
    stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_works_no_more_and_one_that_is_replaced_until_its_time_is_up() {
    let stage = Stage::start().await;
    let cast = Cast::gather(&stage).await;
    let (path, keys) = (format!("/v1/projects/{}", cast.project), format!("/v1/workspaces/{}/keys", cast.workspace));
    let ask = async |method: Method, path: &str, body| {
        let request = stage.http.request(method, format!("{}{path}", stage.base)).bearer_auth(&cast.owner.session);
        let answer = request.json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json::<serde_json::Value>().await.unwrap_or_default()
    };
    let issued = ask(Method::POST, &keys, json!({ "name": "One", "scopes": ["projects:read"] })).await;
    let (old, id) = (issued["secret"].as_str().unwrap(), issued["id"].as_str().or(issued["key"]["id"].as_str()).unwrap());
    assert_eq!(status(&stage, &path, old).await, 200, "a new key works at once");
    let rotated = ask(Method::POST, &format!("{keys}/{id}/rotate"), json!({ "overlap_seconds": 60 })).await;
    let (new, new_id) = (rotated["secret"].as_str().unwrap(), rotated["id"].as_str().or(rotated["key"]["id"].as_str()).unwrap());
    assert_eq!((status(&stage, &path, old).await, status(&stage, &path, new).await), (200, 200), "both work for a while");
    stage.clock.advance(chrono::TimeDelta::seconds(61));
    assert_eq!((status(&stage, &path, old).await, status(&stage, &path, new).await), (401, 200), "the time of the old one is up");
    ask(Method::DELETE, &format!("{keys}/{new_id}"), json!(null)).await;
    let revoked_at = Instant::now();
    while status(&stage, &path, new).await != 401 {
        assert!(revoked_at.elapsed() < SOON, "still in after {:?}", revoked_at.elapsed());
    }
    println!("from the answer to the revocation to the refusal: {:?}", revoked_at.elapsed());
    stage.finish(0).await;
}
