//! What cannot be had is said, with a reason, and holds up nothing: not its message, not the next file.

use chrono::TimeDelta;
use contract::MessageReceived;
use serde_json::json;

use crate::meta::Trouble;
use crate::world::World;

#[tokio::test]
async fn a_file_that_meta_does_not_give_out_fails_after_seven_days_and_not_before() {
    let world = World::new().await;
    let service = world.start().await;
    let (project, bare) = (world.project().await, world.bare_project().await);
    for (project, id, trouble) in [(project, "1", Some(Trouble::Away)), (project, "2", Some(Trouble::NoToken)), (bare, "3", None)] {
        let began = world.clock.now();
        let (message, media) = world.troubled(project, id, b"never", trouble).await;
        let failed = world.until_failed(project, media).await;
        assert_eq!((failed.code.as_str(), failed.message, failed.media_id.as_str()), ("expired", message, id));
        let took = world.clock.now() - began;
        assert!(took >= TimeDelta::days(7), "{id} failed after {took}");
        let (asked, _) = world.meta.counts(id);
        assert!(if trouble.is_some() { asked > 5 } else { asked == 0 }, "{id} was asked for {asked} times");
        let facts = world.get(project, &format!("media/{media}")).await;
        assert_eq!((&facts.body["status"], &facts.body["code"]), (&json!("failed"), &json!("expired")));
        assert_eq!(world.get(project, &format!("media/{media}/content")).await.refused(), (409, "media_failed"));
        world
            .until("the list says so", async || {
                world.get(project, &format!("messages/{message}/media")).await.body["data"][0]["status"] == "failed"
            })
            .await;
    }
    world.end(service).await;
}

#[tokio::test]
async fn wrong_bytes_and_unknown_files_are_tried_for_as_long_as_meta_keeps_them_and_nothing_of_them_is_kept() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    for (id, trouble, code) in [("11", Trouble::Others, "corrupt"), ("12", Trouble::Unknown, "not_found")] {
        let (_, media) = world.troubled(project, id, b"something", Some(trouble)).await;
        let began = world.clock.now();
        assert_eq!(world.until_failed(project, media).await.code, code);
        assert!(world.clock.now() - began >= TimeDelta::days(7) - TimeDelta::minutes(1), "Meta says the same of what a token may not see");
        let (asked, _) = world.meta.counts(id);
        assert!((40..60).contains(&asked), "{id} was asked for {asked} times");
    }
    assert_eq!(world.stored(project), 0);
    world.end(service).await;
}

#[tokio::test]
async fn a_huge_file_is_refused_by_what_meta_says_and_by_what_comes() {
    let world = World::limited(1024 * 1024).await;
    let service = world.start().await;
    let project = world.project().await;
    let huge = vec![b'x'; 1024 * 1024 + 1];
    let (_, small) = world.image(project, "21", b"small").await;
    world.until_stored(project, small).await;
    // Meta says so.
    world.meta.keep("22", "image/jpeg", huge.clone());
    let (_, said) = world.image_of(project, "22", &huge).await;
    assert_eq!(world.until_failed(project, said).await.code, "too_large");
    assert_eq!(world.meta.counts("22"), (1, 0), "not a byte was asked for");
    // Meta says nothing, and it comes without a length.
    world.meta.keep("23", "image/jpeg", huge.clone());
    world.meta.with("23", |held| held.unsized_ = true);
    let (_, unsaid) = world.image_of(project, "23", &huge).await;
    assert_eq!(world.until_failed(project, unsaid).await.code, "too_large");
    // Meta says less than comes.
    world.meta.keep("24", "image/jpeg", huge.clone());
    world.meta.with("24", |held| held.size_said = Some(10));
    let (_, lied) = world.image_of(project, "24", &huge).await;
    assert_eq!(world.until_failed(project, lied).await.code, "corrupt");
    assert_eq!(world.stored(project), 1);
    world.end(service).await;
}

#[tokio::test]
async fn no_failure_touches_a_message_or_holds_up_the_next_file() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    let (_, lost) = world.image_of(project, "31", b"Meta has never heard of it").await;
    let unreadable = world.message("image", &json!({"id": "wamid.A", "type": "image", "image": {"id": "../31"}}));
    world.hear(project, MessageReceived(unreadable)).await;
    let said = world.conversations().await;
    let (_, next) = world.image(project, "32", b"fine").await;
    world.until_stored(project, next).await;
    assert_eq!(world.until_failed(project, lost).await.code, "not_found");
    let now = world.conversations().await;
    assert_eq!((now.len(), &now[..said.len()]), (said.len() + 1, &said[..]), "nothing but the next message was said");
    world.end(service).await;
}

#[tokio::test]
async fn while_the_storage_takes_nothing_meta_is_not_asked_for_the_same_bytes_again() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    // In the place of the folder is something that takes no files.
    std::fs::remove_dir(world.folder.path()).unwrap();
    std::fs::write(world.folder.path(), "").unwrap();
    let (_, media) = world.image(project, "41", b"waits for us").await;
    for _ in 0..5 {
        world.until("it is set aside", async || world.later(media).await.is_some()).await;
        assert_eq!(world.meta.counts("41"), (1, 1), "its bytes have nowhere to go");
        assert_eq!(world.attempts(media).await, Some(0), "Meta has done nothing wrong");
        world.clock.advance(TimeDelta::seconds(30));
    }
    std::fs::remove_file(world.folder.path()).unwrap();
    std::fs::create_dir_all(world.folder.path()).unwrap();
    world.until("it is set aside or kept", async || world.later(media).await.is_some() || world.stored(project) == 1).await;
    world.clock.advance(TimeDelta::seconds(30));
    world.until_stored(project, media).await;
    assert_eq!(world.meta.counts("41"), (2, 2));
    world.end(service).await;
}
