//! The tables follow from the log: built again they are the same, and of another log they are refused.

use contract::{Context, Event, EventId, MediaEvent, MediaFailed, MediaId, MessageId, ProjectId, Subject};
use journal::Expect;

use crate::meta::Trouble;
use crate::world::{World, fresh_pool, rows};

/// Says of a file what no table can hold: no text of Postgres has a NUL. The log takes whatever is said.
async fn say_what_postgres_refuses(world: &World, project: ProjectId) {
    let message = MessageId::from_ulid(world.ids.ulid());
    let failed = MediaFailed { message, media_id: "9".into(), code: "expired".into(), reason: "a\0b".into() };
    let id = EventId::from_ulid(world.ids.ulid());
    let event = MediaEvent::from(failed).into_new(id, "/test", world.clock.now(), Context::default());
    let subject = Subject::media(project, MediaId::from_ulid(world.ids.ulid()));
    world.journal.append(&subject, Expect::New, vec![event]).await.unwrap();
}

#[tokio::test]
async fn tables_built_again_from_the_log_equal_those_that_lived() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    for n in 0..6 {
        let id = format!("{n}");
        let trouble = (n == 5).then_some(Trouble::Unknown);
        let (_, media) = world.troubled(project, &id, format!("image {n}").as_bytes(), trouble).await;
        if trouble.is_some() {
            world.until_failed(project, media).await;
        } else {
            world.until_stored(project, media).await;
        }
    }
    world.until("nothing is pending", async || !world.rows().await.iter().any(|row| row.contains(r#""status": "pending""#))).await;
    world.stop(service).await;
    let lived = world.rows().await;
    assert_eq!(lived.len(), 6);
    say_what_postgres_refuses(&world, project).await;

    let (_, fresh) = fresh_pool().await;
    let media = world.media_on(&fresh);
    media.prepare().await.unwrap();
    assert_eq!(rows(&fresh).await.len(), 6, "what was fetched is known before anything is fetched");
    let stop = tokio_util::sync::CancellationToken::new();
    let task = tokio::spawn(media::run(media, stop.clone()));
    world.until("both are the same", async || rows(&fresh).await == lived).await;
    stop.cancel();
    task.await.unwrap().unwrap();
    for n in 0..5 {
        assert_eq!(world.meta.counts(&n.to_string()), (1, 1), "nothing is fetched for it");
    }

    sqlx::query("UPDATE media.progress SET created = created - interval '1 day' WHERE stream = 'media'").execute(&fresh).await.unwrap();
    assert!(matches!(world.media_on(&fresh).prepare().await, Err(media::Error::OtherLog { .. })));
}
