//! Work that takes time: one at a time, given up when its time is up, tried again; and the changes that need none.

use axum::http::Method;
use chassis::Clock;
use chrono::TimeDelta;
use contract::Subject;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::others::{MAKING, operation_of};
use crate::world::{Answer, World};

fn standing() -> Clock {
    Clock::manual(Clock::System.now())
}

async fn reset(world: &World, id: contract::ProjectId) -> Answer {
    world.post(&format!("/v1/projects/{id}/reset"), None).await
}

async fn patch(world: &World, id: contract::ProjectId, headers: &[(&str, &str)], body: Value) -> Answer {
    world.send(Method::PATCH, &format!("/v1/projects/{id}"), headers, Some(body)).await
}

#[tokio::test]
async fn a_reset_is_asked_for_and_done_by_whoever_keeps_the_code() {
    let world = World::new().await;
    let id = world.ready("Pizza").await;
    let before = world.project(id).await;
    let answer = reset(&world, id).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!((answer.body["kind"].as_str(), answer.body["status"].as_str()), (Some("reset_project"), Some("running")));
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(world.project(id).await["status"], "ready", "a reset takes nothing away");

    let second = reset(&world, id).await;
    assert_eq!(second.refused(), (409, "operation_running"));
    assert_eq!(second.headers["location"], location.as_str(), "it names the one that runs");
    world.say_reset(id, operation_of(&answer.body)).await;
    world.until_operation(&location, "succeeded").await;
    let after = world.project(id).await;
    for unchanged in ["name", "workspace_id", "number", "conversation_idle_seconds", "status", "created_at"] {
        assert_eq!(after[unchanged], before[unchanged], "{unchanged}");
    }
    let kinds = world.get(&format!("/v1/projects/{id}/operations")).await.body["data"].as_array().unwrap().clone();
    let kinds: Vec<&str> = kinds.iter().map(|operation| operation["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reset_project", "create_project"]);
    world.end().await;
}

#[tokio::test]
async fn of_many_operations_asked_for_at_once_one_begins_and_the_others_are_told_which() {
    let world = World::new().await;
    for round in 0..16 {
        let id = world.ready(&format!("P{round}")).await;
        let name = format!("P{round}");
        let (resets, deletion) = tokio::join!(join_all((0..7).map(|_| reset(&world, id))), world.delete(id, &name));
        let all: Vec<&Answer> = resets.iter().chain([&deletion]).collect();
        let won: Vec<_> = all.iter().filter(|answer| answer.status == 202).collect();
        assert_eq!(won.len(), 1, "{all:?}");
        let location = &won[0].headers["location"];
        let lost = all.iter().filter(|answer| answer.code() == "operation_running" && answer.headers["location"] == location);
        assert_eq!(lost.count(), 7, "{all:?}");
        let started = world.told(&Subject::project(id)).await.iter().filter(|told| *told == "operation_started").count();
        assert_eq!(started, 2, "the one that made it and the one that won");
    }
    world.end().await;
}

#[tokio::test]
async fn what_nobody_reports_is_given_up_at_its_deadline_and_not_before() {
    let world = World::at(standing()).await;
    let id = world.create("Pizza").await;
    for step in MAKING.into_iter().filter(|step| *step != "flow_space") {
        world.say_made(id, step).await;
    }
    world.until_told(id, |told| told.len() == 5).await;
    let operation = world.project(id).await["operation"].clone();
    let deadline: chrono::DateTime<chrono::Utc> = operation["deadline"].as_str().unwrap().parse().unwrap();
    world.clock.set(deadline - TimeDelta::microseconds(1));
    // Something that is handled after the poller was woken: by then it would have failed.
    world.ready("Other").await;
    assert_eq!(world.project(id).await["status"], "provisioning");

    world.clock.set(deadline);
    let project = world.until_status(id, "failed").await;
    let error = json!({"step": "flow_space", "code": "deadline_passed", "reason": "was not done within 15 minutes"});
    assert_eq!(project["operation"]["error"], error);
    assert_eq!(project["operation"]["finished_at"], operation["deadline"]);

    // It was only slow: what comes too late ends it well all the same.
    world.say_made(id, "flow_space").await;
    let project = world.until_status(id, "ready").await;
    assert_eq!((project["operation"]["status"].as_str(), project["operation"]["error"].is_null()), (Some("succeeded"), true));
    world.end().await;
}

#[tokio::test]
async fn deadlines_that_pass_together_fire_in_their_order() {
    let world = World::at(standing()).await;
    let mut projects = Vec::new();
    for n in 0..8 {
        projects.push(world.create(&format!("P{n}")).await);
        world.clock.advance(TimeDelta::seconds(1));
    }
    let before = world.journal.state(contract::Stream::Project).await.unwrap().last;
    world.clock.advance(TimeDelta::days(1));
    for id in &projects {
        world.until_status(*id, "failed").await;
    }
    let mut failed = Vec::new();
    for id in &projects {
        let events = world.journal.entity(&Subject::project(*id)).await.unwrap();
        failed.push(events.last().unwrap().sequence);
    }
    assert!(failed[0] > before && failed.is_sorted(), "{failed:?}");
    world.end().await;
}

#[tokio::test]
async fn a_deadline_that_passed_while_nobody_ran_fires_at_the_start() {
    let mut world = World::at(standing()).await;
    let id = world.ready("Pizza").await;
    let location = reset(&world, id).await.headers["location"].to_str().unwrap().to_owned();
    world.stop().await;
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(world.get(&location).await.body["status"], "running");
    world.restart().await;
    let operation = world.until_operation(&location, "failed").await;
    assert_eq!(operation["error"]["code"], "deadline_passed");
    assert_eq!(world.project(id).await["status"], "ready", "a reset that failed leaves the project as it was");

    let retried = world.post(&format!("/v1/projects/{id}/retry"), None).await;
    assert_eq!(retried.status, 202, "{retried:?}");
    world.say_reset(id, operation_of(&operation)).await;
    world.until_operation(&location, "succeeded").await;
    world.end().await;
}

#[tokio::test]
async fn an_update_is_a_merge_patch() {
    let world = World::new().await;
    let id = world.ready("Pizza").await;
    let before = world.project(id).await;
    let answer = patch(&world, id, &[], json!({"name": " Pasta "})).await;
    assert_eq!((answer.status, &answer.body["name"]), (200, &json!("Pasta")), "{answer:?}");
    assert_eq!(answer.body["conversation_idle_seconds"], before["conversation_idle_seconds"]);
    assert_eq!(answer.headers["etag"], format!("\"{}\"", answer.body["version"]));
    assert_eq!(world.project(id).await, answer.body);
    let answer = patch(&world, id, &[], json!({"conversation_idle_seconds": null})).await;
    assert_eq!((&answer.body["name"], &answer.body["conversation_idle_seconds"]), (&json!("Pasta"), &Value::Null));
    let answer = patch(&world, id, &[], json!({"unknown_outcome": "send_again"})).await;
    assert_eq!((&answer.body["name"], &answer.body["unknown_outcome"]), (&json!("Pasta"), &json!("send_again")));
    let nothings =
        [json!({}), json!({"name": "Pasta"}), json!({"conversation_idle_seconds": null}), json!({"unknown_outcome": "send_again"})];
    for nothing in nothings {
        assert_eq!(patch(&world, id, &[], nothing).await.body, answer.body);
    }
    for (body, pointer) in [
        (json!({"name": null}), "/name"),
        (json!({"name": ""}), "/name"),
        (json!({"name": "a\u{202e}b"}), "/name"),
        (json!({"conversation_idle_seconds": 0}), "/conversation_idle_seconds"),
        (json!({"conversation_idle_seconds": "1"}), "/conversation_idle_seconds"),
        (json!({"unknown_outcome": "maybe"}), "/unknown_outcome"),
        (json!({"workspace_id": "wsp_00000000000000000000000002"}), "/workspace_id"),
        (json!({"status": "ready"}), "/status"),
    ] {
        let refused = patch(&world, id, &[], body.clone()).await;
        assert_eq!(refused.refused(), (422, "invalid_body"), "{body}");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{body}: {refused:?}");
    }
    let answer = patch(&world, id, &[], json!({"unknown_outcome": null})).await;
    assert_eq!(answer.body["unknown_outcome"], "give_up");
    assert_eq!(world.told(&Subject::project(id)).await.iter().filter(|told| *told == "project_updated").count(), 2);
    world.end().await;
}

#[tokio::test]
async fn of_two_who_looked_at_the_same_version_one_writes() {
    let world = World::new().await;
    let id = world.ready("Pizza").await;
    for round in 0..16 {
        let etag = world.get(&format!("/v1/projects/{id}")).await.headers["etag"].to_str().unwrap().to_owned();
        let write = |who: &'static str| {
            let (world, etag) = (&world, &etag);
            async move { patch(world, id, &[("if-match", etag)], json!({"name": format!("{who} {round}")})).await }
        };
        let (one, two) = tokio::join!(write("One"), write("Two"));
        let mut statuses = [one.status, two.status];
        statuses.sort();
        assert_eq!(statuses, [200, 412], "{one:?} {two:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_failure_counts_for_the_try_that_it_happened_in_whatever_the_clock_of_another_host_says() {
    let world = World::new().await;
    let id = world.create("Pizza").await;
    let path = format!("/v1/projects/{id}");
    let reason = async |reason: &str| {
        let wanted = format!("database: {reason}");
        world.until(&path, &wanted, |answer| answer.body["operation"]["error"]["reason"] == *wanted).await
    };
    let created = world.journal.entity(&Subject::project(id)).await.unwrap()[0].id;
    world.say_failed_upon(id, created, TimeDelta::seconds(-5), "no space").await;
    reason("no space").await;
    assert_eq!(world.post(&format!("{path}/retry"), None).await.status, 202);
    let retried = world.journal.last(&Subject::project(id)).await.unwrap().unwrap().id;
    // Of the try before, and of this one: handled in this order, and the first that counts is the one that is told.
    world.say_failed_upon(id, created, TimeDelta::seconds(5), "of old").await;
    world.say_failed_upon(id, retried, TimeDelta::seconds(-5), "still no space").await;
    reason("still no space").await;
    world.end().await;
}
