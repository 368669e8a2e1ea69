//! What contacts send is fetched and kept, each file once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use contract::{Direction, MediaId, MessageEchoed, MessageId, MessageImported, MessageReceived, ProjectId, ProjectSuspended};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::meta::Trouble;
use crate::world::{World, sha256_hex};

/// A message of the samples, as Meta sent it.
fn sample(name: &str) -> Value {
    let path = format!("{}/../../schemas/meta/webhooks/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let body: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    body["entry"][0]["changes"][0]["value"]["messages"][0].clone()
}

/// The sample, of other bytes: its id.
fn with_bytes(raw: &mut Value, bytes: &[u8]) -> (String, String) {
    let kind = raw["type"].as_str().unwrap().to_owned();
    raw[&kind]["sha256"] = STANDARD.encode(Sha256::digest(bytes)).into();
    (kind.clone(), raw[&kind]["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn every_kind_of_file_is_fetched_and_can_be_read() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    for name in [
        "messages-image",
        "messages-image-no-url",
        "messages-video",
        "messages-audio-file",
        "messages-audio-voice",
        "messages-document",
        "messages-sticker-static",
        "messages-sticker-animated",
    ] {
        let bytes = format!("the bytes of {name}").into_bytes();
        let mut raw = sample(name);
        let (kind, id) = with_bytes(&mut raw, &bytes);
        let mime_type = raw[&kind]["mime_type"].as_str().unwrap().to_owned();
        world.meta.keep(&id, &mime_type, bytes.clone());
        let message = world.message(&kind, &raw);
        let ours = message.message;
        world.hear(project, MessageReceived(message)).await;
        let media = MediaId::of_message(project, ours, &id);
        let stored = world.until_stored(project, media).await;
        assert_eq!((stored.message, stored.media_id.as_str(), stored.kind.as_str()), (ours, id.as_str(), kind.as_str()), "{name}");
        assert_eq!((stored.size_bytes, stored.sha256), (bytes.len() as u64, sha256_hex(&bytes)), "{name}");

        let facts = world.get(project, &format!("media/{media}")).await;
        assert_eq!((facts.status, &facts.body["status"], &facts.body["mime_type"]), (200, &json!("stored"), &json!(mime_type)));
        let content = world.get(project, &format!("media/{media}/content")).await;
        assert_eq!((content.status, &content.bytes[..]), (200, &bytes[..]), "{name}");
        assert_eq!(content.headers["content-type"], mime_type);
        assert_eq!(content.headers["x-content-type-options"], "nosniff");
        assert!(content.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        world
            .until("the list shows it", async || {
                let list = world.get(project, &format!("messages/{ours}/media")).await;
                list.body["data"][0]["status"] == "stored" && list.body["data"][0]["id"] == media.to_string()
            })
            .await;
        assert_eq!(world.meta.counts(&id), (1, 1), "{name}");
    }
    let document = world.get(project, &format!("messages/{}/media", MessageId::from_ulid(world.ids.ulid()))).await;
    assert_eq!((document.status, &document.body), (200, &json!({"data": []})));
    world.end(service).await;
}

#[tokio::test]
async fn what_was_typed_in_the_app_what_is_imported_and_what_was_filled_into_a_flow_is_fetched_too() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    let raw = |id: &str, sha256: String| json!({"id": "wamid.A", "type": "video", "video": {"id": id, "sha256": sha256, "mime_type": "video/mp4"}});
    for id in ["11", "12"] {
        world.meta.keep(id, "video/mp4", format!("video {id}"));
    }
    let echoed = world.message("video", &raw("11", STANDARD.encode(Sha256::digest("video 11"))));
    // In the history digests are hexadecimal.
    let mut imported = world.message("video", &raw("12", sha256_hex(b"video 12")));
    imported.sent_at -= TimeDelta::days(120);
    let expected = [(echoed.message, "11"), (imported.message, "12")];
    world.hear(project, MessageEchoed(echoed)).await;
    world.hear(project, MessageImported { direction: Direction::Inbound, status: None, message: imported }).await;
    for (message, id) in expected {
        assert_eq!(world.until_stored(project, MediaId::of_message(project, message, id)).await.kind, "video");
    }

    let mut raw = sample("messages-interactive-nfm-reply-flow");
    let mut answers: Value = serde_json::from_str(raw["interactive"]["nfm_reply"]["response_json"].as_str().unwrap()).unwrap();
    let picked = |id: &str, name: &str| {
        world.meta.keep(id, "image/jpeg", format!("photo {id}"));
        json!({"file_name": name, "mime_type": "image/jpeg", "sha256": STANDARD.encode(Sha256::digest(format!("photo {id}"))), "id": id})
    };
    answers["photos"] = json!([picked("21", "front.jpg"), picked("22", "back.jpg")]);
    answers["papers"] = json!([picked("23", "letter.jpg")]);
    raw["interactive"]["nfm_reply"]["response_json"] = answers.to_string().into();
    let message = world.message("interactive", &raw);
    let ours = message.message;
    world.hear(project, MessageReceived(message)).await;
    for (id, name) in [("21", "front.jpg"), ("22", "back.jpg"), ("23", "letter.jpg")] {
        let stored = world.until_stored(project, MediaId::of_message(project, ours, id)).await;
        assert_eq!((stored.kind.as_str(), stored.name.as_deref()), ("flow", Some(name)));
    }
    let list = world.get(project, &format!("messages/{ours}/media")).await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 3);
    world.end(service).await;
}

#[tokio::test]
async fn what_goes_wrong_at_meta_is_tried_again_and_a_url_that_expired_is_asked_for_at_once() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    for (n, troubles, attempts, counts) in [
        (1, vec![Trouble::Expired], 0, (2, 2)),
        (2, vec![Trouble::Away, Trouble::Busy, Trouble::NoToken, Trouble::Unknown], 4, (5, 1)),
        (3, vec![Trouble::Broken, Trouble::CutOff, Trouble::Others], 3, (4, 4)),
        (4, vec![Trouble::Expired, Trouble::Expired, Trouble::Expired], 1, (4, 4)),
    ] {
        let (id, bytes) = (format!("3{n}"), format!("image {n}").into_bytes());
        world.meta.keep(&id, "image/jpeg", bytes.clone());
        world.meta.with(&id, |held| held.troubles = troubles.clone());
        let (_, media) = world.image_of(project, &id, &bytes).await;
        for done in 1..=attempts {
            world.until("it was tried", async || world.attempts(media).await.is_some_and(|attempts| attempts >= done)).await;
            assert_eq!(world.said(project, media).await, [], "{troubles:?}");
            world.clock.advance(TimeDelta::minutes(10));
        }
        assert_eq!(world.until_stored(project, media).await.sha256, sha256_hex(&bytes));
        assert_eq!(world.meta.counts(&id), counts, "{troubles:?}");
    }
    world.end(service).await;
}

#[tokio::test]
async fn a_suspended_project_still_gets_what_people_send_it() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    world.tell(project, ProjectSuspended { at: world.clock.now(), billing_sequence: 1 }).await;
    let (_, media) = world.image(project, "41", b"sent while suspended").await;
    world.until_stored(project, media).await;
    world.end(service).await;
}

#[tokio::test]
async fn files_wait_for_a_number_and_are_fetched_when_it_is_connected() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.bare_project().await;
    let (message, media) = world.image(project, "51", b"early").await;
    world.until("it was tried", async || world.attempts(media).await.is_some_and(|attempts| attempts > 0)).await;
    let list = world.get(project, &format!("messages/{message}/media")).await;
    assert_eq!((&list.body["data"][0]["status"], &list.body["data"][0]["reason"]), (&json!("pending"), &Value::Null));
    assert_eq!(world.get(project, &format!("media/{media}")).await.body["status"], "pending");
    assert_eq!(world.get(project, &format!("media/{media}/content")).await.refused(), (409, "media_pending"));
    assert_eq!(world.meta.counts("51"), (0, 0), "nobody was asked");
    world.connect(project).await;
    world.until_stored(project, media).await;
    world.end(service).await;
}

#[tokio::test]
async fn a_project_with_many_files_does_not_hold_up_another() {
    let world = World::new().await;
    let service = world.start().await;
    let (many, one) = (world.project().await, world.project().await);
    world.meta.open(false);
    let mut all: Vec<(ProjectId, MediaId)> = Vec::new();
    for n in 0..12 {
        all.push((many, world.image(many, &format!("6{n}"), format!("image {n}").as_bytes()).await.1));
    }
    world.until("two are under way", async || world.meta.inside().0 == 2).await;
    all.push((one, world.image(one, "70", b"alone").await.1));
    world.until("the other's is under way too", async || world.meta.counts("70").1 == 1).await;
    assert_eq!(world.meta.inside(), (3, 3), "no more than two of one project");
    world.meta.open(true);
    for (project, media) in all {
        world.until_stored(project, media).await;
    }
    world.end(service).await;
}

#[tokio::test]
async fn what_is_delivered_again_is_not_fetched_again() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    let (_, first) = world.image(project, "81", b"once").await;
    world.until_stored(project, first).await;
    world.until("its row is settled", async || world.rows().await.iter().any(|row| row.contains(r#""status": "stored""#))).await;
    world.stop(service).await;
    for damage in [
        // The reader's place is lost; then what it noted; then what came of it; then everything.
        "UPDATE media.progress SET sequence = 0",
        "DELETE FROM media.files",
        "UPDATE media.files SET status = 'pending', due_at = first_at",
        "WITH gone AS (DELETE FROM media.progress) DELETE FROM media.files",
    ] {
        sqlx::query(damage).execute(&world.pool).await.unwrap();
        let service = world.start().await;
        let (_, marker) = world.image(project, &format!("82-{}", damage.len()), b"marker").await;
        world.until_stored(project, marker).await;
        world.until("nothing is pending", async || !world.rows().await.iter().any(|row| row.contains(r#""status": "pending""#))).await;
        assert_eq!(world.meta.counts("81"), (1, 1), "{damage}");
        assert_eq!(world.said(project, first).await.len(), 1, "{damage}");
        world.stop(service).await;
    }
}
