//! States: compared and set, by one of those who saw the same; conversations closed and opened again.

use axum::http::Method;
use contract::ProjectId;
use futures::future::join_all;
use serde_json::{Value, json};
use testbed::Answer;

use crate::fixture::{World, contact, conversation, opened};
use crate::stage::hello;

/// The tables show it then; the answer alone may come before that.
async fn change(world: &World, project: ProjectId, n: u64, etag: Option<&str>, body: Value) -> Answer {
    let headers: Vec<_> = etag.map(|etag| ("if-match", etag)).into_iter().collect();
    let path = format!("/v1/projects/{project}/conversations/{}", conversation(n));
    let answer = world.ask(Method::PATCH, &path, &headers, &body).await;
    world.catch_up(project).await;
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_set_by_who_has_seen_the_one_before() {
    let (world, project) = World::speaking().await;
    world.somebody(project).await;
    let path = format!("/v1/projects/{project}/conversations/{}", conversation(1));
    let shown = world.server.answer(&path, &[]).await;
    assert_eq!(shown.headers()["etag"], "\"0\"");
    change(&world, project, 1, None, json!({"state": "paid"})).await.problem(428, "version_needed");
    let answer = change(&world, project, 1, Some("\"0\""), json!({"state": "paid", "why": "the money came"})).await;
    assert_eq!(answer.headers["etag"], "\"1\"");
    let body = answer.done(200);
    assert_eq!((&body["state"], &body["state_version"]), (&json!("paid"), &json!(1)));
    let stale = change(&world, project, 1, Some("\"0\""), json!({"state": "lost"})).await;
    assert_eq!(stale.headers["etag"], "\"1\"");
    let problem = stale.problem(412, "state_changed");
    assert_eq!((&problem["state"], &problem["state_version"]), (&json!("paid"), &json!(1)));
    for no_tag in ["17", "\"01\"", "W/\"1\"", "\"1\", \"2\""] {
        let problem = change(&world, project, 1, Some(no_tag), json!({"state": "lost"})).await.problem(412, "state_changed");
        assert_eq!(problem.get("state"), None, "{no_tag}");
    }
    // A state that nobody knows is as good as any.
    let unknown = "🛵 unterwegs ".repeat(15);
    change(&world, project, 1, Some("*"), json!({"state": unknown.trim()})).await.done(200);
    let shown = world.found(&path).await;
    let changes = shown["state_changes"].as_array().unwrap();
    assert_eq!((changes.len(), &changes[1]["by"], &changes[1]["why"]), (2, &json!("key_platform"), &json!("the money came")));
    assert_eq!((&changes[1]["from"], &changes[1]["to"], &changes[0]["why"]), (&json!("ordering"), &json!("paid"), &Value::Null));
    // What is so already stays, and takes no version.
    let same = change(&world, project, 1, Some("\"2\""), json!({"state": unknown.trim()})).await.done(200);
    assert_eq!(same["state_version"], json!(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_saw_the_same_one_wins_and_the_others_are_told_what_it_is_now() {
    let (world, project) = World::speaking().await;
    world.somebody(project).await;
    for round in 0..5 {
        let etag = format!("\"{round}\"");
        let answers = join_all((0..8).map(|n| change(&world, project, 1, Some(&etag), json!({"state": format!("{round} {n}")})))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1, "round {round}");
        for answer in lost {
            assert_eq!(answer.problem(412, "state_changed")["state"], won[0].body["state"]);
        }
    }
    let changed = world.types(project, contact(1)).await.iter().filter(|kind| *kind == "conversation_state_changed").count();
    assert_eq!(changed, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_closed_and_opened_again_as_long_as_none_came_after_it() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let closed = change(&world, project, 1, None, json!({"open": false})).await.done(200);
    assert_eq!(closed["close_reason"], json!("request"));
    change(&world, project, 1, None, json!({"open": false})).await.done(200);
    let by_name = format!("/v1/projects/{project}/conversations/{}/messages?dry_run=true", conversation(1));
    world.post(&by_name, hello()).await.problem(409, "conversation_closed");
    assert_eq!(world.try_send(project, who, &hello()).await.done(200)["conversation"], Value::Null, "another would open");
    let reopened = change(&world, project, 1, None, json!({"open": true})).await.done(200);
    assert_eq!((&reopened["closed_at"], &reopened["close_reason"]), (&Value::Null, &Value::Null));
    world.post(&by_name, hello()).await.done(200);
    assert_eq!(world.try_send(project, who, &hello()).await.done(200)["conversation"], json!(conversation(1)));
    // Both at once: the state first.
    let both = change(&world, project, 1, Some("\"0\""), json!({"state": "done", "open": false})).await.done(200);
    assert_eq!((&both["state"], both["closed_at"].is_string()), (&json!("done"), true));
    change(&world, project, 1, Some("\"1\""), json!({"state": "done after all"})).await.done(200);
    let types = world.types(project, who).await;
    let expected =
        ["conversation_closed", "conversation_reopened", "conversation_state_changed", "conversation_closed", "conversation_state_changed"];
    assert_eq!(types[3..], expected.map(str::to_owned));
    // Another one comes: the first stays as it is.
    world.say(project, who, vec![opened(2, None, 9)]).await;
    change(&world, project, 1, None, json!({"open": true})).await.problem(409, "conversation_not_latest");
    change(&world, project, 1, Some("*"), json!({"state": "x"})).await.problem(409, "conversation_not_latest");
    change(&world, project, 2, None, json!({"open": true})).await.done(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_make_no_sense_are_refused_by_pointer() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    for (body, pointer) in [
        (json!({}), ""),
        (json!({"why": "x"}), ""),
        (json!({"state": ""}), "/state"),
        (json!({"state": "s".repeat(201)}), "/state"),
        (json!({"state": "a\u{0}b"}), "/state"),
        (json!({"state": "a\nb"}), "/state"),
        (json!({"state": 1}), "/state"),
        (json!({"state": "ok", "why": ""}), "/why"),
        (json!({"state": "ok", "why": "w".repeat(1_001)}), "/why"),
        (json!({"open": false, "why": "w"}), "/why"),
        (json!({"open": "no"}), "/open"),
        (json!({"state": "ok", "more": 1}), "/more"),
    ] {
        let problem = change(&world, project, 1, Some("*"), body.clone()).await.problem(422, "invalid_body");
        assert_eq!(problem["errors"].as_array().map_or("", |errors| errors[0]["pointer"].as_str().unwrap()), pointer, "{body}: {problem}");
    }
    change(&world, project, 1, Some("*"), json!({"state": "s".repeat(200)})).await.done(200);
    change(&world, project, 7, Some("*"), json!({"state": "x"})).await.problem(404, "not_found");
    assert_eq!(world.types(project, who).await.len(), 4);
}
