//! Requests that are cut off at every call to Meta, before and after Meta did it: one Flow at Meta, never two, and it goes on.

use axum::http::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::meta::Fault;
use crate::world::{Answer, World, good};

/// More calls than any of these requests makes.
const CALLS_MAX: usize = 20;

#[tokio::test]
async fn a_flow_is_made_once_wherever_making_it_is_cut_off() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let mut world = World::new().await;
        world.halt().await;
        let mut rounds = 0;
        for nth in 1..=CALLS_MAX {
            world.meta.clear();
            let project = world.connected().await;
            let path = format!("/v1/projects/{project}/flows/{}", contract::FlowId::of_name(project, "booking"));
            let body =
                json!({"name": "booking", "categories": ["SURVEY"], "endpoint_uri": "https://bot.example.com", "flow_json": good("One")});
            world.meta.fault_nth(nth, fault.clone());
            let request = world.spawn(Method::POST, &format!("/v1/projects/{project}/flows"), Some(&body));
            if !is_cut(&world, &request).await {
                break;
            }
            rounds += 1;
            world.again(false).await;
            let synced = world.act(&format!("{path}/sync")).await;
            assert_eq!((synced.status, &synced.body["at_meta"]["state"]), (200, &json!("in_sync")), "{fault:?} at {nth}: {}", synced.body);
            let held = world.meta.only();
            assert_eq!(
                (held.json, held.endpoint_uri.as_deref()),
                (Some(good("One")), Some("https://bot.example.com")),
                "{fault:?} at {nth}"
            );
            assert_eq!(synced.body["drift"], json!(null));
        }
        assert!(rounds >= 5, "{fault:?} cut off only {rounds} calls");
        world.end().await;
    }
}

#[tokio::test]
async fn a_change_and_a_publication_are_whole_wherever_they_are_cut_off() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let mut world = World::new().await;
        world.halt().await;
        let project = world.connected().await;
        let path = world.make(project, "booking", &good("0")).await;
        for request in ["change", "publish"] {
            let mut rounds = 0;
            for nth in 1..=CALLS_MAX {
                let title = format!("{request} {nth}");
                world.meta.change(|held| held.status = "DRAFT".to_owned());
                world.act(&format!("{path}/sync")).await;
                if request == "publish" {
                    assert_eq!(world.put(&path, &good(&title), true).await.body["at_meta"]["state"], "in_sync");
                }
                let before = world.get(&path).await.body["revision"].clone();
                world.meta.fault_nth(nth, fault.clone());
                let body = json!({"flow_json": good(&title), "new_version": true});
                let running = match request {
                    "change" => world.spawn(Method::PUT, &format!("{path}/json"), Some(&body)),
                    _ => world.spawn(Method::POST, &format!("{path}/publish"), None),
                };
                if !is_cut(&world, &running).await {
                    break;
                }
                rounds += 1;
                world.again(false).await;
                let synced = world.act(&format!("{path}/sync")).await;
                assert_eq!(
                    (synced.status, &synced.body["at_meta"]["state"]),
                    (200, &json!("in_sync")),
                    "{fault:?} at {nth}: {}",
                    synced.body
                );
                // It was still being asked how the Flow stands: nothing is kept.
                if request == "change" && nth == 1 {
                    assert_eq!(synced.body["revision"], before, "{fault:?}");
                    continue;
                }
                let held = world.meta.only();
                assert_eq!(
                    (held.json, &synced.body["status"]),
                    (Some(good(&title)), &json!(held.status)),
                    "{fault:?} at {nth} of {request}"
                );
                if held.status == "PUBLISHED" {
                    assert_eq!(synced.body["published_revision"], synced.body["revision"], "{}", synced.body);
                }
                let published = world.act(&format!("{path}/publish")).await;
                assert_eq!((published.status, &published.body["status"]), (200, &json!("PUBLISHED")), "{}", published.body);
            }
            assert!(rounds >= 2, "{fault:?} cut off only {rounds} calls of {request}");
        }
        assert!(!world.told(&path).await.contains(&"drift_found".to_owned()), "what is ours is not taken for another's");
        world.end().await;
    }
}

#[tokio::test]
async fn what_is_uploaded_over_a_publication_is_a_draft_from_then_on() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("0")).await;
    let mut uploaded = 0;
    for nth in 1..=CALLS_MAX {
        assert_eq!(world.act(&format!("{path}/publish")).await.body["status"], "PUBLISHED");
        world.meta.fault_nth(nth, Fault::CutBefore);
        let body = json!({"flow_json": good(&nth.to_string()), "new_version": true});
        let running = world.spawn(Method::PUT, &format!("{path}/json"), Some(&body));
        if !is_cut(&world, &running).await {
            break;
        }
        let shown = world.get(&path).await.body;
        if shown["at_meta"]["state"] == "in_sync" {
            uploaded += 1;
            assert_eq!(shown["status"], "DRAFT", "cut off at {nth}: {shown}");
        }
        world.again(false).await;
        assert_eq!(world.act(&format!("{path}/sync")).await.body["status"], "DRAFT");
    }
    assert!(uploaded > 0, "no call was cut off after the upload was said");
    world.end().await;
}

#[tokio::test]
async fn what_somebody_began_who_went_away_goes_on_by_itself() {
    let world = World::new().await;
    let (_, path) = world.brought("booking", &good("One")).await;
    let abandoned = async |call: &str, fault: Fault, method: Method, path: String, body: Option<Value>| {
        world.meta.fault(call, fault);
        let request = world.spawn(method, &path, body.as_ref());
        world.meta.until_cut().await;
        request.abort();
        assert!(request.await.is_err_and(|gone| gone.is_cancelled()), "{call} was answered");
    };
    let two = json!({"flow_json": good("Two")});
    abandoned("upload", Fault::CutBefore, Method::PUT, format!("{path}/json"), Some(two)).await;
    world.until(&path, "the change is uploaded", |flow| flow["revision"] == 2 && flow["at_meta"]["state"] == "in_sync").await;
    assert_eq!(world.meta.only().json, Some(good("Two")));

    world.meta.change(|held| held.json = Some(good("Theirs")));
    assert_eq!(world.act(&format!("{path}/sync")).await.body["at_meta"]["state"], "drifted");
    let ours = json!({"choice": "keep_ours"});
    abandoned("upload", Fault::CutBefore, Method::POST, format!("{path}/drift"), Some(ours)).await;
    world.until(&path, "what was chosen is done", |flow| flow["at_meta"]["state"] == "in_sync").await;
    assert_eq!(world.meta.only().json, Some(good("Two")), "nothing else is said to be in sync");

    abandoned("publish", Fault::CutAfter, Method::POST, format!("{path}/publish"), None).await;
    let shown = world.until(&path, "its publication is heard of", |flow| flow["status"] == "PUBLISHED").await;
    assert_eq!(shown["published_revision"], 2, "{shown}");
    let other = json!({"categories": ["OTHER"], "new_version": true});
    abandoned("update", Fault::CutAfter, Method::PATCH, path.clone(), Some(other)).await;
    let is_found = |flow: &Value| flow["status"] == "DRAFT" && flow["drift"]["categories"] == json!(["OTHER"]);
    world.until(&path, "its change is heard of", is_found).await;
    let ours = json!({"choice": "take_theirs"});
    assert_eq!(world.post(&format!("{path}/drift"), &ours).await.body["at_meta"]["state"], "in_sync");
    abandoned("delete", Fault::CutAfter, Method::DELETE, path.clone(), None).await;
    world.until(&path, "its deletion is heard of", |flow| flow["at_meta"]["state"] == "deleted").await;
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_up_before_it_is_asked_for_again() {
    let world = World::new().await;
    // With another one before it, so that no comparison is under way any more when this one is made.
    let (project, _) = world.brought("other", &good("Other")).await;
    // Done, and the answer breaks off: by the next attempt the name is taken, by us.
    world.meta.fault("create", Fault::BrokenOff);
    let flows = format!("/v1/projects/{project}/flows");
    let body = json!({"name": "booking", "categories": ["SURVEY"], "flow_json": good("One")});
    let made = world.post(&flows, &body).await;
    assert_eq!((made.status, &made.body["at_meta"]["state"]), (201, &json!("not_uploaded")), "{}", made.body);
    assert!(made.body["notice"].as_str().unwrap().contains("by itself"), "{}", made.body);
    let path = made.headers["location"].to_str().unwrap().to_owned();
    world.until(&path, "it goes on by itself", |flow| flow["at_meta"]["state"] == "in_sync").await;
    assert_eq!(world.meta.flows().iter().filter(|held| held.json == Some(good("One"))).count(), 1);
    // The same of a publication: done, and the answer lost.
    world.meta.fault("publish", Fault::BrokenOff);
    let published = world.act(&format!("{path}/publish")).await;
    assert_eq!((published.status, &published.body["published_revision"]), (200, &json!(1)), "{}", published.body);
    world.end().await;
}

#[tokio::test]
async fn a_change_a_deprecation_and_a_deletion_whose_answers_are_lost_are_looked_up_and_asked_for_once() {
    let world = World::new().await;
    let (project, path) = world.brought("booking", &good("One")).await;
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);
    let patch = async |body: Value| world.send(Method::PATCH, &path, None, Some(&body)).await;
    let asked_for = |call: &str| world.meta.asked().iter().filter(|asked| *asked == call).count();
    // Nobody asks again, and it is seen all the same that people cannot open it, and why.
    world.meta.fault("update", Fault::BrokenOff);
    assert_eq!(patch(json!({"categories": ["OTHER"], "new_version": true})).await.refused(), (503, "meta_unavailable"));
    let is_found = |flow: &Value| flow["status"] == "DRAFT" && flow["at_meta"]["state"] == "drifted";
    let shown = world.until(&path, "it is looked up", is_found).await;
    assert_eq!((&shown["categories"], &shown["drift"]["categories"]), (&json!(["SURVEY"]), &json!(["OTHER"])), "{shown}");
    // Whoever asks again has what they wanted.
    let again = patch(json!({"categories": ["OTHER"]})).await;
    assert_eq!((again.status, &again.body["categories"], &again.body["drift"]), (200, &json!(["OTHER"]), &Value::Null), "{}", again.body);
    assert_eq!(world.act(&format!("{path}/sync")).await.body["at_meta"]["state"], "in_sync");
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);

    world.meta.asked();
    world.meta.fault("deprecate", Fault::BrokenOff);
    let deprecated = world.act(&format!("{path}/deprecate")).await;
    assert_eq!(
        (deprecated.status, &deprecated.body["status"], asked_for("deprecate")),
        (200, &json!("DEPRECATED"), 1),
        "{}",
        deprecated.body
    );

    let other = world.make(project, "other", &good("Other")).await;
    let delete = async || world.send(Method::DELETE, &other, None, None).await;
    world.meta.fault("delete", Fault::Broken);
    assert_eq!((delete().await.refused(), world.meta.flows().len()), ((503, "meta_unavailable"), 2), "it is not done, and not said to be");
    world.meta.asked();
    world.meta.fault("delete", Fault::BrokenOff);
    assert_eq!((delete().await.status, asked_for("delete"), world.meta.flows().len()), (204, 1, 1));
    assert_eq!(world.told(&other).await.iter().filter(|event| *event == "deleted").count(), 1);
    world.end().await;
}

/// Whether a request was cut off at the call that goes wrong; otherwise it came to its end.
async fn is_cut(world: &World, request: &JoinHandle<Answer>) -> bool {
    let cut = tokio::select! {
        () = world.meta.until_cut() => true,
        () = async { while !request.is_finished() { tokio::task::yield_now().await } } => false,
    };
    request.abort();
    world.meta.calm();
    cut
}
