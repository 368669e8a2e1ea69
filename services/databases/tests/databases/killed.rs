//! The real process, killed with -9 at every point of a provisioning and started again: everything is finished, nothing is left over.

use std::time::{Duration, Instant};

use contract::ProjectId;
use databases::Names;
use sqlx::Connection;
use testbed::Process;

use crate::world::{MASTER_KEY, World};

const PATIENCE: Duration = Duration::from_secs(60);
const WHOLE: [&str; 5] = ["roles", "database", "tables", "privileges", "ready"];

/// When the process is killed. In the order in which a provisioning reaches them.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Something of one of these names is on the server.
    Exists(fn(&Names) -> Vec<String>),
    /// So many events are in the log.
    Told(usize),
}

const MOMENTS: [Moment; 9] = [
    Moment::Exists(|names| vec![names.owner.as_str().to_owned()]),
    Moment::Exists(|names| vec![names.bot.as_str().to_owned()]),
    Moment::Told(1),
    // The name that it is made under goes again: whoever looks too late finds its own.
    Moment::Exists(|names| vec![names.making.as_str().to_owned(), names.database.as_str().to_owned()]),
    Moment::Told(2),
    Moment::Told(3),
    Moment::Exists(|names| vec![names.database.as_str().to_owned()]),
    Moment::Told(4),
    Moment::Told(5),
];

pub(crate) fn start(world: &World) -> Process {
    let settings = [("PAIGE_DATABASE_URL", world.platform_url.as_str()), ("PAIGE_MASTER_KEY", MASTER_KEY)];
    Process::start(env!("CARGO_BIN_EXE_databases"), &world.servers.nats, settings)
}

async fn reach(world: &World, project: ProjectId, moment: Moment) {
    let began = Instant::now();
    let names = Names::of(project);
    // Polled without a pause on one connection: the moments are short.
    let mut platform = world.connect().await;
    loop {
        let reached = match moment {
            Moment::Told(count) => world.told(project).await.len() >= count,
            Moment::Exists(any_of) => sqlx::query_scalar(
                "SELECT EXISTS (SELECT FROM pg_database WHERE datname::text = ANY ($1))
                     OR EXISTS (SELECT FROM pg_roles WHERE rolname::text = ANY ($1))",
            )
            .bind(any_of(&names))
            .fetch_one(&mut platform)
            .await
            .unwrap(),
        };
        if reached {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "waited for {moment:?}, so far: {:?}", world.told(project).await);
    }
}

#[tokio::test]
async fn a_process_killed_at_any_moment_leaves_nothing_that_the_next_one_does_not_finish() {
    let world = World::new().await;
    let mut projects = Vec::new();
    for moment in MOMENTS {
        let project = world.create_project().await;
        let mut process = start(&world);
        reach(&world, project, moment).await;
        process.kill();
        projects.push(project);
    }
    let mut process = start(&world);
    for project in &projects {
        world.until(*project, "ready").await;
    }
    process.kill();
    for project in &projects {
        assert_eq!(world.told(*project).await, WHOLE);
        world.bot(*project).await.close().await.unwrap();
    }
    assert_eq!(world.on_server().await, World::whole(&projects));
}

#[tokio::test]
async fn a_process_killed_again_and_again_on_one_project_still_gets_there() {
    let world = World::new().await;
    let project = world.create_project().await;
    for moment in MOMENTS {
        let mut process = start(&world);
        reach(&world, project, moment).await;
        process.kill();
    }
    assert_eq!(world.told(project).await, WHOLE);
    assert_eq!(world.on_server().await, World::whole(&[project]));
}
