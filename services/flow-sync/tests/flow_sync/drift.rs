//! Somebody works at Meta: that is found and told, nothing is overwritten, and it is chosen what counts.

use std::time::Duration;

use axum::http::Method;
use clap::{Args, Command, FromArgMatches};
use flow_sync::config::ReconcileArgs;
use serde_json::{Value, json};

use crate::meta::Fault;
use crate::world::{World, good};

async fn changed(world: &World, path: &str, title: &str) -> Value {
    world.meta.change(|held| held.json = Some(good(title)));
    let synced = world.act(&format!("{path}/sync")).await;
    assert_eq!((synced.status, &synced.body["at_meta"]["state"]), (200, &json!("drifted")), "{}", synced.body);
    assert_eq!(world.meta.only().json, Some(good(title)), "nothing was overwritten");
    synced.body
}

#[tokio::test]
async fn what_meta_writes_otherwise_is_no_change_and_what_it_does_not_change_is_not_fetched() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    let sync = format!("/v1/projects/{project}/flows/sync");
    world.meta.asked();
    for expected in [vec!["list", "assets", "file"], vec!["list"], vec!["list"]] {
        let synced = world.act(&sync).await;
        assert_eq!(synced.body["data"][0]["at_meta"]["state"], "in_sync", "{}", synced.body);
        assert_eq!(world.meta.asked(), expected);
    }
    assert_eq!(world.told(&path).await, ["created", "revised", "linked", "status_reported", "uploaded"]);
    world.meta.change(|held| held.status = "BLOCKED".to_owned());
    assert_eq!(world.act(&sync).await.body["data"][0]["status"], "BLOCKED", "shown as it is");
    assert_eq!(world.put(&path, &good("Two"), true).await.refused(), (409, "flow_restricted"));
    world.meta.fault("list", Fault::Refuse(4, "Too many calls"));
    assert_eq!(world.act(&sync).await.body["stopped"], "meta_rate_limited");
    world.end().await;
}

#[tokio::test]
async fn a_change_at_meta_is_found_shown_and_overwritten_only_when_somebody_chose_so() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("Ours")).await;
    let body = changed(&world, &path, "Theirs").await;
    let expected = json!([{"pointer": "/screens/0/title", "change": "changed", "ours": "Ours", "theirs": "Theirs"}]);
    assert_eq!((&body["drift"]["differences"], &body["drift"]["more_differences"]), (&expected, &json!(false)));
    assert_eq!(world.get(&path).await.body["drift"]["differences"], expected);
    let there = format!("{path}/drift/json");
    assert_eq!(world.get(&there).await.body, good("Theirs"), "to be looked at before it is chosen");
    // Neither a publication nor a change of ours gets past it.
    assert_eq!(world.act(&format!("{path}/publish")).await.refused(), (409, "flow_drifted"));
    let revised = world.put(&path, &good("Ours too"), false).await;
    assert_eq!((revised.status, &revised.body["at_meta"]["state"]), (200, &json!("drifted")));
    for _ in 0..3 {
        world.act(&format!("/v1/projects/{project}/flows/sync")).await;
    }
    assert_eq!(world.meta.only().json, Some(good("Theirs")));
    assert_eq!(world.told(&path).await.iter().filter(|event| *event == "drift_found").count(), 1, "found once");
    let seen = body["drift"]["meta_sha256"].clone();
    // Meta was changed once more: a choice about what was seen before is refused.
    let body = changed(&world, &path, "Theirs again").await;
    let late = world.post(&format!("{path}/drift"), &json!({"choice": "keep_ours", "meta_sha256": seen})).await;
    assert_eq!(late.refused(), (412, "drift_mismatch"));
    let choice = json!({"choice": "keep_ours", "meta_sha256": body["drift"]["meta_sha256"]});
    let kept = world.post(&format!("{path}/drift"), &choice).await;
    assert_eq!((kept.status, &kept.body["at_meta"]["state"], &kept.body["drift"]), (200, &json!("in_sync"), &Value::Null), "{}", kept.body);
    assert_eq!(world.meta.only().json, Some(good("Ours too")));
    changed(&world, &path, "Better").await;
    let taken = world.post(&format!("{path}/drift"), &json!({"choice": "take_theirs"})).await;
    assert_eq!(
        (taken.status, &taken.body["at_meta"]["state"], &taken.body["revision"]),
        (200, &json!("in_sync"), &json!(3)),
        "{}",
        taken.body
    );
    assert_eq!(taken.body["revisions"][0]["taken_from_meta"], true);
    assert_eq!(world.get(&format!("{path}/json")).await.body, good("Better"));
    // What was taken back at Meta is no drift any more.
    changed(&world, &path, "Worse").await;
    assert_eq!(world.get(&there).await.body, good("Worse"));
    world.meta.change(|held| held.json = Some(good("Better")));
    assert_eq!(world.act(&format!("{path}/sync")).await.body["at_meta"]["state"], "in_sync");
    assert_eq!(world.get(&there).await.refused(), (409, "no_drift"));
    world.end().await;
}

#[tokio::test]
async fn a_choice_for_ours_never_takes_a_published_flow_from_people_unasked() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("Ours")).await;
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);
    // Changed and published again by hand.
    let body = changed(&world, &path, "Theirs").await;
    assert_eq!(body["status"], "PUBLISHED");
    let choose =
        async |new_version: bool| world.post(&format!("{path}/drift"), &json!({"choice": "keep_ours", "new_version": new_version})).await;
    assert_eq!(choose(false).await.refused(), (409, "flow_published"));
    assert_eq!(world.meta.only().json, Some(good("Theirs")));
    let kept = choose(true).await;
    assert_eq!((kept.status, &kept.body["status"]), (200, &json!("DRAFT")), "{}", kept.body);
    assert!(kept.body["notice"].as_str().unwrap().contains("users cannot open it"), "{}", kept.body);
    assert_eq!(world.meta.only().json, Some(good("Ours")));
    // A choice about a draft, while somebody published it by hand, is asked for again.
    changed(&world, &path, "Theirs").await;
    world.meta.change(|held| held.status = "PUBLISHED".to_owned());
    let waits = choose(false).await;
    assert_eq!((&waits.body["at_meta"]["state"], &waits.body["status"]), (&json!("drifted"), &json!("PUBLISHED")), "{}", waits.body);
    assert_eq!(world.meta.only().json, Some(good("Theirs")));
    assert_eq!(choose(true).await.body["status"], "DRAFT");
    assert_eq!(world.meta.only().json, Some(good("Ours")));
    // A change that was made of a draft, while somebody published it by hand, waits.
    world.meta.fault("upload", Fault::Broken);
    assert_eq!(world.put(&path, &good("New"), false).await.body["at_meta"]["state"], "pending");
    world.meta.change(|held| held.status = "PUBLISHED".to_owned());
    let held = world.act(&format!("/v1/projects/{project}/flows/sync")).await;
    assert_eq!(held.body["held"].as_array().unwrap().len(), 1, "{}", held.body);
    assert_eq!(world.meta.only().json, Some(good("Ours")));
    assert_eq!(world.act(&format!("{path}/publish")).await.refused(), (409, "flow_published"));
    // The way out that is told: the same again, by somebody who knows.
    assert_eq!(world.put(&path, &good("New"), false).await.body["revision"], 2);
    let put = world.put(&path, &good("New"), true).await;
    assert_eq!((put.status, &put.body["status"], &put.body["revision"]), (200, &json!("DRAFT"), &json!(3)), "{}", put.body);
    assert_eq!(world.meta.only().json, Some(good("New")));
    // What is taken from what people have open is what they have open.
    assert_eq!(world.act(&format!("{path}/publish")).await.body["published_revision"], 3);
    changed(&world, &path, "Theirs").await;
    let taken = world.post(&format!("{path}/drift"), &json!({"choice": "take_theirs"})).await.body;
    assert_eq!(
        (&taken["status"], &taken["revision"], &taken["published_revision"]),
        (&json!("PUBLISHED"), &json!(4), &json!(4)),
        "{taken}"
    );
    world.end().await;
}

#[tokio::test]
async fn what_was_built_at_meta_before_anything_was_uploaded_is_not_overwritten_either() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let body = json!({"name": "booking", "categories": ["SURVEY"]});
    let made = world.post(&format!("/v1/projects/{project}/flows"), &body).await;
    let path = made.headers["location"].to_str().unwrap().to_owned();
    world.meta.change(|held| held.json = Some(good("Theirs")));
    let put = world.put(&path, &good("Ours"), false).await;
    assert_eq!((put.status, &put.body["at_meta"]["state"]), (200, &json!("drifted")), "{}", put.body);
    assert_eq!(put.body["drift"]["differences"][0]["theirs"], "Theirs", "{}", put.body);
    assert_eq!(world.meta.only().json, Some(good("Theirs")));
    let kept = world.post(&format!("{path}/drift"), &json!({"choice": "keep_ours"})).await;
    assert_eq!((kept.status, &kept.body["at_meta"]["state"]), (200, &json!("in_sync")), "{}", kept.body);
    assert_eq!(world.meta.only().json, Some(good("Ours")));
    world.end().await;
}

#[tokio::test]
async fn a_change_at_meta_that_is_as_fast_as_an_upload_is_found() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    let keep = async || world.post(&format!("{path}/drift"), &json!({"choice": "keep_ours"})).await.body;
    // At once, in the second of the upload.
    changed(&world, &path, "At once").await;
    assert_eq!(keep().await["at_meta"]["state"], "in_sync");
    // Before it was looked at what came of the upload.
    world.meta.fault("upload", Fault::Late);
    let putting = world.spawn(Method::PUT, &format!("{path}/json"), Some(&json!({"flow_json": good("Two")})));
    world.meta.until_cut().await;
    world.meta.change(|held| held.json = Some(good("Theirs")));
    world.meta.let_go();
    assert_eq!(putting.await.unwrap().status, 200);
    let synced = world.act(&format!("{path}/sync")).await.body;
    let expected = json!([{"pointer": "/screens/0/title", "change": "changed", "ours": "Two", "theirs": "Theirs"}]);
    assert_eq!((&synced["at_meta"]["state"], &synced["drift"]["differences"]), (&json!("drifted"), &expected), "{synced}");
    assert_eq!(world.meta.only().json, Some(good("Theirs")), "nothing was overwritten");
    let kept = keep().await;
    assert_eq!((&kept["at_meta"]["state"], world.meta.only().json), (&json!("in_sync"), Some(good("Two"))), "{kept}");
    world.end().await;
}

/// The storage loses a document.
fn lose(world: &World, project: contract::ProjectId, json: &Value) {
    let revisions = world.folder.path().join(format!("{project}/flows/revisions"));
    let files = std::fs::read_dir(revisions).unwrap().map(|file| file.unwrap().path());
    let lost: Vec<_> = files.filter(|file| serde_json::from_slice::<Value>(&std::fs::read(file).unwrap()).unwrap() == *json).collect();
    assert!(!lost.is_empty());
    lost.iter().for_each(|file| std::fs::remove_file(file).unwrap());
}

#[tokio::test]
async fn a_document_that_is_lost_keeps_nothing_else_from_being_compared() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    world.make(project, "a", &good("A")).await;
    let path = world.make(project, "b", &good("B")).await;
    assert_eq!(world.put(&path, &good("B again"), false).await.body["at_meta"]["state"], "in_sync");
    lose(&world, project, &good("A"));
    lose(&world, project, &good("B"));
    world.meta.change(|held| held.json = Some(good("Theirs")));
    let synced = world.act(&format!("/v1/projects/{project}/flows/sync")).await;
    let states: Vec<_> = synced.body["data"].as_array().unwrap().iter().map(|flow| flow["at_meta"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["in_sync", "drifted"], "{}", synced.body);
    world.end().await;
}

#[tokio::test]
async fn details_that_differ_and_flows_that_are_gone_are_found() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    let sync = format!("{path}/sync");
    world.meta.change(|held| held.categories = json!(["OTHER"]));
    let patch = async |body: Value| world.send(Method::PATCH, &path, None, Some(&body)).await;
    for body in [json!({"categories": ["SIGN_UP"]}), json!({"name": "table"})] {
        assert_eq!(patch(body).await.refused(), (409, "flow_drifted"));
    }
    assert_eq!(world.meta.only().categories, json!(["OTHER"]), "nothing was overwritten");
    let drifted = world.act(&sync).await.body;
    assert_eq!((&drifted["drift"]["categories"], &drifted["drift"]["differences"]), (&json!(["OTHER"]), &json!([])), "{drifted}");
    let kept = world.post(&format!("{path}/drift"), &json!({"choice": "keep_ours"})).await.body;
    assert_eq!((&kept["at_meta"]["state"], world.meta.only().categories), (&json!("in_sync"), json!(["SURVEY"])), "{kept}");
    world.meta.change(|held| held.categories = json!(["OTHER"]));
    world.act(&sync).await;
    let taken = world.post(&format!("{path}/drift"), &json!({"choice": "take_theirs"})).await.body;
    assert_eq!(
        (&taken["at_meta"]["state"], &taken["categories"], &taken["revision"]),
        (&json!("in_sync"), &json!(["OTHER"]), &json!(1)),
        "{taken}"
    );
    // Meta says the same of what is gone and of what a token may not see.
    world.meta.fault("show", Fault::Refuse(100, "Unsupported request"));
    assert_eq!(world.act(&sync).await.status, 422);
    assert_eq!(world.get(&path).await.body["deleted_at"], Value::Null, "one call's word is not enough");
    world.meta.clear();
    let report = world.act(&format!("/v1/projects/{project}/flows/sync")).await.body;
    assert_eq!(report["data"][0]["at_meta"]["state"], "deleted", "{report}");
    assert_eq!(world.get(&format!("{path}/json")).await.body, good("One"), "its revisions can still be read");
    let list = world.send(Method::GET, &format!("/v1/projects/{project}/flows"), None, None).await.body;
    assert_eq!(list["data"], json!([]));
    world.end().await;
}

#[tokio::test]
async fn what_slips_out_of_a_list_that_changes_while_it_is_read_is_neither_gone_nor_made_twice() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    let sync = format!("/v1/projects/{project}/flows/sync");
    world.meta.change(|held| (held.unlisted, held.status) = (true, "PUBLISHED".to_owned()));
    let synced = &world.act(&sync).await.body["data"][0];
    assert_eq!((&synced["at_meta"]["state"], &synced["status"]), (&json!("in_sync"), &json!("PUBLISHED")), "{synced}");
    assert_eq!(world.get(&path).await.body["deleted_at"], Value::Null);
    // One that was made, of which the answer was lost, and that the list lacks twice: its name stands in the way until it is listed.
    world.meta.fault("create", Fault::BrokenOff);
    let other = world.make(project, "other", &good("Two")).await;
    world.meta.change(|held| held.unlisted = true);
    assert_eq!(world.act(&format!("{other}/sync")).await.refused(), (422, "meta_refused"));
    assert_eq!(world.get(&other).await.body["at_meta"]["failure"]["step"], "create");
    world.meta.change(|held| held.unlisted = false);
    assert_eq!(world.act(&sync).await.status, 200);
    let shown = world.get(&other).await.body;
    assert_eq!((&shown["at_meta"]["state"], &shown["at_meta"]["failure"]), (&json!("in_sync"), &Value::Null), "{shown}");
    assert_eq!(world.meta.flows().len(), 2);
    world.end().await;
}

#[tokio::test]
async fn what_was_uploaded_long_ago_is_still_known_as_ours() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("0")).await;
    for n in 1..=60 {
        world.meta.fault("assets", Fault::Broken);
        assert_eq!(world.put(&path, &good(&n.to_string()), false).await.body["at_meta"]["state"], "pending");
    }
    let synced = world.act(&format!("{path}/sync")).await;
    assert_eq!((synced.status, &synced.body["at_meta"]["state"]), (200, &json!("in_sync")), "{}", synced.body);
    assert_eq!(world.meta.only().json, Some(good("60")));
    assert_eq!(world.get(&format!("{path}/revisions/1/json")).await.body, good("0"), "one that the document does not hold any more");
    world.end().await;
}

#[tokio::test]
async fn what_changes_at_meta_is_found_without_anybody_asking() {
    let mut world = World::new().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("Ours")).await;
    world.again_every(Duration::from_millis(100), true).await;
    world.meta.change(|held| held.status = "PUBLISHED".to_owned());
    let shown = world.until(&path, "it is published", |flow| flow["status"] == "PUBLISHED").await;
    assert_eq!((&shown["published_revision"], &shown["at_meta"]["status_heard_from"]), (&json!(1), &json!("reconciliation")));
    world.meta.change(|held| held.json = Some(good("Theirs")));
    world.until(&path, "the change is found", |flow| flow["at_meta"]["state"] == "drifted").await;
    assert_eq!(world.meta.only().json, Some(good("Theirs")), "and nothing is overwritten");
    world.end().await;
}

#[test]
fn flows_are_compared_every_hour_unless_somebody_says_otherwise() {
    let nothing = ReconcileArgs::augment_args(Command::new("flow-sync")).try_get_matches_from(["flow-sync"]).unwrap();
    assert_eq!(ReconcileArgs::from_arg_matches(&nothing).unwrap().interval(), Duration::from_secs(3_600));
}
