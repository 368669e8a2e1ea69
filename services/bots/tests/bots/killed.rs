//! The real process, killed with -9 at every point of its work and started again: everything is finished, nothing is left over.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use contract::{OperationKind, ProjectId};

use crate::world::{API_KEY, World};

const PATIENCE: Duration = Duration::from_secs(60);

/// When the process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// At least so many files are in the project's folder.
    Stored(usize),
    /// At most so many.
    Left(usize),
    /// So many events are in the log.
    Told(usize),
}

fn start(world: &World) -> Child {
    Command::new(env!("CARGO_BIN_EXE_bots"))
        .env("PAIGE_NATS_URL", world.nats.url())
        .env("PAIGE_STORAGE_URL", world.folder.path())
        .env("PAIGE_API_KEY", API_KEY)
        .env("PAIGE_LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// SIGKILL.
fn kill(mut process: Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

async fn reach(world: &World, project: ProjectId, moment: Moment) {
    let began = Instant::now();
    loop {
        let reached = match moment {
            Moment::Stored(count) => world.stored(&project.to_string()) >= count,
            Moment::Left(count) => world.stored(&project.to_string()) <= count,
            Moment::Told(count) => world.told(project).await.len() >= count,
        };
        if reached {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "waited for {moment:?}, so far: {:?}", world.told(project).await);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_process_killed_while_it_makes_code_leaves_nothing_that_the_next_one_does_not_finish() {
    let world = World::new().await;
    let mut projects = Vec::new();
    for moment in [Moment::Stored(1), Moment::Stored(2), Moment::Stored(3), Moment::Stored(4), Moment::Told(1)] {
        let project = world.create().await;
        let process = start(&world);
        reach(&world, project, moment).await;
        kill(process);
        projects.push(project);
    }
    let process = start(&world);
    for project in &projects {
        world.until(*project, &["initialised"]).await;
        assert_eq!(world.get(&format!("/v1/projects/{project}/code/files/index.js")).await.status, 200);
    }
    kill(process);
}

#[tokio::test]
async fn a_process_killed_while_it_erases_leaves_nothing() {
    let world = World::new().await;
    let moments = [Moment::Left(3), Moment::Left(2), Moment::Left(1), Moment::Left(0), Moment::Told(2)];
    let process = start(&world);
    let mut projects = Vec::new();
    for _ in moments {
        projects.push(world.ready().await);
    }
    kill(process);
    for (project, moment) in projects.iter().zip(moments) {
        world.begin(*project, OperationKind::DeleteProject).await;
        let process = start(&world);
        reach(&world, *project, moment).await;
        kill(process);
    }
    let process = start(&world);
    for project in &projects {
        world.until(*project, &["initialised", "erased"]).await;
        assert_eq!(world.stored(&project.to_string()), 0);
    }
    kill(process);
}
