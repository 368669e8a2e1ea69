//! Flows over HTTP: made, listed, shown, revised, judged, refused; with a project that has no number, so that Meta is no part of it.

use axum::http::Method;
use serde_json::{Value, json};
use testbed::until;

use crate::world::{World, bad, good};

#[tokio::test]
async fn a_flow_is_kept_byte_for_byte_with_every_revision_and_waits_for_a_number() {
    let world = World::new().await;
    let project = world.project().await;
    let path = world.make(project, "booking", &good("One")).await;
    let shown = world.get(&path).await;
    assert_eq!((shown.body["revision"].clone(), shown.body["status"].clone()), (json!(1), Value::Null));
    assert_eq!(shown.body["at_meta"]["state"], "not_uploaded");
    assert_eq!(shown.body["revisions"][0]["findings"], json!([]), "{}", shown.body["revisions"][0]["findings"]);
    assert_eq!(shown.headers["etag"], "\"1\"");
    let text = "{ \"version\": \"6.0\",\n  \"screens\": [] }";
    let body = json!({"flow_json": text, "message": " less "});
    let revised = world.send(Method::PUT, &format!("{path}/json"), Some("1"), Some(&body)).await;
    assert_eq!((revised.status, &revised.body["revision"]), (200, &json!(2)), "{}", revised.body);
    assert!(revised.body["notice"].as_str().unwrap().contains("no number"), "{}", revised.body);
    assert_eq!(revised.body["revisions"][0]["message"], "less");
    assert!(!revised.body["revisions"][0]["findings"].as_array().unwrap().is_empty(), "what is wrong is kept with it");
    let json = world.get(&format!("{path}/json")).await;
    assert_eq!((&json.bytes[..], &json.headers["etag"]), (text.as_bytes(), &"\"2\"".parse().unwrap()));
    assert_eq!(world.get(&format!("{path}/revisions/1/json")).await.body, good("One"));
    assert_eq!(world.get(&format!("{path}/revisions/1")).await.body["revision"], 1);
    assert_eq!(world.get(&format!("{path}/revisions/3")).await.status, 404);
    let again = world.send(Method::PUT, &format!("{path}/json"), Some("2"), Some(&json!({"flow_json": text}))).await;
    assert_eq!((again.status, &again.body["revision"]), (200, &json!(2)), "the same bytes change nothing");
    assert_eq!(world.told(&path).await, ["created", "revised", "revised"]);
    until("the file shows what counts", async || world.file(project, "booking.json") == serde_json::from_str(text).unwrap()).await;
    assert_eq!(world.meta.asked(), Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn who_was_too_late_and_who_asks_for_too_much_is_refused() {
    let world = World::new().await;
    let project = world.project().await;
    let flows = format!("/v1/projects/{project}/flows");
    let path = world.make(project, "booking", &good("One")).await;
    let with = |name: &str, more: Value| {
        let mut body = json!({"name": name, "categories": ["SURVEY"]});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        body
    };
    for (body, expected) in [
        (with("booking", json!({})), (409, "name_taken")),
        (with("../etc", json!({})), (422, "invalid_body")),
        (with("space", json!({})), (422, "invalid_body")),
        (with("a", json!({"categories": ["PARTY"]})), (422, "invalid_body")),
        (with("a", json!({"categories": []})), (422, "invalid_body")),
        (with("a", json!({"endpoint_uri": "http://a.b"})), (422, "invalid_body")),
        (with("a", json!({"flow_json": [1]})), (422, "invalid_flow_json")),
        (with("a", json!({"flow_json": "{"})), (422, "invalid_flow_json")),
        (with("a", json!({"flow_json": format!("{{\"a\":{}", "[".repeat(100_000))})), (422, "invalid_flow_json")),
        (with("a", json!({"flow_json": 7})), (422, "invalid_flow_json")),
        (with("a", json!({"message": "x".repeat(501)})), (422, "invalid_body")),
        (with("a", json!({"publish": true})), (422, "invalid_body")),
    ] {
        let refused = world.post(&flows, &body).await;
        assert_eq!(refused.refused(), expected, "{}", refused.body);
    }
    let large = world.post(&flows, &with("a", json!({"flow_json": "x".repeat(11_000_000)}))).await;
    assert_eq!(large.refused(), (422, "invalid_body"));
    let huge = world.post(&flows, &with("a", json!({"flow_json": "x".repeat(26_000_000)}))).await;
    assert_eq!(huge.refused(), (413, "body_too_large"));
    let json = json!({"flow_json": good("Two")});
    let put = async |tag| world.send(Method::PUT, &format!("{path}/json"), Some(tag), Some(&json)).await;
    assert_eq!(put("0").await.refused(), (412, "version_mismatch"));
    assert_eq!(put("x").await.refused(), (412, "version_mismatch"));
    assert_eq!(put("1").await.status, 200);
    assert_eq!(put("1").await.refused(), (412, "version_mismatch"));
    for (path, expected) in [
        (format!("{path}/publish"), (409, "number_not_connected")),
        (format!("{path}/deprecate"), (409, "flow_not_published")),
        (format!("{path}/sync"), (409, "number_not_connected")),
        (format!("{flows}/sync"), (409, "number_not_connected")),
        (format!("{flows}/flw_01M7PY4WHR8E4W4S6JQ2T9ZK3D/publish"), (404, "not_found")),
    ] {
        assert_eq!(world.act(&path).await.refused(), expected, "{path}");
    }
    let choice = json!({"choice": "keep_ours"});
    assert_eq!(world.post(&format!("{path}/drift"), &choice).await.refused(), (409, "no_drift"));
    assert_eq!(world.put(&path, &bad(), false).await.status, 200);
    let publish = world.act(&format!("{path}/publish")).await;
    assert_eq!(publish.refused(), (409, "flow_invalid"));
    assert!(!publish.body["findings"].as_array().unwrap().is_empty(), "{}", publish.body);
    let nobody = contract::ProjectId::from_ulid(world.ids.ulid());
    assert_eq!(world.get(&format!("/v1/projects/{nobody}/flows")).await.status, 404);
    assert_eq!(world.post(&format!("/v1/projects/{nobody}/flows"), &with("a", json!({}))).await.status, 404);
    assert_eq!(world.get(&path.replace(&project.to_string(), &nobody.to_string())).await.status, 404, "another project's");
    assert_eq!(world.meta.asked(), Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn any_json_is_judged_and_nothing_of_it_is_kept() {
    let world = World::new().await;
    let project = world.project().await;
    let check = format!("/v1/projects/{project}/flows/check");
    let fine = world.post(&check, &json!({"flow_json": good("x")})).await;
    assert_eq!(
        (&fine.body["valid"], &fine.body["judged"], &fine.body["version"]),
        (&json!(true), &json!(true), &json!("6.0")),
        "{}",
        fine.body
    );
    for hostile in
        [json!("{"), json!(""), json!("\u{0}"), json!([[]]), json!(1e308), json!("[".repeat(500_000)), json!({"screens": {"a": null}})]
    {
        let judged = world.post(&check, &json!({ "flow_json": hostile })).await;
        assert_eq!((judged.status, &judged.body["valid"]), (200, &json!(false)), "{}", judged.body);
        assert!(!judged.body["findings"].as_array().unwrap().is_empty());
    }
    let text = "{\n  \"version\": \"6.0\",\n  \"screens\": [\n      ]\n}";
    let judged = world.post(&check, &json!({ "flow_json": text })).await.body;
    let pointer = json!({"line_start": 3, "line_end": 4, "column_start": 14, "column_end": 7, "path": "screens"});
    let finding = json!({
        "error": "MIN_ITEMS_REQUIRED", "error_type": "FLOW_JSON_ERROR", "message": "Property 'screens' should have at least '1' items.",
        "line_start": 3, "line_end": 4, "column_start": 14, "column_end": 7, "pointers": [pointer],
    });
    assert_eq!(judged["findings"], json!([finding]), "as Meta writes its own");
    let path = world.make(project, "booking", &bad()).await;
    assert_eq!(world.post(&format!("{path}/check"), &json!({})).await.body["valid"], false);
    assert_eq!(world.post(&format!("{path}/check"), &json!({"flow_json": good("x")})).await.body["valid"], true);
    assert_eq!(world.told(&path).await, ["created", "revised"]);
    world.end().await;
}

#[tokio::test]
async fn a_list_is_by_name_and_page_and_a_name_is_one_flows() {
    let mut world = World::new().await;
    let project = world.project().await;
    let flows = format!("/v1/projects/{project}/flows");
    for name in ["c", "a", "B"] {
        world.make(project, name, &good(name)).await;
    }
    let names =
        |page: &Value| page["data"].as_array().unwrap().iter().map(|flow| flow["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&world.get(&flows).await.body), ["B", "a", "c"]);
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("{flows}?limit=1{cursor}")).await.body;
        found.extend(names(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, ["B", "a", "c"]);
    assert_eq!(names(&world.get(&format!("{flows}?status=PUBLISHED")).await.body), Vec::<String>::new());
    for bad in ["limit=0", "limit=101", "cursor=x"] {
        assert_eq!(world.get(&format!("{flows}?{bad}")).await.status, 400, "{bad}");
    }
    // Names: changed, held, given back with the end of a Flow.
    let a = format!("{flows}/{}", contract::FlowId::of_name(project, "a"));
    let c = format!("{flows}/{}", contract::FlowId::of_name(project, "c"));
    let rename = async |path: &str, name: &str| world.send(Method::PATCH, path, None, Some(&json!({ "name": name }))).await;
    assert_eq!(rename(&a, "c").await.refused(), (409, "name_taken"));
    assert_eq!(rename(&a, "d").await.body["name"], "d");
    assert_eq!(rename(&c, "d").await.refused(), (409, "name_taken"));
    for taken in ["a", "d"] {
        let again = world.post(&flows, &json!({"name": taken, "categories": ["OTHER"]})).await;
        assert_eq!(again.refused(), (409, "name_taken"), "{taken}");
    }
    until("the file has the other name", async || world.file(project, "d.json").is_some() && world.file(project, "a.json").is_none()).await;
    assert_eq!(world.send(Method::DELETE, &a, None, None).await.status, 204);
    assert_eq!(world.send(Method::DELETE, &a, None, None).await.status, 204, "what is deleted stays so");
    assert_eq!(world.get(&a).await.body["at_meta"]["state"], "deleted");
    assert_eq!(world.put(&a, &good("x"), false).await.refused(), (409, "flow_deleted"));
    assert_eq!(names(&world.get(&flows).await.body), ["B", "c"]);
    until("the file is gone", async || world.file(project, "d.json").is_none()).await;
    world.make(project, "d", &good("another")).await;
    let back = world.make(project, "a", &good("again")).await;
    assert_eq!((back == a, world.get(&back).await.body["revision"].clone()), (true, json!(2)), "it goes on counting");
    // Tables that are lost are built anew.
    let before = world.get(&flows).await.body;
    world.halt().await;
    sqlx::query("DELETE FROM flow_sync.flows").execute(&world.pool).await.unwrap();
    world.again(true).await;
    assert_eq!(world.get(&flows).await.body, before);
    world.end().await;
}
