//! The real process, killed with -9 at every point of its work and started again: every file is kept, once.

use contract::{MediaId, ProjectId};
use testbed::Process;

use crate::meta::TOKEN;
use crate::world::{MASTER_KEY, World, sha256_hex};

/// When the process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Meta was asked for the bytes.
    Asked,
    /// The object is there.
    Stored,
    /// It is said.
    Said,
}

fn start(world: &World) -> Process {
    let graph_url = world.meta.graph_url();
    let settings = [
        ("PAIGE_DATABASE_URL", world.url.as_str()),
        ("PAIGE_STORAGE_URL", world.folder.path().to_str().unwrap()),
        ("PAIGE_META_GRAPH_URL", graph_url.as_str()),
        ("PAIGE_MASTER_KEY", MASTER_KEY),
    ];
    Process::start(env!("CARGO_BIN_EXE_media"), &world.nats, settings)
}

#[tokio::test]
async fn a_process_killed_while_it_fetches_leaves_nothing_that_the_next_one_does_not_finish() {
    let world = World::new().await;
    // The process has the system's clock: so have the messages.
    world.clock.set(chassis::Clock::System.now());
    let project: ProjectId = world.project().await;
    let mut files: Vec<(MediaId, String)> = Vec::new();
    for (n, moment) in [Moment::Asked, Moment::Stored, Moment::Said].into_iter().cycle().take(6).enumerate() {
        let (id, bytes) = (format!("{n}"), format!("image {n} {TOKEN}"));
        world.meta.open(!matches!(moment, Moment::Asked));
        let (_, media) = world.image(project, &id, bytes.as_bytes()).await;
        let mut process = start(&world);
        world
            .until("the moment is there", async || match moment {
                Moment::Asked => world.meta.counts(&id).1 > 0,
                Moment::Stored => world.path(project, media).exists(),
                Moment::Said => !world.said(project, media).await.is_empty(),
            })
            .await;
        process.kill();
        files.push((media, bytes));
    }
    world.meta.open(true);
    // As after a crash between the object and the event: what is there counts for nothing until it is said.
    let (_, half) = world.image(project, "half", b"the whole").await;
    std::fs::write(world.path(project, half), "the wh").unwrap();
    files.push((half, "the whole".to_owned()));
    let mut process = start(&world);
    for (media, bytes) in &files {
        assert_eq!(world.until_stored(project, *media).await.sha256, sha256_hex(bytes.as_bytes()));
        assert_eq!(std::fs::read(world.path(project, *media)).unwrap(), bytes.as_bytes());
        assert_eq!(world.get(project, &format!("media/{media}/content")).await.status, 200);
    }
    process.kill();
    assert_eq!(world.journal.state(contract::Stream::Media).await.unwrap().messages, files.len() as u64, "each once");
}
