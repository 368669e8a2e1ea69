//! A template comes to Meta once, whatever is lost on the way.

use axum::body::Body;
use axum::http::{Method, Request};
use contract::{OperationKind, ProjectId, ProjectSuspended, Stream, Subject};
use serde_json::{Value, json};
use testbed::until;

use crate::meta::{Fault, Held, LIBRARY_TEXT};
use crate::world::{API_KEY, WABA, World, draft};

#[tokio::test]
async fn a_template_is_made_and_shown_with_what_was_asked_for() {
    let world = World::new().await;
    let project = world.connected().await;
    let checked =
        world.send(Method::POST, &format!("/v1/projects/{project}/templates?dry_run=true"), None, Some(&draft("sale", "Hi you."))).await;
    assert_eq!((checked.status, &checked.body["definition"]["name"]), (200, &json!("sale")));
    assert_eq!((world.meta.asked("create"), world.journal.state(Stream::Template).await.unwrap().messages), (0, 0));
    let made = world
        .post(
            project,
            &json!({"name": "sale", "language": "en-US", "category": "utility", "components": [
        {"type": "header", "format": "text", "text": "News"}, {"type": "body", "text": "Hi you."},
        {"type": "buttons", "buttons": [{"type": "quick_reply", "text": "Stop"}]}]}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = made.headers["location"].to_str().unwrap().to_owned();
    let shown = world.get(&path).await;
    assert_eq!((shown.status, &shown.body), (200, &made.body));
    assert_eq!(shown.headers["etag"], made.headers["etag"]);
    let body = &shown.body;
    assert_eq!((&body["language"], &body["category"], &body["status"]), (&json!("en_US"), &json!("UTILITY"), &json!("PENDING")));
    assert_eq!(body["preview"], json!({"header": "News", "body": "Hi you.", "footer": null, "buttons": ["Stop"]}));
    assert_eq!((&body["waba_id"], &body["created_by"], &body["pending"]), (&json!(WABA), &json!("key_platform"), &Value::Null));
    assert_eq!(body["meta_id"], json!(world.meta.only().0));
    assert_eq!(world.told(&path).await, ["requested", "submitted"]);
    world.end().await;
}

#[tokio::test]
async fn what_a_template_of_metas_library_says_is_asked_of_meta_once_it_is_made() {
    let world = World::new().await;
    let project = world.connected().await;
    let wish = json!({"name": "on_its_way", "language": "en_US", "category": "UTILITY", "library_template_name": "delivery_update_1"});
    let made = world.post(project, &wish).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = made.headers["location"].to_str().unwrap().to_owned();
    let told = world.until(&path, "its text is known", |shown| shown["preview"]["body"].is_string()).await;
    assert_eq!((&told["preview"]["body"], &told["status"]), (&json!(LIBRARY_TEXT), &json!("PENDING")), "{told}");
    assert_eq!(told["definition"]["components"], json!([{"type": "BODY", "text": LIBRARY_TEXT}]));
    world.end().await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_asked() {
    let world = World::new().await;
    let project = world.connected().await;
    let bad = json!({"name": "Sale!", "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": "x".repeat(1_025)}], "to": 1});
    let refused = world.post(project, &bad).await;
    assert_eq!(refused.refused(), (422, "invalid_template"));
    let mut pointers: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/components/0/text", "/name", "/to"]);
    for hostile in [json!(null), json!([]), json!("x"), json!(7), json!({}), json!({"name": {"a": 1}, "components": {}})] {
        assert_eq!(world.post(project, &hostile).await.refused(), (422, "invalid_template"), "{hostile}");
    }
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    for (body, status) in [(deep, 400), ("{".to_owned(), 400), (format!("{{\"name\":\"{}\"}}", "x".repeat(200_000)), 413)] {
        let request = Request::post(format!("/v1/projects/{project}/templates")).header("authorization", format!("Bearer {API_KEY}"));
        let answer = world.call(request.header("content-type", "application/json").body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    assert_eq!((world.meta.asked("create"), world.journal.state(Stream::Template).await.unwrap().messages), (0, 0));
    world.end().await;
}

#[tokio::test]
async fn who_may_not_is_told_why() {
    let world = World::new().await;
    let (project, other, bare) = (world.connected().await, world.connected().await, world.project().await);
    let nobody = ProjectId::from_ulid(world.ids.ulid());
    assert_eq!(world.post(nobody, &draft("sale", "Hi.")).await.refused(), (404, "not_found"));
    assert_eq!(world.post(bare, &draft("sale", "Hi.")).await.refused(), (409, "number_not_connected"));
    let made = world.post(project, &draft("sale", "Hi.")).await;
    let of = |project: ProjectId| format!("/v1/projects/{project}/templates/{}", made.id());
    for (method, body) in [(Method::GET, None), (Method::DELETE, None), (Method::PATCH, Some(json!({"category": "UTILITY"})))] {
        assert_eq!(world.send(method, &of(other), None, body.as_ref()).await.refused(), (404, "not_found"), "it is another project's");
    }
    let open = Request::get(of(project)).body(Body::empty()).unwrap();
    assert_eq!(world.call(open).await.status, 401);
    world.say(project, ProjectSuspended { at: world.clock.now(), billing_sequence: 1 }).await;
    assert_eq!(world.post(project, &draft("other", "Hi.")).await.refused(), (409, "project_suspended"));
    assert_eq!(world.send(Method::DELETE, &of(project), None, None).await.refused(), (409, "project_suspended"));
    assert_eq!(world.get(&of(project)).await.status, 200, "it can be read");
    world.end().await;
}

#[tokio::test]
async fn what_meta_refuses_is_said_in_metas_words_and_can_be_asked_for_again() {
    let world = World::new().await;
    let project = world.connected().await;
    world.meta.fault("create", Fault::Refuse(2_388_293, "too many variables"));
    let refused = world.post(project, &draft("sale", "Hi.")).await;
    assert_eq!(refused.refused(), (422, "meta_refused"));
    assert!(refused.body["detail"].as_str().unwrap().contains("too many variables"));
    let listed = world.get(&format!("/v1/projects/{project}/templates")).await.body;
    let path = format!("/v1/projects/{project}/templates/{}", listed["data"][0]["id"].as_str().unwrap());
    let shown = world.get(&path).await.body;
    assert_eq!(
        (&shown["status"], &shown["refused"]["step"], &shown["refused"]["meta_code"]),
        (&Value::Null, &json!("create"), &json!(2_388_293))
    );
    assert_eq!(world.post(project, &draft("sale", "Hi you.")).await.status, 201);
    assert_eq!(world.told(&path).await, ["requested", "refused", "requested", "submitted"]);
    world.end().await;
}

#[tokio::test]
async fn a_lost_answer_is_found_by_looking() {
    let world = World::new().await;
    let project = world.connected().await;
    world.meta.fault("create", Fault::BrokenAfter);
    let made = world.post(project, &draft("sale", "Hi.")).await;
    assert_eq!((made.status, &made.body["status"]), (201, &json!("PENDING")), "{}", made.body);
    assert_eq!((world.meta.asked("create"), world.meta.templates().len()), (1, 1));
    world.end().await;
}

#[tokio::test]
async fn what_meta_never_did_is_asked_for_again_once_nothing_can_be_under_way() {
    let world = World::new().await;
    let project = world.connected().await;
    world.meta.fault("create", Fault::Broken);
    let waits = world.post(project, &draft("sale", "Hi.")).await;
    assert_eq!((waits.status, &waits.body["pending"]["step"]), (202, &json!("create")));
    assert_eq!(world.sync(project).await["pending"], 1);
    assert_eq!(world.meta.asked("create"), 1, "a call may be under way");
    world.wait(30);
    assert_eq!(world.sync(project).await["pending"], 0);
    assert_eq!((world.meta.asked("create"), world.meta.templates().len()), (2, 1));
    let path = waits.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(world.told(&path).await, ["requested", "submitted"]);
    world.end().await;
}

#[tokio::test]
async fn what_meta_cannot_be_asked_for_a_day_is_given_up() {
    let world = World::new().await;
    let project = world.connected().await;
    world.meta.fault("create", Fault::Refuse(80_007, "too many calls"));
    let waits = world.post(project, &draft("sale", "Hi.")).await;
    assert_eq!(waits.status, 202, "{}", waits.body);
    world.wait(86_400);
    assert_eq!(world.sync(project).await["pending"], 0);
    let shown = world.get(waits.headers["location"].to_str().unwrap()).await.body;
    assert_eq!((&shown["refused"]["code"], &shown["status"]), (&json!("meta_unavailable"), &Value::Null));
    assert_eq!(world.meta.asked("create"), 1);
    world.end().await;
}

#[tokio::test]
async fn the_same_template_at_once_is_one_and_another_one_of_its_name_is_refused() {
    let world = World::new().await;
    let project = world.connected().await;
    let (one, template) = (draft("sale", "Hi."), format!("/v1/projects/{project}/templates"));
    let asking = (0..8).map(|_| world.spawn(&template, &one));
    let answers: Vec<_> = futures::future::join_all(asking).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| [200, 201].contains(&answer.status) && answer.body["status"] == "PENDING"), "{answers:?}");
    assert_eq!((world.meta.asked("create"), world.meta.templates().len()), (1, 1));
    let other = world.post(project, &draft("sale", "Ho.")).await;
    assert_eq!((other.refused(), &other.body["template"]), ((409, "template_exists"), &answers[0].body["id"]));
    assert_eq!(world.post(project, &one).await.status, 200, "whoever lost the answer asks again");
    world.end().await;
}

#[tokio::test]
async fn a_name_that_was_taken_elsewhere_is_found_where_it_stands_in_the_way() {
    let world = World::new().await;
    let project = world.connected().await;
    let held = Held {
        waba: WABA.into(),
        name: "sale".into(),
        language: "en_US".into(),
        status: "APPROVED".into(),
        category: "MARKETING".into(),
        components: json!([{"type": "BODY", "text": "Ours."}]),
        ..Held::default()
    };
    let meta_id = world.meta.make(held);
    let refused = world.post(project, &draft("sale", "Hi.")).await;
    assert_eq!(refused.refused(), (409, "template_exists"));
    let path = format!("/v1/projects/{project}/templates/{}", refused.body["template"].as_str().unwrap());
    let shown = world.get(&path).await.body;
    assert_eq!((&shown["meta_id"], &shown["status"], &shown["category"]), (&json!(meta_id), &json!("APPROVED"), &json!("MARKETING")));
    assert_eq!(world.told(&path).await, ["requested", "refused", "found"]);
    world.end().await;
}

#[tokio::test]
async fn a_deletion_forgets_every_template_and_nothing_comes_after_it() {
    let world = World::new().await;
    let (project, other) = (world.connected().await, world.connected().await);
    let path = world.approved(project, "sale").await;
    world.sync(other).await;
    let operation = world.begin(project, OperationKind::DeleteProject).await;
    let space = Subject::template_space(project);
    until("they are erased", async || !world.journal.entity(&space).await.unwrap().is_empty()).await;
    assert_eq!(world.get(&path).await.status, 404);
    assert_eq!(world.post(project, &draft("late", "Hi.")).await.refused(), (409, "project_ends"));
    let before = world.told(&path).await;
    let id = world.meta.only().0;
    world
        .webhook(
            "message_template_status_update",
            json!({"event": "PAUSED", "message_template_id": id, "message_template_name": "sale",
        "message_template_language": "en-US"}),
            1_000,
            0,
        )
        .await;
    let seen = format!("/v1/projects/{other}/templates?name=sale&status=PAUSED");
    until("the other project hears it", async || world.get(&seen).await.body["data"].as_array().is_some_and(|data| data.len() == 1)).await;
    assert_eq!(world.told(&path).await, before);
    world.say(project, contract::OperationFailed { operation, step: "erase".into(), code: "x".into(), reason: "x".into() }).await;
    world.say(project, contract::OperationRetried { operation, deadline: world.clock.now() }).await;
    let again = world.begin(project, OperationKind::DeleteProject).await;
    until("the second says so too", async || world.journal.entity(&space).await.unwrap().len() == 2).await;
    let last = world.journal.entity(&space).await.unwrap().pop().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&last.data).unwrap()["operation"], json!(again.to_string()));
    assert_eq!(world.meta.templates().len(), 1, "Meta's template is its account's");
    world.end().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_what_it_began() {
    let world = World::new().await;
    let project = world.connected().await;
    world.meta.fault("create", Fault::CutAfter);
    let task = world.spawn(&format!("/v1/projects/{project}/templates"), &draft("sale", "Hi."));
    world.meta.until_cut().await;
    task.abort();
    assert!(task.await.is_err_and(|gone| gone.is_cancelled()), "it was answered");
    // Meta's answer never comes, and the template is found by looking.
    world.meta.break_off();
    let list = format!("/v1/projects/{project}/templates?status=PENDING");
    until("it is found", async || world.get(&list).await.body["data"].as_array().is_some_and(|data| data.len() == 1)).await;
    assert_eq!((world.meta.asked("create"), world.meta.templates().len()), (1, 1));
    world.end().await;
}
