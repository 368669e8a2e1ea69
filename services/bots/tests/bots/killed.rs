//! The real process, killed with -9 at every point of its work and started again: everything is finished, nothing is left over.

use std::time::{Duration, Instant};

use contract::{OperationKind, ProjectId};
use testbed::Process;

use crate::world::World;

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

fn start(world: &World) -> Process {
    let folder = world.folder.path().to_str().unwrap();
    Process::start(env!("CARGO_BIN_EXE_bots"), &world.nats, [("PAIGE_STORAGE_URL", folder)])
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
        let mut process = start(&world);
        reach(&world, project, moment).await;
        process.kill();
        projects.push(project);
    }
    let mut process = start(&world);
    for project in &projects {
        world.until(*project, &["initialised"]).await;
        assert_eq!(world.get(&format!("/v1/projects/{project}/code/files/index.js")).await.status, 200);
    }
    process.kill();
}

#[tokio::test]
async fn a_process_killed_while_it_erases_leaves_nothing() {
    let world = World::new().await;
    let moments = [Moment::Left(3), Moment::Left(2), Moment::Left(1), Moment::Left(0), Moment::Told(2)];
    let mut process = start(&world);
    let mut projects = Vec::new();
    for _ in moments {
        projects.push(world.ready().await);
    }
    process.kill();
    for (project, moment) in projects.iter().zip(moments) {
        world.begin(*project, OperationKind::DeleteProject).await;
        let mut process = start(&world);
        reach(&world, *project, moment).await;
        process.kill();
    }
    let mut process = start(&world);
    for project in &projects {
        world.until(*project, &["initialised", "erased"]).await;
        assert_eq!(world.stored(&project.to_string()), 0);
    }
    process.kill();
}
