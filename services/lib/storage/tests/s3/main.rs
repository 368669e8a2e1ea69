//! A storage in a bucket, as in a folder: what is put is there, what is erased is gone. And what a store does that a folder does not: it
//! refuses who has the wrong key, asks to slow down, answers page by page, and takes large objects in parts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../pieces/mod.rs"]
mod pieces;
mod server;
mod signature;

use axum::http::Method;
use bytes::Bytes;
use storage::{Error, Key, Storage};

use pieces::MIB;
use server::{BUCKET, CREDENTIALS, Server};

fn key(text: &str) -> Key {
    Key::of(&text.split('/').collect::<Vec<_>>()).unwrap()
}

fn open(endpoint: &str, id: &str, secret: &str) -> Storage {
    let variables = [
        ("AWS_ENDPOINT", endpoint),
        ("AWS_REGION", CREDENTIALS.region),
        ("AWS_ACCESS_KEY_ID", id),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_OF_ANOTHER_PROGRAM", "1"),
        ("PATH", "/bin"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Storage::open_with(&format!("s3://{BUCKET}/some/prefix"), variables).unwrap()
}

async fn opened() -> (Server, Storage) {
    let (server, endpoint) = Server::start().await;
    let storage = open(&endpoint, CREDENTIALS.id, CREDENTIALS.secret);
    (server, storage)
}

#[tokio::test]
async fn an_object_in_a_bucket_is_what_was_put_last() {
    let (server, storage) = opened().await;
    let name = key("prj_1/code/a.json");
    assert_eq!(storage.get(&name, 10).await.unwrap(), None);
    assert_eq!(storage.size(&name).await.unwrap(), None);
    storage.put(&name, "one").await.unwrap();
    storage.put(&name, "second").await.unwrap();
    assert_eq!(storage.get(&name, 6).await.unwrap().as_deref(), Some(&b"second"[..]));
    assert_eq!(storage.size(&name).await.unwrap(), Some(6));
    assert!(matches!(storage.get(&name, 5).await, Err(Error::TooLarge { size: 6, limit: 5, .. })));
    assert_eq!(server.held().objects.keys().collect::<Vec<_>>(), ["some/prefix/prj_1/code/a.json"]);
    assert_eq!(storage.healthy().await, Ok(()));
    storage.delete(&name).await.unwrap();
    storage.delete(&name).await.unwrap();
    assert_eq!(storage.get(&name, 10).await.unwrap(), None);
    assert!(server.held().objects.is_empty());
}

#[tokio::test]
async fn a_prefix_of_a_bucket_is_listed_over_all_pages_and_erased_and_nothing_else() {
    let (server, storage) = opened().await;
    for name in
        ["prj_1/code/blobs/v", "prj_1/code/blobs/w", "prj_1/code/x", "prj_1/code/y", "prj_1/code/z", "prj_1/flows/z", "prj_12/code/y"]
    {
        storage.put(&key(name), "bytes").await.unwrap();
    }
    server.held().objects.insert("another/prefix/prj_1/code/x".to_owned(), b"theirs".to_vec());
    let mut listed: Vec<String> =
        storage.list(&key("prj_1/code"), 10).await.unwrap().into_iter().map(|object| object.key.to_string()).collect();
    listed.sort();
    assert_eq!(listed, ["prj_1/code/blobs/v", "prj_1/code/blobs/w", "prj_1/code/x", "prj_1/code/y", "prj_1/code/z"]);
    assert_eq!(storage.list(&key("prj_1"), 3).await.unwrap().len(), 3);
    assert_eq!(storage.erase(&key("prj_1/code")).await.unwrap(), 5);
    assert_eq!(storage.erase(&key("prj_1/code")).await.unwrap(), 0);
    let left: Vec<String> = server.held().objects.keys().cloned().collect();
    assert_eq!(left, ["another/prefix/prj_1/code/x", "some/prefix/prj_1/flows/z", "some/prefix/prj_12/code/y"]);
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_nothing_is_written_or_read() {
    let (server, endpoint) = Server::start().await;
    let (name, right) = (key("prj_1/x"), open(&endpoint, CREDENTIALS.id, CREDENTIALS.secret));
    right.put(&name, "bytes").await.unwrap();
    for (id, secret) in [(CREDENTIALS.id, "another"), ("AKIDANOTHER", CREDENTIALS.secret)] {
        let wrong = open(&endpoint, id, secret);
        assert!(matches!(wrong.put(&name, "theirs").await, Err(Error::Unavailable { .. })));
        assert!(matches!(wrong.get(&name, 10).await, Err(Error::Unavailable { .. })));
        assert!(matches!(wrong.size(&name).await, Err(Error::Unavailable { .. })));
        assert!(matches!(wrong.delete(&name).await, Err(Error::Unavailable { .. })));
        assert!(matches!(wrong.erase(&key("prj_1")).await, Err(Error::Unavailable { .. })));
        assert!(wrong.healthy().await.is_err());
    }
    let refused = server.held().answered.iter().filter(|(_, status)| *status == 403).count();
    assert_eq!(refused, 12, "each is asked once: a refusal is no outage that passes");
    assert_eq!(right.get(&name, 10).await.unwrap().as_deref(), Some(&b"bytes"[..]));
}

#[tokio::test]
async fn a_store_that_asks_to_slow_down_is_asked_again_and_not_for_ever() {
    let (server, storage) = opened().await;
    let name = key("prj_1/x");
    server.held().slow_down = 2;
    storage.put(&name, "bytes").await.unwrap();
    assert_eq!(server.held().answered, [(Method::PUT, 503), (Method::PUT, 503), (Method::PUT, 200)]);
    server.held().slow_down = 1;
    assert_eq!(storage.get(&name, 10).await.unwrap().as_deref(), Some(&b"bytes"[..]));
    server.held().answered.clear();
    server.held().slow_down = u32::MAX;
    assert!(matches!(storage.get(&name, 10).await, Err(Error::Unavailable { .. })), "an outage, and not a loss");
    assert_eq!(server.held().answered.len(), 4, "the first and three more");
}

#[tokio::test]
async fn a_large_object_goes_in_parts_and_has_its_name_when_it_is_whole() {
    let (server, storage) = opened().await;
    pieces::have_a_name_when_whole(&storage).await;
    let piece = Bytes::from(vec![7_u8; MIB]);
    let given_up = key("prj_1/media/given-up");
    let mut writer = storage.writer(&given_up);
    for _ in 0..20 {
        writer.write(piece.clone()).await.unwrap();
    }
    assert_eq!(server.held().uploads.len(), 1, "it has begun");
    writer.abort().await;
    assert!(storage.stream(&given_up).await.unwrap().is_none());
    assert!(server.held().uploads.is_empty(), "parts that nobody will complete are left, and paid for");
    server.held().answered.clear();
    let at_once = key("prj_1/media/at-once");
    storage.put(&at_once, vec![7_u8; 20 * MIB]).await.unwrap();
    assert_eq!(server.held().answered.len(), 5, "one to begin, three parts, one to end");
    assert_eq!(storage.size(&at_once).await.unwrap(), Some(20 * MIB as u64));
}

#[tokio::test]
async fn whether_a_store_takes_objects_is_seen_by_writing_one_and_leaves_nothing() {
    let (server, storage) = opened().await;
    storage.try_write().await.unwrap();
    assert_eq!(server.held().answered.first(), Some(&(Method::PUT, 200)));
    assert!(server.held().objects.is_empty());
    server.held().slow_down = u32::MAX;
    assert!(matches!(storage.try_write().await, Err(Error::Unavailable { .. })));
}
