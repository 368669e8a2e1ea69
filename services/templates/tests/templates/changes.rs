//! Templates are changed, taken out of a pause and deleted, by Meta's rules, and their examples uploaded.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::meta::Fault;
use crate::world::{API_KEY, World, draft, saying};

#[tokio::test]
async fn an_approved_template_is_edited_once_in_24_hours_to_the_second() {
    let world = World::new().await;
    let project = world.connected().await;
    let path = world.approved(project, "sale").await;
    let shown = world.get(&path).await;
    let tag = shown.headers["etag"].to_str().unwrap().to_owned();
    let fixed = world.send(Method::PATCH, &path, None, Some(&json!({"category": "MARKETING"}))).await;
    assert_eq!((fixed.refused(), &fixed.body["errors"][0]["pointer"]), ((422, "invalid_template"), &json!("/category")));
    let invalid = world.send(Method::PATCH, &path, None, Some(&json!({"message_send_ttl_seconds": 50_000}))).await;
    assert_eq!(invalid.refused(), (422, "invalid_template"), "the category decides: {}", invalid.body);
    let edited = world.send(Method::PATCH, &path, Some(&tag), Some(&saying("Hello again."))).await;
    assert_eq!((edited.status, &edited.body["status"]), (200, &json!("PENDING")), "{}", edited.body);
    assert_eq!(edited.body["preview"]["body"], "Hello again.");
    let stale = world.send(Method::PATCH, &path, Some(&tag), Some(&saying("No."))).await;
    assert_eq!(stale.refused(), (412, "version_mismatch"));
    let review = world.send(Method::PATCH, &path, None, Some(&saying("No."))).await;
    assert_eq!(review.refused(), (409, "template_not_editable"));
    world.meta.change(|held| held.status = "APPROVED".to_owned());
    world.sync(project).await;
    for (wait, status) in [(86_399, 409), (1, 200)] {
        world.wait(wait);
        let answer = world.send(Method::PATCH, &path, None, Some(&saying("Once more."))).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        if status == 409 {
            assert_eq!((answer.code(), answer.body["allowed_at"].is_string()), ("edit_too_soon", true));
        }
    }
    world.meta.change(|held| held.status = "APPROVED".to_owned());
    world.sync(project).await;
    world.wait(86_401);
    assert_eq!(world.send(Method::PATCH, &path, None, Some(&saying("And more."))).await.status, 200);
    assert_eq!(world.meta.asked("edit"), 3);
    world.end().await;
}

#[tokio::test]
async fn a_lost_answer_to_an_edit_is_found_by_looking_and_a_refusal_is_said() {
    let world = World::new().await;
    let project = world.connected().await;
    let path = world.approved(project, "sale").await;
    world.meta.fault("edit", Fault::BrokenAfter);
    let edited = world.send(Method::PATCH, &path, None, Some(&saying("Changed."))).await;
    assert_eq!((edited.status, &edited.body["preview"]["body"]), (200, &json!("Changed.")));
    assert_eq!(world.meta.asked("edit"), 1);
    world.meta.change(|held| held.status = "REJECTED".to_owned());
    world.sync(project).await;
    world.meta.fault("edit", Fault::Refuse(2_388_072, "the body is wrong"));
    let refused = world.send(Method::PATCH, &path, None, Some(&saying("Wrong."))).await;
    assert_eq!(refused.refused(), (422, "meta_refused"));
    let shown = world.get(&path).await.body;
    assert_eq!(
        (&shown["preview"]["body"], &shown["refused"]["step"], &shown["pending"]),
        (&json!("Changed."), &json!("edit"), &Value::Null)
    );
    world.meta.fault("edit", Fault::Broken);
    let waits = world.send(Method::PATCH, &path, None, Some(&json!({"category": "MARKETING"}))).await;
    assert_eq!((waits.status, &waits.body["pending"]["step"]), (202, &json!("edit")));
    assert_eq!(world.send(Method::DELETE, &path, None, None).await.refused(), (409, "template_busy"));
    world.wait(30);
    assert_eq!(world.sync(project).await["pending"], 0);
    let shown = world.get(&path).await.body;
    assert_eq!((&shown["category"], &shown["status"]), (&json!("MARKETING"), &json!("PENDING")));
    world.end().await;
}

#[tokio::test]
async fn a_deleted_template_keeps_its_name_for_30_days_if_it_was_approved() {
    let world = World::new().await;
    let project = world.connected().await;
    let path = world.approved(project, "sale").await;
    let gone = world.send(Method::DELETE, &path, None, None).await;
    assert_eq!((gone.status, gone.body["name_blocked_until"].is_string()), (200, true), "{}", gone.body);
    assert!(world.meta.templates().is_empty());
    assert_eq!((world.get(&path).await.status, world.send(Method::DELETE, &path, None, None).await.status), (404, 404));
    assert_eq!(world.post(project, &draft("sale", "New.")).await.refused(), (409, "template_name_blocked"));
    world.wait(30 * 86_400);
    assert_eq!(world.post(project, &draft("sale", "New.")).await.status, 201);
    assert_eq!(world.send(Method::DELETE, &path, None, None).await.body["name_blocked_until"], Value::Null, "it was never approved");
    assert_eq!(world.post(project, &draft("sale", "Newer.")).await.status, 201);
    world.end().await;
}

#[tokio::test]
async fn a_deletion_without_an_answer_is_done_once_and_a_disabled_template_stays() {
    let world = World::new().await;
    let project = world.connected().await;
    let path = world.approved(project, "sale").await;
    world.meta.fault("delete", Fault::BrokenAfter);
    assert_eq!(world.send(Method::DELETE, &path, None, None).await.status, 200);
    let path = world.approved(project, "other").await;
    world.meta.fault("delete", Fault::Broken);
    assert_eq!(world.send(Method::DELETE, &path, None, None).await.status, 202);
    world.wait(31);
    assert_eq!(world.sync(project).await["pending"], 0);
    assert_eq!(world.told(&path).await.last().unwrap(), "deleted");
    let path = world.approved(project, "third").await;
    world.meta.change(|held| held.status = "DISABLED".to_owned());
    world.sync(project).await;
    assert_eq!(world.send(Method::DELETE, &path, None, None).await.refused(), (409, "template_disabled"));
    assert_eq!(world.meta.asked("delete"), 3);
    world.end().await;
}

#[tokio::test]
async fn a_pause_ends_on_request() {
    let world = World::new().await;
    let project = world.connected().await;
    let path = world.approved(project, "sale").await;
    let unpause = format!("{path}/unpause");
    assert_eq!(world.act(&unpause).await.refused(), (409, "template_not_paused"));
    world.meta.change(|held| held.status = "PAUSED".to_owned());
    world.sync(project).await;
    world.meta.fault("unpause", Fault::Refuse(100, "not yet"));
    assert_eq!(world.act(&unpause).await.refused(), (422, "meta_refused"));
    assert_eq!(world.get(&path).await.body["refused"]["step"], "unpause");
    world.meta.fault("unpause", Fault::Broken);
    assert_eq!(world.act(&unpause).await.refused(), (503, "meta_unavailable"));
    let ended = world.act(&unpause).await;
    assert_eq!((ended.status, &ended.body["status"]), (200, &json!("APPROVED")));
    world.end().await;
}

#[tokio::test]
async fn an_example_is_uploaded_if_it_is_what_it_says() {
    let world = World::new().await;
    let (project, bare) = (world.connected().await, world.project().await);
    let upload = async |project, query: &str, kind: &str, bytes: Vec<u8>| {
        let request = Request::post(format!("/v1/projects/{project}/templates/examples{query}")).header("content-type", kind);
        world.call(request.header("authorization", format!("Bearer {API_KEY}")).body(Body::from(bytes)).unwrap()).await
    };
    let png = [b"\x89PNG\r\n\x1a\n".to_vec(), vec![7; 1_000]].concat();
    let taken = upload(project, "?name=a%20b.png", "image/png", png.clone()).await;
    assert_eq!((taken.status, &taken.body["handle"]), (201, &json!("4::aW1hZ2U=:ARb")), "{}", taken.body);
    assert_eq!(world.meta.uploaded(), png);
    assert_eq!(upload(project, "", "application/pdf", b"%PDF-1.7".to_vec()).await.status, 201);
    assert_eq!(upload(project, "", "video/mp4", b"\0\0\0\x18ftypmp42".to_vec()).await.status, 201);
    for (kind, bytes) in [("image/jpeg", png.clone()), ("text/html", b"<html>".to_vec()), ("image/png", vec![])] {
        assert_eq!(upload(project, "", kind, bytes).await.refused(), (415, "unsupported_media_type"), "{kind}");
    }
    let huge = [png.clone(), vec![0; 5 * 1024 * 1024]].concat();
    assert_eq!(upload(project, "", "image/png", huge).await.refused(), (413, "body_too_large"));
    assert_eq!(
        upload(project, "", "application/pdf", [b"%PDF-".to_vec(), vec![0; 17 * 1024 * 1024]].concat()).await.refused(),
        (413, "body_too_large")
    );
    assert_eq!(upload(project, "?name=%2Fetc", "image/png", png.clone()).await.refused(), (400, "invalid_query"));
    assert_eq!(upload(bare, "", "image/png", png).await.refused(), (409, "number_not_connected"));
    world.end().await;
}
