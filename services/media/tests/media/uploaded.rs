//! What is to be sent is taken in as Meta would take it, once for each key, and goes when it is told to.

use axum::body::Body;
use bytes::Bytes;
use contract::MediaEvent;
use serde_json::json;

use crate::world::{World, sha256_hex};

const MIB: usize = 1024 * 1024;

fn of(magic: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.resize(size.max(magic.len()), b'.');
    bytes
}

fn webp(side: u32, animated: bool, size: usize) -> Vec<u8> {
    let bytes = (side - 1).to_le_bytes();
    let head = [&b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0"[..], &[if animated { 2 } else { 0 }, 0, 0, 0], &bytes[..3], &bytes[..3]].concat();
    of(&head, size)
}

fn png(colour: u8) -> Vec<u8> {
    of(&[&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08"[..], &[colour]].concat(), 100)
}

#[tokio::test]
async fn a_file_of_each_kind_is_taken_in_and_read_back() {
    let world = World::new().await;
    let project = world.project().await;
    for (kind, mime, bytes) in [
        ("image", "image/jpeg", of(b"\xff\xd8\xff\xe0", 5 * MIB)),
        ("image", "image/png", png(6)),
        ("video", "video/mp4", of(b"\0\0\0\x18ftypmp42", 16 * MIB)),
        ("audio", "audio/ogg", of(&[&b"OggS"[..], &[0; 22], &[1, 19], b"OpusHead\x01\x01"].concat(), 1000)),
        ("document", "application/pdf", of(b"%PDF-1.7", 30 * MIB)),
        ("sticker", "image/webp", webp(512, false, 100 * 1024)),
        ("sticker", "image/webp", webp(512, true, 500 * 1024)),
    ] {
        let answer = world.post(project, "?name=M%C3%A4rz%2Fa.bin", mime, None, bytes.clone()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(
            (&answer.body["kind"], &answer.body["mime_type"], &answer.body["status"]),
            (&json!(kind), &json!(mime), &json!("uploaded"))
        );
        assert_eq!((&answer.body["size_bytes"], &answer.body["sha256"]), (&json!(bytes.len()), &json!(sha256_hex(&bytes))));
        assert_eq!((&answer.body["name"], &answer.body["message"]), (&json!("a.bin"), &json!(null)));
        let id = answer.body["id"].as_str().unwrap();
        assert_eq!(answer.headers["location"], format!("/v1/projects/{project}/media/{id}"));
        assert_eq!(world.get(project, &format!("media/{id}")).await.body, answer.body);
        let content = world.get(project, &format!("media/{id}/content")).await;
        assert_eq!((content.status, sha256_hex(&content.bytes)), (200, sha256_hex(&bytes)), "{mime}");
        assert_eq!(
            (content.headers["content-type"].as_bytes(), content.headers["content-length"].as_bytes()),
            (mime.as_bytes(), bytes.len().to_string().as_bytes())
        );
    }
    assert_eq!(world.stored(project), 7, "nothing half written is left");
}

#[tokio::test]
async fn what_meta_would_not_take_is_refused_and_leaves_nothing() {
    let world = World::new().await;
    let project = world.project().await;
    for (mime, bytes, status, code) in [
        ("image/gif", of(b"GIF89a", 10), 415, "unsupported_media_type"),
        ("text/html", of(b"<html>", 10), 415, "unsupported_media_type"),
        ("", of(b"%PDF-", 10), 415, "unsupported_media_type"),
        ("image/jpeg", of(b"\xff\xd8\xff\xe0", 5 * MIB + 1), 413, "body_too_large"),
        ("audio/mpeg", of(b"ID3", 16 * MIB + 1), 413, "body_too_large"),
        ("image/webp", webp(512, true, 500 * 1024 + 1), 413, "body_too_large"),
        ("image/webp", webp(512, false, 100 * 1024 + 1), 422, "unusable_file"),
        ("image/webp", webp(511, false, 100), 422, "unusable_file"),
        ("image/jpeg", png(6), 422, "unusable_file"),
        ("image/png", png(3), 422, "unusable_file"),
        ("application/pdf", of(b"<html>", 20 * MIB), 422, "unusable_file"),
        ("video/mp4", of(b"RIFF", 100), 422, "unusable_file"),
        ("application/pdf", Vec::new(), 422, "unusable_file"),
    ] {
        let pieces: Vec<_> = bytes.chunks(64 * 1024).map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece))).collect();
        for body in [Body::from(bytes), Body::from_stream(futures::stream::iter(pieces))] {
            let answer = world.post(project, "", mime, None, body).await;
            assert_eq!(answer.refused(), (status, code), "{mime}");
        }
    }
    let cut_off = [Ok(Bytes::from(of(b"%PDF-", 20 * MIB))), Err(std::io::Error::other("cut off"))];
    let answer = world.post(project, "", "application/pdf", None, Body::from_stream(futures::stream::iter(cut_off))).await;
    assert_eq!(answer.refused(), (400, "unreadable_body"));
    for key in ["", "two words", &"k".repeat(256)] {
        assert_eq!(world.post(project, "", "application/pdf", Some(key), "%PDF-").await.refused(), (400, "idempotency_key_invalid"));
    }
    assert_eq!(world.journal.state(contract::Stream::Media).await.unwrap().messages, 0);
    world.until("nothing half written is left", async || world.stored(project) == 0).await;
}

#[tokio::test]
async fn one_key_is_one_file_however_often_and_at_once_it_is_sent() {
    let world = World::new().await;
    let (project, other) = (world.project().await, world.project().await);
    let first = world.post(project, "?name=a", "application/pdf", Some("k1"), "%PDF-one").await;
    let again = world.post(project, "?name=a", "application/pdf", Some("k1"), "%PDF-one").await;
    assert_eq!((first.status, again.status, &first.body), (201, 201, &again.body));
    for (query, mime, bytes) in
        [("?name=a", "application/pdf", "%PDF-two"), ("?name=b", "application/pdf", "%PDF-one"), ("?name=a", "text/plain", "%PDF-one")]
    {
        let reused = world.post(project, query, mime, Some("k1"), bytes).await;
        assert_eq!(reused.refused(), (422, "idempotency_key_reused"), "{query} {mime} {bytes}");
    }
    let elsewhere = world.post(other, "", "application/pdf", Some("k1"), "%PDF-two").await;
    assert_eq!(elsewhere.status, 201, "another project's key is another");
    assert_ne!(world.upload(project, "application/pdf", b"%PDF-one").await, world.upload(project, "application/pdf", b"%PDF-one").await);

    // At once, with different bytes: one of them is kept, whole, and it is the one that is told of.
    let bodies: Vec<String> = (0..6).map(|n| format!("%PDF-{}", n.to_string().repeat(9 * MIB))).collect();
    let answers =
        futures::future::join_all(bodies.iter().map(|body| world.post(project, "", "application/pdf", Some("k2"), body.clone()))).await;
    let taken: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!((taken.len(), answers.iter().filter(|answer| answer.refused() == (422, "idempotency_key_reused")).count()), (1, 5));
    let id = taken[0].body["id"].as_str().unwrap();
    let content = world.get(project, &format!("media/{id}/content")).await;
    assert_eq!(json!(sha256_hex(&content.bytes)), taken[0].body["sha256"]);
    world.until("nothing half written is left", async || world.stored(project) == 4).await;
}

#[tokio::test]
async fn what_was_uploaded_can_be_deleted_and_what_a_contact_sent_cannot() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    let answer = world.post(project, "", "application/pdf", Some("k"), "%PDF-x").await;
    let media = answer.body["id"].as_str().unwrap().parse().unwrap();
    // What a crash leaves between the object's end and the event: it is asked for again.
    std::fs::remove_file(world.path(project, media)).unwrap();
    assert_eq!(world.get(project, &format!("media/{media}/content")).await.refused(), (500, "internal"));
    assert_eq!(world.delete(project, &format!("media/{media}")).await.status, 204);
    assert_eq!(world.delete(project, &format!("media/{media}")).await.refused(), (404, "not_found"));
    assert_eq!(world.get(project, &format!("media/{media}")).await.refused(), (404, "not_found"));
    assert_eq!(world.get(project, &format!("media/{media}/content")).await.refused(), (404, "not_found"));
    assert_eq!(world.post(project, "", "application/pdf", Some("k"), "%PDF-x").await.refused(), (409, "media_deleted"));
    assert!(matches!(world.said(project, media).await[..], [MediaEvent::MediaUploaded(_), MediaEvent::MediaDeleted(_)]));
    assert!(!world.path(project, media).exists());
    let (_, inbound) = world.image(project, "1", b"theirs").await;
    world.until_stored(project, inbound).await;
    assert_eq!(world.delete(project, &format!("media/{inbound}")).await.refused(), (409, "not_uploaded"));
    assert!(world.path(project, inbound).exists());
    world.end(service).await;
}
