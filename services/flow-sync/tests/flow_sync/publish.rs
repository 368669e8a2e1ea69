//! At Meta: uploaded, published, changed, deprecated, deleted; what Meta refuses is kept and told.

use axum::http::Method;
use chassis::Clock;
use contract::{ProjectRestored, ProjectSuspended};
use serde_json::{Value, json};
use testbed::until;

use crate::meta::Fault;
use crate::world::{World, bad, good};

#[tokio::test]
async fn a_flow_goes_through_its_life_at_meta_under_one_id() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    let shown = world.get(&path).await.body;
    assert_eq!((&shown["status"], &shown["at_meta"]["state"]), (&json!("DRAFT"), &json!("in_sync")), "{shown}");
    let held = world.meta.only();
    assert_eq!((held.name, held.json), (format!("booking {}", shown["id"].as_str().unwrap()), Some(good("One"))));
    let meta_id = shown["at_meta"]["flow_id"].clone();
    assert_eq!(world.put(&path, &good("Two"), false).await.status, 200, "a draft is changed as one likes");
    let published = world.act(&format!("{path}/publish")).await;
    assert_eq!((published.status, &published.body["status"], &published.body["published_revision"]), (200, &json!("PUBLISHED"), &json!(2)));
    let asked = world.meta.asked().len();
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);
    assert_eq!((world.meta.asked().len(), asked > 0), (0, true), "what is published stays so, without a call");
    let refused = world.put(&path, &good("Three"), false).await;
    assert_eq!(refused.refused(), (409, "flow_published"));
    assert_eq!(world.meta.only().json, Some(good("Two")));
    let changed = world.put(&path, &good("Three"), true).await;
    assert_eq!(
        (&changed.body["status"], &changed.body["published_revision"], &changed.body["revision"]),
        (&json!("DRAFT"), &json!(2), &json!(3))
    );
    let notice = changed.body["notice"].as_str().unwrap();
    assert!(notice.contains("users cannot open it until it is published again"), "{notice}");
    assert_eq!(world.act(&format!("{path}/publish")).await.body["published_revision"], 3);
    let gone = world.send(Method::DELETE, &path, None, None).await;
    assert_eq!(gone.refused(), (409, "flow_not_draft"));
    assert!(gone.body["detail"].as_str().unwrap().contains("deprecate"));
    let deprecated = world.act(&format!("{path}/deprecate")).await;
    assert_eq!(
        (deprecated.status, &deprecated.body["status"], &deprecated.body["at_meta"]["flow_id"]),
        (200, &json!("DEPRECATED"), &meta_id)
    );
    assert_eq!(world.act(&format!("{path}/deprecate")).await.status, 200);
    let stays = world.send(Method::DELETE, &path, None, None).await;
    assert_eq!(stays.refused(), (409, "flow_not_draft"));
    assert!(stays.body["detail"].as_str().unwrap().ends_with("stays in the list"), "nobody is told to do what is done: {}", stays.body);
    for refused in [world.act(&format!("{path}/publish")).await, world.put(&path, &good("Four"), true).await] {
        assert_eq!(refused.refused(), (409, "flow_deprecated"));
    }
    world.meta.only();
    world.end().await;
}

#[tokio::test]
async fn a_new_json_never_takes_a_flow_from_people_that_somebody_published_at_meta() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    // In Meta's own pages, of which nobody here has heard.
    world.meta.change(|held| held.status = "PUBLISHED".to_owned());
    assert_eq!(world.put(&path, &good("Two"), false).await.refused(), (409, "flow_published"));
    let unchanged = || {
        let held = world.meta.only();
        assert_eq!((held.json, held.status.as_str()), (Some(good("One")), "PUBLISHED"));
    };
    unchanged();
    assert_eq!(world.told(&path).await.iter().filter(|event| *event == "revised").count(), 1, "what is refused is not kept");
    // Meta does not say how it stands when it is asked: then it is kept, and waits for somebody who knows.
    world.meta.fault("show", Fault::Broken);
    let kept = world.put(&path, &good("Two"), false).await;
    assert_eq!((kept.status, &kept.body["revision"], &kept.body["at_meta"]["state"]), (200, &json!(2), &json!("pending")), "{}", kept.body);
    assert!(kept.body["notice"].as_str().unwrap().contains("\"new_version\": true"), "{}", kept.body);
    assert_eq!((&kept.body["status"], &kept.body["published_revision"]), (&json!("PUBLISHED"), &json!(1)), "{}", kept.body);
    unchanged();
    let knowing = world.put(&path, &good("Two"), true).await;
    assert_eq!((knowing.status, &knowing.body["status"], &knowing.body["revision"]), (200, &json!("DRAFT"), &json!(3)), "{}", knowing.body);
    assert_eq!(world.meta.only().json, Some(good("Two")));
    // Published there once more: a new version is one of that, whoever has heard of it.
    world.meta.change(|held| held.status = "PUBLISHED".to_owned());
    let knowing = world.put(&path, &good("Three"), true).await;
    assert_eq!((knowing.status, &knowing.body["status"], &knowing.body["revision"]), (200, &json!("DRAFT"), &json!(4)), "{}", knowing.body);
    assert!(knowing.body["notice"].as_str().unwrap().contains("users cannot open it"), "{}", knowing.body);
    assert_eq!((&knowing.body["published_revision"], world.meta.only().json), (&json!(3), Some(good("Three"))));
    world.end().await;
}

#[tokio::test]
async fn a_draft_is_deleted_whatever_was_published_of_it_before() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);
    assert_eq!(world.send(Method::DELETE, &path, None, None).await.refused(), (409, "flow_not_draft"));
    assert_eq!(world.put(&path, &good("Two"), true).await.body["status"], "DRAFT");
    assert_eq!(world.act(&format!("{path}/deprecate")).await.refused(), (409, "flow_not_published"));
    assert_eq!(world.send(Method::DELETE, &path, None, None).await.status, 204);
    assert!(world.meta.flows().is_empty());
    world.end().await;
}

#[tokio::test]
async fn what_somebody_published_at_meta_is_not_asked_to_be_deleted_and_it_is_said_what_to_do_instead() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    // In Meta's own pages, of which nobody here has heard.
    world.meta.change(|held| held.status = "PUBLISHED".to_owned());
    world.meta.asked();
    let refused = world.send(Method::DELETE, &path, None, None).await;
    assert_eq!(refused.refused(), (409, "flow_not_draft"));
    assert!(refused.body["detail"].as_str().unwrap().contains("deprecate"), "{}", refused.body);
    assert!(!world.meta.asked().contains(&"delete".to_owned()));
    let shown = world.get(&path).await.body;
    assert_eq!((&shown["published_revision"], &shown["at_meta"]["failure"]), (&json!(1), &Value::Null), "{shown}");
    assert_eq!(world.act(&format!("{path}/deprecate")).await.body["status"], "DEPRECATED");
    world.end().await;
}

#[tokio::test]
async fn what_somebody_changed_at_meta_is_not_deleted_before_somebody_chose() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("Ours")).await;
    world.meta.change(|held| held.json = Some(good("Theirs")));
    // Found by the first, known to the second.
    for _ in 0..2 {
        assert_eq!(world.send(Method::DELETE, &path, None, None).await.refused(), (409, "flow_drifted"));
    }
    assert_eq!(world.meta.only().json, Some(good("Theirs")));
    assert_eq!(world.told(&path).await.iter().filter(|event| *event == "drift_found").count(), 1);
    let taken = world.post(&format!("{path}/drift"), &json!({"choice": "take_theirs"})).await;
    assert_eq!((taken.status, &taken.body["revision"]), (200, &json!(2)), "{}", taken.body);
    assert_eq!(world.send(Method::DELETE, &path, None, None).await.status, 204);
    assert!(world.meta.flows().is_empty());
    assert_eq!(world.get(&format!("{path}/revisions/2/json")).await.body, good("Theirs"), "it is kept");
    world.end().await;
}

#[tokio::test]
async fn a_list_can_be_of_those_that_stand_so() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    world.make(project, "draft", &good("One")).await;
    let open = world.make(project, "open", &good("Two")).await;
    assert_eq!(world.act(&format!("{open}/publish")).await.status, 200);
    for (query, expected) in [("", vec!["draft", "open"]), ("?status=DRAFT", vec!["draft"]), ("?status=PUBLISHED", vec!["open"])] {
        let page = world.get(&format!("/v1/projects/{project}/flows{query}")).await.body;
        let names: Vec<&str> = page["data"].as_array().unwrap().iter().map(|flow| flow["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
    }
    world.end().await;
}

#[tokio::test]
async fn flows_of_a_suspended_project_are_read_and_not_changed() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    let flows = format!("/v1/projects/{project}/flows");
    world.meta.asked();
    world.say(project, ProjectSuspended { at: Clock::System.now(), billing_sequence: 1 }).await;
    let another = json!({"name": "another", "categories": ["OTHER"]});
    for refused in [
        world.act(&format!("{path}/publish")).await,
        world.act(&format!("{path}/deprecate")).await,
        world.act(&format!("{path}/sync")).await,
        world.put(&path, &good("Two"), false).await,
        world.post(&flows, &another).await,
        world.send(Method::PATCH, &path, None, Some(&json!({"name": "table"}))).await,
        world.send(Method::DELETE, &path, None, None).await,
    ] {
        assert_eq!(refused.refused(), (409, "project_suspended"));
    }
    assert_eq!((world.get(&path).await.body["status"].clone(), world.meta.asked()), (json!("DRAFT"), vec![]));
    assert_eq!(world.get(&flows).await.status, 200);
    world.say(project, ProjectRestored { at: Clock::System.now(), billing_sequence: 2 }).await;
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);
    world.end().await;
}

#[tokio::test]
async fn what_meta_refuses_is_kept_with_the_revision_and_told_in_its_words() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &bad()).await;
    let shown = world.get(&path).await.body;
    assert_eq!(shown["revisions"][0]["validation_errors"][0]["message"], "no screens", "{shown}");
    assert!(!shown["revisions"][0]["findings"].as_array().unwrap().is_empty());
    world.put(&path, &good("One"), false).await;
    world.meta.fault("publish", Fault::Refuse(139_002, "Publishing Flow without phone number"));
    let refused = world.act(&format!("{path}/publish")).await;
    assert_eq!(refused.refused(), (422, "publish_refused"));
    assert!(refused.body["detail"].as_str().unwrap().contains("without phone number"), "{}", refused.body);
    let shown = world.get(&path).await.body;
    assert_eq!((&shown["revisions"][0]["refusal"]["meta_code"], &shown["at_meta"]["state"]), (&json!(139_002), &json!("failed")));
    world.meta.fault("publish", Fault::Refuse(139_002, "Publishing Flow without phone number"));
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 422);
    let told = world.told(&path).await;
    assert_eq!(told.iter().filter(|event| *event == "sync_failed").count(), 1, "the same again is no news: {told:?}");
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);
    let shown = world.get(&path).await.body;
    assert_eq!((&shown["revisions"][0]["refusal"], &shown["at_meta"]["failure"]), (&Value::Null, &Value::Null));
    // A Flow from a time when what was published stayed as it was.
    for _ in 0..2 {
        world.meta.fault("upload", Fault::Refuse(139_001, "Flow can't be updated"));
    }
    let kept = world.put(&path, &good("Two"), true).await;
    assert_eq!((kept.status, &kept.body["at_meta"]["failure"]["code"]), (200, &json!("flow_immutable")), "{}", kept.body);
    assert!(kept.body["notice"].as_str().unwrap().contains("November 2024"), "{}", kept.body);
    assert_eq!(world.meta.only().status, "PUBLISHED");
    // One that Meta could not process is repeated once, as Meta says.
    world.meta.fault("upload", Fault::Refuse(139_001, "Error while processing"));
    assert_eq!(world.put(&path, &good("Three"), true).await.body["at_meta"]["state"], "in_sync");
    for (fault, expected) in [
        (Fault::Refuse(4, "Too many calls"), (503, "meta_rate_limited")),
        (Fault::Refuse(2, "Service temporarily unavailable"), (503, "meta_unavailable")),
        (Fault::Broken, (503, "meta_unavailable")),
        (Fault::Refuse(190, "Token expired"), (422, "access_lost")),
    ] {
        world.meta.fault("publish", fault);
        assert_eq!(world.act(&format!("{path}/publish")).await.refused(), expected);
    }
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);
    world.end().await;
}

#[tokio::test]
async fn names_and_endpoints_are_changed_at_meta_too_and_two_projects_share_an_account() {
    let world = World::new().await;
    let [one, two] = [world.connected().await, world.connected().await];
    let path = world.make(one, "booking", &good("One")).await;
    let other = world.make(two, "booking", &good("Two")).await;
    assert_eq!(world.meta.flows().len(), 2, "the same name in two projects is two Flows");
    assert_eq!(world.get(&other).await.body["at_meta"]["state"], "in_sync");
    let patch = async |body: Value| world.send(Method::PATCH, &path, None, Some(&body)).await;
    let changed = patch(json!({"name": "table", "categories": ["OTHER"], "endpoint_uri": "https://bot.example.com/flow"})).await;
    assert_eq!((changed.status, &changed.body["name"]), (200, &json!("table")), "{}", changed.body);
    let held = world.meta.flows().into_iter().find(|held| held.name.starts_with("table flw_")).unwrap();
    assert_eq!((held.categories, held.endpoint_uri.as_deref()), (json!(["OTHER"]), Some("https://bot.example.com/flow")));
    assert_eq!(patch(json!({"endpoint_uri": null})).await.refused(), (409, "endpoint_stays"));
    world.meta.fault("update", Fault::Refuse(100, "Invalid endpoint"));
    assert_eq!(patch(json!({"endpoint_uri": "https://other.example.com"})).await.refused(), (422, "meta_refused"));
    assert_eq!(world.get(&path).await.body["endpoint_uri"], "https://bot.example.com/flow", "what Meta refuses is not said here");
    let synced = world.act(&format!("{path}/sync")).await;
    assert_eq!((synced.status, &synced.body["at_meta"]["state"]), (200, &json!("in_sync")), "{}", synced.body);
    assert_eq!(world.send(Method::DELETE, &path, None, None).await.status, 204);
    assert_eq!(world.meta.flows().len(), 1);
    world.end().await;
}

#[tokio::test]
async fn what_waited_for_a_number_is_uploaded_when_one_is_connected() {
    let world = World::new().await;
    let project = world.project().await;
    let path = world.make(project, "booking", &good("One")).await;
    let empty = format!("/v1/projects/{project}/flows");
    assert_eq!(world.post(&empty, &json!({"name": "later", "categories": ["OTHER"]})).await.status, 201);
    world.connect(project).await;
    world.until(&path, "it is uploaded", |flow| flow["at_meta"]["state"] == "in_sync").await;
    until("both are at Meta", async || world.meta.flows().len() == 2).await;
    assert_eq!(world.meta.flows().iter().filter(|held| held.json.is_some()).count(), 1);
    world.end().await;
}
