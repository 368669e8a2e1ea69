//! Messages that bring a file of ours.

use contract::{ConversationEvent, FileUse, MediaId, MessageRequested, RawJson};
use storage::Key;

use crate::meta::Act;
use crate::world::{Shop, World, names};

/// A file of the project, in storage.
pub(crate) async fn keep(world: &World, shop: &Shop) -> MediaId {
    let media = MediaId::from_ulid(world.ids.ulid());
    let key = Key::of(&[&shop.project.to_string(), "media", &media.to_string()]).expect("a key");
    world.storage.put(&key, b"\x89PNG".to_vec()).await.expect("written");
    media
}

pub(crate) fn with_file(request: MessageRequested, media: MediaId) -> MessageRequested {
    let content = format!(r#"{{"type":"image","image":{{"id":"{media}"}}}}"#);
    let file = FileUse { media, mime_type: "image/png".to_owned(), size_bytes: 4, name: Some("a.png".to_owned()) };
    MessageRequested { kind: "image".to_owned(), content: RawJson::parse(&content).expect("JSON"), files: vec![file], ..request }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_uploaded_once_for_all_messages_that_bring_it() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let media = keep(&world, &shop).await;
    let messages: Vec<_> = (0..5).map(|_| (world.contact(), world.message())).collect();
    for (contact, message) in &messages {
        world.ask_for(&shop, *contact, with_file(world.request(*message), media)).await;
    }
    for (contact, message) in &messages {
        assert!(matches!(world.until_ended(&shop, *contact, *message).await, ConversationEvent::MessageAccepted(_)));
        assert_eq!(world.meta.calls(message)[0].body["image"]["id"], "901");
    }
    assert_eq!(world.meta.book().uploads, 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_uploaded_proves_that_nothing_was_sent() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let media = MediaId::from_ulid(world.ids.ulid());
    let (contact, missing) = (world.contact(), world.message());
    world.ask_for(&shop, contact, with_file(world.request(missing), media)).await;
    let ended = world.until_ended(&shop, contact, missing).await;
    assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.code == "file_missing"), "{ended:?}");

    let media = keep(&world, &shop).await;
    world.meta.book().upload_refusals.extend([(503, 2), (400, 131_053)]);
    let (contact, message) = (world.contact(), world.message());
    world.ask_for(&shop, contact, with_file(world.request(message), media)).await;
    let ended = world.until_ended(&shop, contact, message).await;
    assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.meta_code == Some(131_053)), "{ended:?}");
    assert_eq!(names(&world.said(&shop, contact, message).await), ["send_deferred", "message_failed"]);
    assert!(world.meta.calls(message).is_empty());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_whose_upload_was_taken_without_a_word_is_uploaded_again_and_its_message_is_sent_once() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let media = keep(&world, &shop).await;
    world.meta.book().unexplained_uploads = 1;
    let (contact, message) = (world.contact(), world.message());
    world.ask_for(&shop, contact, with_file(world.request(message), media)).await;
    let ended = world.until_ended(&shop, contact, message).await;
    assert!(matches!(ended, ConversationEvent::MessageAccepted(_)), "{ended:?}");
    assert_eq!(names(&world.said(&shop, contact, message).await), ["send_deferred", "send_started", "message_accepted"]);
    let calls = world.meta.calls(message);
    assert_eq!((calls.len(), world.meta.book().uploads), (1, 2));
    assert_eq!(calls[0].body["image"]["id"], "902");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_meta_has_lost_is_uploaded_once_more_and_no_more_than_once() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let media = keep(&world, &shop).await;
    let refused = |code: i64| Act::Refuse(400, code);
    let again = ["send_started", "send_deferred", "send_started", "message_accepted"];
    let twice = ["send_started", "send_deferred", "send_started", "message_failed"];
    for (acts, expected, uploads) in [
        (vec![refused(131_009)], &["send_started", "message_failed"][..], 1),
        (vec![refused(131_009)], &again[..], 2),
        (vec![refused(131_026)], &["send_started", "message_failed"][..], 2),
        (vec![refused(131_053), refused(131_053)], &twice[..], 3),
        (vec![refused(100)], &again[..], 4),
    ] {
        let (contact, message) = (world.contact(), world.message());
        world.meta.script(message, acts.clone());
        world.ask_for(&shop, contact, with_file(world.request(message), media)).await;
        world.until_ended(&shop, contact, message).await;
        assert_eq!(names(&world.said(&shop, contact, message).await), expected, "{acts:?}");
        assert_eq!(world.meta.book().uploads, uploads, "{acts:?}");
        let used = world.meta.calls(message).pop().map(|call| call.body["image"]["id"].clone());
        assert_eq!(used, Some(format!("90{uploads}").into()), "{acts:?}");
    }
    running.stop().await;
}
