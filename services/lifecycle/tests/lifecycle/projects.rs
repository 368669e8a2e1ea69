//! Projects from the outside: created, made ready by what the log says, listed, shown, and the same after any replay.

use crate::others::{MAKING, operation_of};
use crate::world::{Answer, World, fresh_pool, service};
use axum::http::Method;
use contract::{DatabaseStep, Entitlement, Stream, Subject, WorkspaceCreated, WorkspaceEvent, WorkspaceId, WorkspaceKind};
use futures::future::join_all;
use lifecycle::Error;
use serde_json::{Value, json};

fn steps(of: &Value) -> Vec<(&str, &str)> {
    let steps = of["steps"].as_array().unwrap();
    steps.iter().map(|step| (step["name"].as_str().unwrap(), step["status"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_project_is_answered_at_once_and_becomes_ready_by_named_steps() {
    let world = World::new().await;
    let answer = world.post("/v1/projects", Some(json!({"name": "  Pizza Bot "}))).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let (project, operation) = (&answer.body["project"], &answer.body["operation"]);
    assert_eq!((project["name"].as_str(), project["status"].as_str()), (Some("Pizza Bot"), Some("provisioning")));
    assert_eq!(project["conversation_idle_seconds"], 86_400);
    assert_eq!(project["workspace_id"], WorkspaceId::INSTALLATION.to_string());
    assert_eq!(project["operation"], *operation);
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(location, format!("/v1/operations/{}", operation["id"].as_str().unwrap()));

    // Seen at once, by every way.
    let id = project["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.project(id).await, *project);
    assert_eq!(world.get("/v1/projects").await.body["data"], json!([project]));
    assert_eq!(world.get(&location).await.body, *operation);
    assert_eq!(world.get(&format!("/v1/projects/{id}/operations")).await.body["data"], json!([operation]));
    assert_eq!(steps(operation), MAKING.map(|name| (name, "pending")));

    for step in DatabaseStep::ALL {
        world.say_done(id, step).await;
    }
    world.say_all_made(id).await;
    let project = world.until_status(id, "ready").await;
    assert_eq!(world.get("/v1/projects").await.body["data"][0]["status"], "ready");
    assert_eq!(steps(&project["operation"]), MAKING.map(|name| (name, "done")));
    let operation = world.until(&location, "all parts", |answer| !answer.body.to_string().contains("pending")).await.body;
    let parts = operation["steps"][0]["parts"].as_array().unwrap();
    assert!(parts.len() == 4 && parts.iter().all(|part| part["status"] == "done"), "{operation}");
    assert_eq!((operation["status"].as_str(), operation["project_id"].as_str()), (Some("succeeded"), project["id"].as_str()));
    assert!(operation["finished_at"].is_string() && operation["deadline"].is_null());
    let told = world.told(&Subject::project(id)).await;
    assert_eq!(told[..2], ["project_created", "operation_started"]);
    assert_eq!(told[told.len() - 2..], ["project_ready", "operation_completed"]);
    assert_eq!(world.told(&Subject::data_key(id)).await, ["data_key_created"]);
    world.end().await;
}

#[tokio::test]
async fn a_project_whose_database_cannot_be_made_says_so_and_is_tried_again() {
    let world = World::new().await;
    let id = world.create("Pizza").await;
    world.say_done(id, DatabaseStep::Roles).await;
    world.say_failed(id, DatabaseStep::Database).await;
    let project = world.until_status(id, "failed").await;
    assert_eq!(steps(&project["operation"])[0], ("database", "failed"));
    let location = format!("/v1/operations/{}", project["operation"]["id"].as_str().unwrap());
    // Two events say so, one after the other.
    let told = |answer: &Answer| answer.body["error"]["code"] == "database_failed";
    let operation = world.until(&location, "the cause", told).await.body;
    assert_eq!(operation["status"], "failed");
    let parts: Vec<&str> = operation["steps"][0]["parts"].as_array().unwrap().iter().map(|part| part["status"].as_str().unwrap()).collect();
    assert_eq!(parts, ["done", "failed", "pending", "pending"]);
    let reason = json!({"step": "database", "code": "database_failed", "reason": "database: no space"});
    assert_eq!(operation["error"], reason);
    let refused = world.connect(id, "1").await;
    assert_eq!(refused.code(), "project_failed");
    assert!(refused.body["detail"].as_str().unwrap().contains("/retry"), "it says what can be done: {refused:?}");

    let retried = world.post(&format!("/v1/projects/{id}/retry"), None).await;
    assert_eq!((retried.status, &retried.body["id"]), (202, &operation["id"]), "{retried:?}");
    assert_eq!(retried.headers["location"], location.as_str());
    assert_eq!(world.project(id).await["status"], "provisioning");
    assert_eq!(world.post(&format!("/v1/projects/{id}/retry"), None).await.code(), "operation_running");
    world.say_all_made(id).await;
    world.until_status(id, "ready").await;
    assert_eq!(world.post(&format!("/v1/projects/{id}/retry"), None).await.code(), "nothing_failed");
    world.end().await;
}

#[tokio::test]
async fn an_idempotency_key_never_makes_a_second_project() {
    let world = World::new().await;
    let post = |key: &'static str, body: Value| {
        let world = &world;
        async move { world.send(Method::POST, "/v1/projects", &[("idempotency-key", key)], Some(body)).await }
    };
    let racing = join_all((0..20).map(|_| post("order-1", json!({"name": "Pizza"})))).await;
    let ids: Vec<&str> = racing.iter().map(|answer| answer.body["project"]["id"].as_str().expect("a project")).collect();
    assert!(racing.iter().all(|answer| answer.status == 202));
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(racing[0].headers["location"], racing[19].headers["location"]);

    let other = post("order-1", json!({"name": "Pasta"})).await;
    assert_eq!(other.refused(), (422, "idempotency_key_reused"));
    let other = post("order-1", json!({"name": "Pizza", "conversation_idle_seconds": null})).await;
    assert_eq!(other.code(), "idempotency_key_reused");
    assert_ne!(post("order-2", json!({"name": "Pizza"})).await.body["project"]["id"], ids[0]);
    for hostile in ["", " ", "two words", "naïve", &"x".repeat(256)] {
        let refused = world.send(Method::POST, "/v1/projects", &[("idempotency-key", hostile)], Some(json!({"name": "P"}))).await;
        assert_eq!(refused.refused(), (400, "idempotency_key_invalid"), "{hostile:?}");
    }
    assert_eq!(world.get("/v1/projects").await.body["data"].as_array().unwrap().len(), 2);
    world.end().await;
}

#[tokio::test]
async fn racing_bodies_under_one_key_leave_one_project_and_no_doubt() {
    let world = World::new().await;
    let names: Vec<String> = (0..20).map(|n| format!("Pizza {}", n % 2)).collect();
    let answers = join_all(names.iter().map(|name| {
        let (world, body) = (&world, Some(json!({"name": name})));
        async move { world.send(Method::POST, "/v1/projects", &[("idempotency-key", "one")], body).await }
    }))
    .await;
    let winner = world.get("/v1/projects").await.body["data"][0]["name"].as_str().unwrap().to_owned();
    for (name, answer) in names.iter().zip(&answers) {
        let expected = if *name == winner { 202 } else { 422 };
        assert_eq!(answer.status, expected, "{name} while {winner} won: {answer:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn what_a_project_cannot_be_is_refused_with_the_field_that_is_wrong() {
    let world = World::new().await;
    let long = "ä".repeat(101);
    for (body, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"name": " \n "}), "/name"),
        (json!({"name": long}), "/name"),
        (json!({"name": "a\u{0}b"}), "/name"),
        (json!({"name": "a\u{202e}b"}), "/name"),
        (json!({"name": 7}), "/name"),
        (json!({}), "/name"),
        (json!({"name": "P", "conversation_idle_seconds": 0}), "/conversation_idle_seconds"),
        (json!({"name": "P", "conversation_idle_seconds": -1}), "/conversation_idle_seconds"),
        (json!({"name": "P", "conversation_idle_seconds": 4_294_967_295_u32}), "/conversation_idle_seconds"),
        (json!({"name": "P", "conversation_idle_seconds": "86400"}), "/conversation_idle_seconds"),
        (json!({"name": "P", "workspace_id": "wsp_1"}), "/workspace_id"),
        (json!({"name": "P", "id": "prj_00000000000000000000000000"}), "/id"),
    ] {
        let answer = world.send(Method::POST, "/v1/projects", &[], Some(body.clone())).await;
        assert_eq!(answer.refused(), (422, "invalid_body"), "{body}");
        assert_eq!(answer.body["errors"][0]["pointer"], pointer, "{body}: {answer:?}");
    }
    for path in ["/v1/projects/prj_1", "/v1/projects/%00", "/v1/projects/op_00000000000000000000000000", "/v1/operations/x"] {
        assert_eq!(world.get(path).await.status, 400, "{path}");
    }
    for path in ["/v1/projects/prj_00000000000000000000000000", "/v1/operations/op_00000000000000000000000000"] {
        assert_eq!(world.get(path).await.code(), "not_found", "{path}");
    }
    assert_eq!(world.journal.state(Stream::Project).await.unwrap().last, 0, "something was written");
    let off = world.send(Method::POST, "/v1/projects", &[], Some(json!({"name": "P", "conversation_idle_seconds": null}))).await;
    assert_eq!(off.body["project"]["conversation_idle_seconds"], Value::Null);
    let hostile = "'; DROP TABLE lifecycle.projects; -- <script>";
    let id = world.create(hostile).await;
    assert_eq!(world.project(id).await["name"], hostile);
    world.end().await;
}

#[tokio::test]
async fn pages_show_every_project_once_also_while_others_are_created() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for n in 0..25 {
        expected.push(world.create(&format!("P{n}")).await.to_string());
    }
    expected.reverse();
    let (mut seen, mut sizes, mut path) = (Vec::new(), Vec::new(), "/v1/projects?limit=10".to_owned());
    loop {
        let page = world.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        let data = page.body["data"].as_array().unwrap().clone();
        sizes.push(data.len());
        seen.extend(data.iter().map(|project| project["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/projects?limit=10&cursor={cursor}");
        world.create("created meanwhile").await;
    }
    assert_eq!((seen, sizes), (expected, vec![10, 10, 5]));
    assert_eq!(world.get("/v1/projects?limit=100").await.body["data"].as_array().unwrap().len(), 27);
    for query in ["limit=0", "limit=101", "limit=-1", "limit=x", "limit=1&order=up", "cursor=!", "cursor=e30", "cursor="] {
        assert_eq!(world.get(&format!("/v1/projects?{query}")).await.status, 400, "{query}");
    }
    world.end().await;
}

/// What the API shows of everything.
async fn shown(world: &World) -> Vec<Value> {
    let projects = world.get("/v1/projects?limit=100").await.body["data"].as_array().unwrap().clone();
    let mut all = Vec::new();
    for project in projects {
        let id = project["id"].as_str().unwrap().to_owned();
        all.push(project);
        all.push(world.get(&format!("/v1/projects/{id}/operations")).await.body);
    }
    all.push(world.get(&format!("/v1/workspaces/{}/transfers", team())).await.body);
    all
}

fn team() -> WorkspaceId {
    "wsp_00000000000000000000000009".parse().unwrap()
}

/// A project at every place of its life.
async fn populate(world: &World) {
    let (busy, failed, young) = (world.create("A").await, world.create("B").await, world.create("C").await);
    world.connect(busy, "1").await;
    world.connect(busy, "2").await;
    world.connect(young, "1").await;
    world.say_done(busy, DatabaseStep::Roles).await;
    world.say_all_made(busy).await;
    world.say_failed(failed, DatabaseStep::Tables).await;
    world.until_status(busy, "ready").await;
    world.until_status(failed, "failed").await;
    for _ in 0..3 {
        let answer = world.post(&format!("/v1/projects/{busy}/reset"), None).await;
        world.say_reset(busy, operation_of(&answer.body)).await;
        world.until_operation(answer.headers["location"].to_str().unwrap(), "succeeded").await;
    }
    world.say_entitled(busy, Entitlement::Suspended).await;
    world.until_status(busy, "suspended").await;
    let created =
        WorkspaceCreated { name: "W".into(), kind: WorkspaceKind::Team, owner: "usr_00000000000000000000000001".parse().unwrap() };
    world.say(&Subject::workspace(team()), WorkspaceEvent::from(created)).await;
    let offered = world.post(&format!("/v1/projects/{busy}/transfer"), Some(json!({"workspace": team()}))).await;
    assert_eq!(offered.status, 201, "{offered:?}");
    assert_eq!(world.delete(failed, "B").await.status, 202);
    let numberless = |answer: &Answer| answer.body["operation"]["steps"][0]["status"] == "done";
    world.until(&format!("/v1/projects/{failed}"), "its number is nobody's", numberless).await;
}

#[tokio::test]
async fn the_tables_are_built_from_the_log_and_from_nothing_else() {
    let mut world = World::new().await;
    populate(&world).await;
    world.stop().await;
    let before = shown(&world).await;

    // Another, empty platform database over the same log.
    let World { nats, journal, clock, .. } = world;
    let events = journal.state(Stream::Project).await.unwrap().last;
    let world = World::on(nats, journal, fresh_pool().await, clock).await;
    assert_eq!(shown(&world).await, before);
    assert_eq!(world.journal.state(Stream::Project).await.unwrap().last, events);
    world.end().await;
}

#[tokio::test]
async fn rows_that_an_older_version_wrote_are_written_anew() {
    let mut world = World::new().await;
    populate(&world).await;
    world.stop().await;
    let before = shown(&world).await;
    for table in ["projects", "operations"] {
        let older = format!("UPDATE lifecycle.{table} SET form = 0, document = '{{\"old\": true}}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(older)).execute(&world.pool).await.unwrap();
    }
    world.restart().await;
    assert_eq!(shown(&world).await, before);
    world.end().await;
}

#[tokio::test]
async fn another_log_is_refused() {
    let (one, two) = (World::new().await, World::new().await);
    let mixed = service(&two.journal, &one.pool, &one.clock, &one.ids);
    let refused = mixed.prepare().await;
    assert!(matches!(refused, Err(Error::OtherLog(tables::OtherLog { stream: "project", .. }))), "{refused:?}");
}

#[tokio::test]
async fn services_that_start_at_the_same_time_do_not_collide() {
    let world = World::new().await;
    let pool = fresh_pool().await;
    let starts = (0..8).map(|_| {
        let lifecycle = service(&world.journal, &pool, &world.clock, &world.ids);
        tokio::spawn(async move { lifecycle.prepare().await })
    });
    for start in join_all(starts).await {
        start.unwrap().unwrap();
    }
    let outside: Vec<String> = sqlx::query_scalar(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'lifecycle')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(outside, Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn a_write_needs_the_log_and_no_table() {
    let world = World::new().await;
    let id = world.create("Pizza").await;
    world.pool.close().await;
    let connected: Answer = world.connect(id, "1").await;
    assert_eq!(connected.status, 200, "{connected:?}");
    assert_eq!(world.get(&format!("/v1/projects/{id}")).await.code(), "database_unavailable");
    assert_eq!(world.told(&Subject::project(id)).await, ["project_created", "operation_started", "number_connected"]);
}
