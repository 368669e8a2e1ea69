//! A project that goes takes its files with it, also those that come late.

use contract::{OperationFailed, OperationKind, OperationRetried, ProjectErased};

use crate::meta::Trouble;
use crate::world::World;

#[tokio::test]
async fn a_deletion_leaves_no_object_and_no_row_and_nothing_comes_after_it() {
    let world = World::new().await;
    let service = world.start().await;
    let (project, other) = (world.project().await, world.project().await);
    let (message, stored) = world.image(project, "1", b"stored").await;
    world.until_stored(project, stored).await;
    let uploaded = world.upload(project, "application/pdf", b"%PDF-x").await;
    let (_, pending) = world.troubled(project, "2", b"pending", Some(Trouble::Away)).await;
    let (_, others) = world.image(other, "3", b"others").await;
    world.until_stored(other, others).await;
    world.until("one waits", async || world.attempts(pending).await.is_some_and(|attempts| attempts > 0)).await;
    // What a process leaves that is killed while it writes.
    std::fs::write(world.path(project, stored).with_extension("half#1"), "half").unwrap();

    let operation = world.begin(project, OperationKind::DeleteProject).await;
    world.until("it is said", async || world.erased(project).await == [operation]).await;
    assert_eq!((world.stored(project), world.stored(other)), (0, 1));
    let mine = async || world.rows().await.iter().filter(|row| row.contains(&project.to_string())).count();
    assert_eq!(mine().await, 0);
    for media in [stored, uploaded] {
        assert_eq!(world.get(project, &format!("media/{media}/content")).await.refused(), (404, "not_found"));
        assert_eq!(world.get(project, &format!("media/{media}")).await.refused(), (404, "not_found"));
    }
    assert_eq!(world.get(project, &format!("messages/{message}/media")).await.refused(), (404, "not_found"));
    assert_eq!(world.post(project, "", "application/pdf", None, "%PDF-late").await.refused(), (409, "project_ends"));

    // Late events, and the operation once more.
    let (_, late) = world.image(project, "4", b"late").await;
    world.tell(project, OperationFailed { operation, step: "media".into(), code: "deadline".into(), reason: "late".into() }).await;
    world.tell(project, OperationRetried { operation, deadline: world.clock.now() }).await;
    let (_, marker) = world.image(other, "5", b"marker").await;
    world.until_stored(other, marker).await;
    assert_eq!((mine().await, world.said(project, late).await), (0, vec![]));

    // What an upload leaves whose process is killed before it notices.
    std::fs::create_dir_all(world.path(project, stored).parent().unwrap()).unwrap();
    std::fs::write(world.path(project, stored), "late").unwrap();
    world.tell(project, ProjectErased { operation, left: None }).await;
    world.until("it is gone for good", async || !world.folder.path().join(project.to_string()).exists()).await;
    assert_eq!(world.erased(project).await, [operation]);
    assert_eq!(world.get(other, &format!("media/{others}/content")).await.status, 200);
    world.end(service).await;
}

#[tokio::test]
async fn a_deletion_while_files_are_on_their_way_ends_with_none() {
    let world = World::new().await;
    let service = world.start().await;
    let project = world.project().await;
    world.meta.open(false);
    let mut files = Vec::new();
    for n in 0..4 {
        files.push(world.image(project, &format!("1{n}"), b"on its way").await.1);
    }
    world.until("two are under way", async || world.meta.inside().0 == 2).await;
    let operation = world.begin(project, OperationKind::DeleteProject).await;
    world.until("it is said", async || world.erased(project).await == [operation]).await;
    world.meta.open(true);
    let other = world.project().await;
    let (_, marker) = world.image(other, "20", b"marker").await;
    world.until_stored(other, marker).await;
    world.until("nothing is under way", async || world.meta.inside().0 == 0).await;
    for media in files {
        assert_eq!(world.said(project, media).await, []);
    }
    assert_eq!(world.stored(project), 0);
    world.end(service).await;
}
