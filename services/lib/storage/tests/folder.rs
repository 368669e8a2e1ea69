//! A storage in a folder: what is put is there, what is erased is gone, and a name stays where it belongs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod pieces;

use bytes::Bytes;
use storage::{Error, Key, OpenError, Storage};

use pieces::MIB;

fn key(text: &str) -> Key {
    Key::of(&text.split('/').collect::<Vec<_>>()).unwrap()
}

#[tokio::test]
async fn an_object_is_what_was_put_last() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(&format!("file://{}/made/here", folder.path().display())).unwrap();
    let name = key("prj_1/code/a.json");
    assert_eq!(storage.get(&name, 10).await.unwrap(), None);
    assert_eq!(storage.size(&name).await.unwrap(), None);
    storage.put(&name, "one").await.unwrap();
    storage.put(&name, "second").await.unwrap();
    assert_eq!(storage.get(&name, 6).await.unwrap().as_deref(), Some(&b"second"[..]));
    assert_eq!(storage.size(&name).await.unwrap(), Some(6));
    assert!(matches!(storage.get(&name, 5).await, Err(Error::TooLarge { size: 6, limit: 5, .. })));
    assert_eq!(storage.healthy().await, Ok(()));
}

#[tokio::test]
async fn a_prefix_is_erased_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
    for name in ["prj_1/code/blobs/x", "prj_1/code/y", "prj_1/flows/z", "prj_12/code/y"] {
        storage.put(&key(name), "bytes").await.unwrap();
    }
    // What a process leaves that is killed while it writes.
    std::fs::write(folder.path().join("prj_1/code/blobs/half#1"), "half").unwrap();
    assert_eq!(storage.list(&key("prj_1/code"), 10).await.unwrap().len(), 2);
    assert_eq!(storage.list(&key("prj_1"), 2).await.unwrap().len(), 2);
    assert_eq!(storage.erase(&key("prj_1/code")).await.unwrap(), 2);
    assert!(!folder.path().join("prj_1/code").exists());
    assert_eq!(storage.erase(&key("prj_1/code")).await.unwrap(), 0);
    assert_eq!(storage.list(&key("prj_1"), 10).await.unwrap()[0].key.as_str(), "prj_1/flows/z");
    storage.erase(&key("prj_1/flows")).await.unwrap();
    std::fs::create_dir_all(folder.path().join("prj_1/code/blobs")).unwrap();
    assert_eq!(storage.erase(&key("prj_1/code")).await.unwrap(), 0);
    assert!(!folder.path().join("prj_1").exists(), "an empty folder still names its project");
    assert_eq!(storage.list(&key("prj_12"), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_stands_in_the_way_is_an_outage_and_not_a_loss() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
    std::fs::write(folder.path().join("prj_1"), "a file where a folder must be").unwrap();
    assert!(matches!(storage.put(&key("prj_1/x"), "bytes").await, Err(Error::Unavailable { .. })));
    std::fs::remove_file(folder.path().join("prj_1")).unwrap();
    storage.put(&key("prj_1/x"), "bytes").await.unwrap();
}

#[test]
fn a_place_that_is_none_is_refused() {
    for bad in ["", "file://relative", "s3://", "https://bucket", "gs://bucket"] {
        assert!(matches!(Storage::open(bad), Err(OpenError::Scheme(_))), "{bad}");
    }
    assert!(matches!(Storage::open("/dev/null/x"), Err(OpenError::Folder { .. })));
}

#[test]
fn a_bucket_is_opened_without_asking_it() {
    assert!(Storage::open("s3://bucket/some/prefix").is_ok());
}

#[tokio::test]
async fn what_is_written_piece_by_piece_has_its_name_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
    pieces::have_a_name_when_whole(&storage).await;
    let piece = Bytes::from(vec![7_u8; MIB]);
    let given_up = key("prj_1/media/given-up");
    let mut writer = storage.writer(&given_up);
    for _ in 0..20 {
        writer.write(piece.clone()).await.unwrap();
    }
    writer.abort().await;
    assert!(storage.stream(&given_up).await.unwrap().is_none());
    assert_eq!(std::fs::read_dir(folder.path().join("prj_1/media")).unwrap().count(), 3, "something half written is left");
    let mut writer = storage.writer(&given_up);
    let mut written = Ok(());
    while written.is_ok() {
        written = writer.write(piece.clone()).await;
    }
    assert!(matches!(written, Err(Error::TooLarge { .. })), "{written:?}");
    writer.abort().await;
}
