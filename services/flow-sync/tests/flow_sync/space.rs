//! The place of a project's Flows, on a real broker and a real folder, with the real process, killed and repeated.

use chassis::{Clock, Ids};
use contract::{
    Context, Event, EventId, FlowEvent, OperationFailed, OperationId, OperationKind, OperationRetried, OperationStarted, ProjectCreated,
    ProjectEvent, ProjectId, Subject, WorkspaceId,
};
use embedded::Nats;
use flow_sync::STREAMS;
use journal::{Expect, Journal};
use tempfile::TempDir;
use testbed::{Process, until};

use crate::world::MASTER_KEY;

struct House {
    nats: Nats,
    journal: Journal,
    folder: TempDir,
    database_url: String,
    ids: Ids,
}

impl House {
    async fn new() -> Self {
        let (nats, journal) = testbed::fresh_log(&STREAMS).await;
        let database_url = testbed::fresh_database().await;
        Self { nats, journal, folder: tempfile::tempdir().unwrap(), database_url, ids: Ids::new(Clock::System) }
    }

    fn start(&self) -> Process {
        let settings = [
            ("PAIGE_STORAGE_URL", self.folder.path().to_str().unwrap()),
            ("PAIGE_DATABASE_URL", self.database_url.as_str()),
            ("PAIGE_MASTER_KEY", MASTER_KEY),
        ];
        Process::start(env!("CARGO_BIN_EXE_flow-sync"), &self.nats, settings)
    }

    async fn say(&self, project: ProjectId, event: impl Into<ProjectEvent>) {
        let id = EventId::from_ulid(self.ids.ulid());
        let event = event.into().into_new(id, "/test", Clock::System.now(), Context::default());
        self.journal.append(&Subject::project(project), Expect::Any, vec![event]).await.unwrap();
    }

    async fn create(&self, project: ProjectId) {
        let workspace = WorkspaceId::INSTALLATION;
        self.say(project, ProjectCreated { name: "Pizza".into(), conversation_idle_seconds: None, workspace }).await;
    }

    async fn begin(&self, project: ProjectId, kind: OperationKind) -> OperationId {
        let operation = OperationId::from_ulid(self.ids.ulid());
        self.say(project, OperationStarted { operation, kind, deadline: Clock::System.now(), overwrite: false }).await;
        operation
    }

    async fn again(&self, project: ProjectId, operation: OperationId) {
        self.say(project, OperationFailed { operation, step: "s".into(), code: "deadline".into(), reason: "late".into() }).await;
        self.say(project, OperationRetried { operation, deadline: Clock::System.now() }).await;
    }

    async fn told(&self, project: ProjectId) -> Vec<&'static str> {
        let events = self.journal.entity(&Subject::flow_space(project)).await.unwrap();
        let short = |event: FlowEvent| match event.event_type() {
            "flow.flow_space_created.v1" => "created",
            "flow.flow_space_erased.v1" => "erased",
            other => panic!("{other} on the place"),
        };
        events.iter().map(|recorded| short(FlowEvent::decode(recorded).unwrap())).collect()
    }

    fn has_marker(&self, project: ProjectId) -> bool {
        self.folder.path().join(format!("{project}/flows/space.json")).is_file()
    }
}

#[tokio::test]
async fn a_place_is_made_once_and_goes_with_its_project_however_often_the_process_is_killed() {
    let world = House::new().await;
    let [one, two] = [(); 2].map(|()| ProjectId::from_ulid(world.ids.ulid()));
    world.create(one).await;
    let mut process = world.start();
    until("the place is there", async || world.has_marker(one)).await;
    process.kill();
    let mut process = world.start();
    until("it is told", async || world.told(one).await == ["created"]).await;
    process.kill();
    world.create(one).await;
    let create = world.begin(one, OperationKind::CreateProject).await;
    world.again(one, create).await;
    world.begin(one, OperationKind::ResetProject).await;
    let delete = world.begin(one, OperationKind::DeleteProject).await;
    let mut process = world.start();
    until("the place is gone", async || !world.has_marker(one)).await;
    process.kill();
    world.again(one, delete).await;
    world.create(one).await;
    world.create(two).await;
    let mut process = world.start();
    until("the other is told", async || world.told(two).await == ["created"]).await;
    until("the end is told", async || world.told(one).await == ["created", "erased"]).await;
    // What came last of the first one is handled with its end: one key, in order.
    world.begin(one, OperationKind::DeleteProject).await;
    until("another deletion is told", async || world.told(one).await == ["created", "erased", "erased"]).await;
    testbed::end(&world.journal, async { process.kill() }).await;
    assert!(world.has_marker(two) && !world.folder.path().join(one.to_string()).exists());
}

#[tokio::test]
async fn a_project_is_deleted_that_never_had_a_place() {
    let world = House::new().await;
    let project = ProjectId::from_ulid(world.ids.ulid());
    world.begin(project, OperationKind::DeleteProject).await;
    let mut process = world.start();
    until("the end is told", async || world.told(project).await == ["erased"]).await;
    process.kill();
}
