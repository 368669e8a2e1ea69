//! Everybody at once on one Flow, and on a project that goes.

use axum::http::Method;
use contract::OperationKind;
use serde_json::json;
use testbed::until;

use crate::meta::Fault;
use crate::world::{World, good};

#[tokio::test]
async fn of_many_who_make_or_change_a_flow_at_once_each_is_first_or_told_so() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let flows = format!("/v1/projects/{project}/flows");
    let bodies: Vec<_> = (0..6).map(|n| json!({"name": "booking", "categories": ["OTHER"], "flow_json": good(&n.to_string())})).collect();
    let answers = futures::future::join_all(bodies.iter().map(|body| world.post(&flows, body))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 201).count(),
        1,
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.refused() == (409, "name_taken")));
    world.meta.only();
    let path = format!("{flows}/{}", contract::FlowId::of_name(project, "booking"));
    let bodies: Vec<_> = (0..6).map(|n| json!({"flow_json": good(&format!("racer {n}"))})).collect();
    let json = format!("{path}/json");
    let answers = futures::future::join_all(bodies.iter().map(|body| world.send(Method::PUT, &json, Some("1"), Some(body)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.refused() == (412, "version_mismatch")));
    // And without a revision in mind all are granted, one after another; Meta has what counts.
    let answers = futures::future::join_all(bodies.iter().map(|body| world.send(Method::PUT, &json, None, Some(body)))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{:?}", answers.iter().map(|a| &a.body).collect::<Vec<_>>());
    let publish = format!("{path}/publish");
    let (published, again, deleted) = tokio::join!(world.act(&publish), world.act(&publish), world.send(Method::DELETE, &path, None, None));
    // Published first: it cannot be deleted. Deleted first, or between the two: there is nothing to publish.
    let outcome = (published.status, again.status, deleted.status);
    assert!([(200, 200, 409), (409, 409, 204)].contains(&outcome), "{outcome:?}");
    let shown = world.get(&path).await.body;
    let held = world.meta.flows();
    assert_eq!(held.is_empty(), shown["at_meta"]["state"] == "deleted", "{shown}");
    if let Some(held) = held.first() {
        let current = world.get(&json).await.body;
        assert_eq!((held.json.as_ref(), &shown["status"]), (Some(&current), &json!(held.status)));
    }
    // Two who rename to one name.
    let [one, two] = [world.make(project, "one", &good("1")).await, world.make(project, "two", &good("2")).await];
    let body = json!({"name": "three"});
    let (first, second) =
        tokio::join!(world.send(Method::PATCH, &one, None, Some(&body)), world.send(Method::PATCH, &two, None, Some(&body)));
    let mut outcome = [first.status, second.status];
    outcome.sort_unstable();
    assert_eq!(outcome, [200, 409], "{} {}", first.body, second.body);
    world.end().await;
}

#[tokio::test]
async fn a_project_that_is_deleted_takes_its_flows_with_it_whoever_writes_meanwhile() {
    let world = World::new().await;
    for round in 0..3 {
        let project = world.connected().await;
        let path = world.make(project, "booking", &good("One")).await;
        let json = format!("{path}/json");
        let bodies: Vec<_> = (0..4).map(|n| json!({"flow_json": good(&format!("{round} {n}"))})).collect();
        let writing = futures::future::join_all(bodies.iter().map(|body| world.send(Method::PUT, &json, None, Some(body))));
        let (answers, _) = tokio::join!(writing, world.begin(project, OperationKind::DeleteProject));
        assert!(
            answers.iter().all(|answer| [200, 404, 409, 503].contains(&answer.status)),
            "{:?}",
            answers.iter().map(|a| a.status).collect::<Vec<_>>()
        );
        until("the folder is gone", async || !world.folder.path().join(project.to_string()).exists()).await;
        let rows = async || {
            let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM flow_sync.flows WHERE project_id = $1");
            count.bind(project.to_string()).fetch_one(&world.pool).await.unwrap()
        };
        until("the rows are gone", async || rows().await == 0).await;
        assert_eq!(world.put(&path, &good("x"), false).await.refused(), (409, "project_ends"));
    }
    world.end().await;
}

#[tokio::test]
async fn a_flow_that_is_published_at_meta_while_its_json_is_put_stays_with_people() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    // It is a draft when it is asked for, and published before the answer is here.
    world.meta.fault("show", Fault::Late);
    let putting = world.spawn(Method::PUT, &format!("{path}/json"), Some(&json!({"flow_json": good("Two")})));
    world.meta.until_cut().await;
    world.meta.change(|held| held.status = "PUBLISHED".to_owned());
    world.meta.let_go();
    let kept = putting.await.unwrap();
    assert_eq!((kept.status, &kept.body["revision"], &kept.body["status"]), (200, &json!(2), &json!("PUBLISHED")), "{}", kept.body);
    assert!(kept.body["notice"].as_str().unwrap().contains("published meanwhile"), "{}", kept.body);
    let held = world.meta.only();
    assert_eq!((held.json, held.status.as_str()), (Some(good("One")), "PUBLISHED"));
    world.end().await;
}

#[tokio::test]
async fn what_is_changed_at_meta_between_the_comparison_and_the_publication_is_not_taken_for_ours() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("Ours")).await;
    // What Meta has was read, and is another text before it is published.
    world.meta.fault("file", Fault::Late);
    let publishing = world.spawn(Method::POST, &format!("{path}/publish"), None);
    world.meta.until_cut().await;
    world.meta.change(|held| held.json = Some(good("Theirs")));
    world.meta.let_go();
    let published = publishing.await.unwrap();
    let said = (published.status, &published.body["status"], &published.body["published_revision"]);
    assert_eq!(said, (200, &json!("PUBLISHED"), &json!(0)), "{}", published.body);
    let synced = world.act(&format!("{path}/sync")).await.body;
    assert_eq!((&synced["at_meta"]["state"], &synced["published_revision"]), (&json!("drifted"), &json!(0)), "{synced}");
    assert_eq!(world.meta.only().json, Some(good("Theirs")), "nothing is overwritten");
    // Ours again, and published while nobody can look at it: what was compared is what was published.
    let keep = json!({"choice": "keep_ours", "new_version": true});
    assert_eq!(world.post(&format!("{path}/drift"), &keep).await.body["status"], "DRAFT");
    world.meta.fault("file", Fault::Late);
    let publishing = world.spawn(Method::POST, &format!("{path}/publish"), None);
    world.meta.until_cut().await;
    world.meta.fault("file", Fault::Broken);
    world.meta.let_go();
    let published = publishing.await.unwrap();
    assert_eq!((published.status, &published.body["published_revision"]), (200, &json!(1)), "{}", published.body);
    world.end().await;
}

#[tokio::test]
async fn what_is_said_while_meta_answers_is_newer_than_the_answer() {
    let world = World::new().await;
    let (project, path) = world.brought("booking", &good("One")).await;
    // Meta lists it as a draft of one category; it gets another and is published before the list is here.
    world.meta.fault("list", Fault::Late);
    let listing = world.spawn(Method::POST, &format!("/v1/projects/{project}/flows/sync"), None);
    world.meta.until_cut().await;
    let other = json!({"categories": ["OTHER"]});
    assert_eq!(world.send(Method::PATCH, &path, None, Some(&other)).await.status, 200);
    assert_eq!(world.act(&format!("{path}/publish")).await.body["status"], "PUBLISHED");
    world.meta.let_go();
    let listed = &listing.await.unwrap().body["data"][0];
    assert_eq!((&listed["status"], &listed["at_meta"]["state"]), (&json!("PUBLISHED"), &json!("in_sync")), "{listed}");
    // The same of a webhook that comes while the JSON of the Flow is fetched.
    world.meta.fault("file", Fault::Late);
    let comparing = world.spawn(Method::POST, &format!("{path}/sync"), None);
    world.meta.until_cut().await;
    world.meta.change(|held| held.status = "THROTTLED".to_owned());
    let flow_id = listed["at_meta"]["flow_id"].clone();
    let report = json!({"event": "FLOW_STATUS_CHANGE", "flow_id": flow_id, "old_status": "PUBLISHED", "new_status": "THROTTLED"});
    world.webhook(report, chassis::Clock::System.now().timestamp() + 1).await;
    world.until(&path, "it is throttled", |flow| flow["status"] == "THROTTLED").await;
    world.meta.let_go();
    assert_eq!(comparing.await.unwrap().body["status"], "THROTTLED");
    let told = world.told(&path).await;
    let count = |wanted: &str| told.iter().filter(|event| *event == wanted).count();
    assert_eq!((count("status_reported"), count("drift_found")), (3, 0), "draft, published, throttled: {told:?}");
    world.end().await;
}
