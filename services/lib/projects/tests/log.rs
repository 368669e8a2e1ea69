//! The fold and the tokens against a real log.

use std::time::Duration;

use chassis::{Clock, Health, Ids};
use chrono::TimeDelta;
use contract::{
    Context, DataKeyCreated, Event, EventId, NumberConnected, NumberDisconnected, NumberOffered, OperationId, OperationKind,
    OperationStarted, ProjectCreated, ProjectErased, ProjectEvent, ProjectId, ProjectReady, ProjectRestored, ProjectSuspended,
    ProjectTransferred, ProjectUpdated, SendingPolicySet, Stream, Subject, TransferId, UnknownOutcome, WorkspaceId,
};
use embedded::Nats;
use journal::{ConnectOptions, Expect, Journal};
use projects::{Life, Project, Projects, TokenError, Tokens};
use sealing::{DataKey, MasterKey};
use tokio_util::sync::CancellationToken;

const NUMBER: &str = "106540352242922";
const WABA: &str = "102290129340398";

struct World {
    nats: Nats,
    /// Of whoever writes: another process.
    journal: Journal,
    ids: Ids,
    clock: Clock,
    projects: Projects,
    stop: CancellationToken,
}

impl World {
    async fn new() -> Self {
        let nats = Nats::scratch().await.expect("nats starts");
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("an instant"));
        let projects = Projects::start(connect(&nats).await).await.expect("it starts");
        let stop = CancellationToken::new();
        projects.follow(stop.clone());
        Self { journal: connect(&nats).await, ids: Ids::new(clock.clone()), clock, nats, projects, stop }
    }

    async fn say(&self, subject: &Subject, event: impl Into<ProjectEvent>) {
        let event: ProjectEvent = event.into();
        let event = event.into_new(EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now(), Context::default());
        self.journal.append(subject, Expect::Any, vec![event]).await.expect("appended");
    }

    async fn tell(&self, project: ProjectId, event: impl Into<ProjectEvent>) {
        self.say(&Subject::project(project), event).await;
    }

    async fn create(&self) -> ProjectId {
        let project = ProjectId::from_ulid(self.ids.ulid());
        let workspace = WorkspaceId::from_ulid(self.ids.ulid());
        self.tell(project, ProjectCreated { name: "Shop".to_owned(), conversation_idle_seconds: Some(60), workspace }).await;
        self.tell(project, ProjectReady {}).await;
        project
    }

    async fn seen(&self, project: ProjectId) -> Project {
        let seen = self.projects.fresh(project).await.expect("the log answers").expect("it is known");
        (*seen).clone()
    }

    fn operation(&self, kind: OperationKind) -> OperationStarted {
        let operation = OperationId::from_ulid(self.ids.ulid());
        OperationStarted { operation, kind, deadline: self.clock.now() + TimeDelta::hours(1), overwrite: false }
    }

    fn offer(&self, number: &str, sealed_token: String) -> NumberOffered {
        NumberOffered {
            operation: OperationId::from_ulid(self.ids.ulid()),
            phone_number_id: number.to_owned(),
            waba_id: WABA.to_owned(),
            coexistence: true,
            sealed_token,
            sealed_pin: "v1.pin".to_owned(),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn connect(nats: &Nats) -> Journal {
    Journal::connect(ConnectOptions::new(nats.url(), "projects")).await.expect("connected")
}

fn connected(number: &str, waba_id: Option<&str>) -> NumberConnected {
    let display = Some("+1 555-0100".to_owned());
    NumberConnected { phone_number_id: number.to_owned(), waba_id: waba_id.map(str::to_owned), display_phone_number: display }
}

#[tokio::test]
async fn what_was_just_said_elsewhere_is_known_at_once_and_again_after_a_restart() {
    let world = World::new().await;
    assert_eq!(world.projects.fresh(ProjectId::from_ulid(world.ids.ulid())).await, Ok(None));
    let project = world.create().await;
    let seen = world.seen(project).await;
    assert_eq!((seen.life, seen.suspended, seen.conversation_idle), (Life::Ready, false, Some(TimeDelta::seconds(60))));
    assert_eq!((seen.name.as_str(), seen.unknown_outcome, seen.number), ("Shop", UnknownOutcome::GiveUp, None));

    world.tell(project, ProjectUpdated { name: "Store".to_owned(), conversation_idle_seconds: None }).await;
    world.tell(project, ProjectSuspended { at: world.clock.now(), billing_sequence: 1 }).await;
    world.tell(project, SendingPolicySet { unknown_outcome: UnknownOutcome::SendAgain }).await;
    let to = WorkspaceId::from_ulid(world.ids.ulid());
    let transfer = TransferId::from_ulid(world.ids.ulid());
    world.tell(project, ProjectTransferred { transfer, from: seen.workspace, to }).await;
    let seen = world.seen(project).await;
    assert_eq!((seen.name.as_str(), seen.suspended, seen.conversation_idle), ("Store", true, None));
    assert_eq!((seen.unknown_outcome, seen.workspace), (UnknownOutcome::SendAgain, to));
    world.tell(project, ProjectRestored { at: world.clock.now(), billing_sequence: 2 }).await;
    let seen = world.seen(project).await;
    assert!(!seen.suspended);

    let again = Projects::start(connect(&world.nats).await).await.expect("it starts");
    assert_eq!(again.get(project).as_deref(), Some(&seen), "a second reader arrives at the same");
    assert_eq!(again.all().len(), 1);
}

#[tokio::test]
async fn a_number_is_found_by_its_id_and_account_and_goes_from_one_project_to_another() {
    let world = World::new().await;
    let (one, other) = (world.create().await, world.create().await);
    world.tell(one, world.offer(NUMBER, "v1.token".to_owned())).await;
    world.tell(one, connected(NUMBER, None)).await;
    let number = world.seen(one).await.number.expect("connected");
    assert_eq!((number.sealed_token.as_deref(), number.waba_id.as_deref(), number.coexistence), (Some("v1.token"), Some(WABA), true));
    assert_eq!(world.projects.by_number(NUMBER), Some(one));
    assert_eq!(world.projects.by_waba(WABA), [one]);

    world.tell(one, world.offer(NUMBER, "v1.newer".to_owned())).await;
    assert_eq!(world.seen(one).await.number.and_then(|number| number.sealed_token).as_deref(), Some("v1.newer"), "the last signup counts");

    world.tell(one, NumberDisconnected { phone_number_id: NUMBER.to_owned() }).await;
    world.tell(other, connected(NUMBER, Some(WABA))).await;
    let number = world.seen(other).await.number.expect("connected");
    assert_eq!(number.sealed_token, None, "it was claimed only: nobody else's token serves");
    assert_eq!(world.seen(one).await.number, None);
    assert_eq!((world.projects.by_number(NUMBER), world.projects.by_waba(WABA)), (Some(other), vec![other]));

    world.tell(one, connected(NUMBER, Some(WABA))).await;
    assert_eq!(world.seen(one).await.number.expect("connected").sealed_token, None, "what was given back opens nothing any more");
}

#[tokio::test]
async fn a_number_knows_since_when_it_is_the_one_that_people_write_to() {
    let world = World::new().await;
    let project = world.create().await;
    let gone = |number: &str| NumberDisconnected { phone_number_id: number.to_owned() };
    let since = async || world.seen(project).await.number.expect("connected").since;
    let other = "106540352242923";
    let hour = TimeDelta::hours(1);
    world.tell(project, connected(NUMBER, None)).await;
    assert_eq!(since().await, None, "there was no other");
    world.clock.advance(hour);
    world.tell(project, connected(NUMBER, Some(WABA))).await;
    world.tell(project, gone(NUMBER)).await;
    world.tell(project, connected(NUMBER, Some(WABA))).await;
    assert_eq!(since().await, None, "the same one came back");
    world.clock.advance(hour);
    let changed = world.clock.now();
    world.tell(project, connected(other, None)).await;
    assert_eq!(since().await, Some(changed));
    world.clock.advance(hour);
    world.tell(project, gone(other)).await;
    world.tell(project, connected(other, None)).await;
    assert_eq!(since().await, Some(changed), "the same one came back");
    world.clock.advance(hour);
    world.tell(project, gone(other)).await;
    world.tell(project, connected(NUMBER, None)).await;
    assert_eq!(since().await, Some(world.clock.now()), "the other had it meanwhile");
}

#[tokio::test]
async fn a_project_that_leaves_never_comes_back_and_is_forgotten_when_it_is_erased() {
    let world = World::new().await;
    let project = world.create().await;
    world.tell(project, connected(NUMBER, Some(WABA))).await;
    let deletion = world.operation(OperationKind::DeleteProject);
    world.tell(project, deletion.clone()).await;
    world.tell(project, ProjectReady {}).await;
    assert_eq!(world.seen(project).await.life, Life::Leaving);
    assert_eq!(world.projects.by_number(NUMBER), Some(project));
    world.tell(project, ProjectErased { operation: deletion.operation, left: None }).await;
    assert_eq!(world.projects.fresh(project).await, Ok(None));
    assert_eq!((world.projects.by_number(NUMBER), world.projects.by_waba(WABA)), (None, vec![]));
    assert!(world.projects.all().is_empty());
}

#[tokio::test]
async fn a_token_opens_for_its_own_number_and_project_alone() {
    let world = World::new().await;
    let master: MasterKey = "0b".repeat(32).parse().expect("a key");
    let tokens = Tokens::new(connect(&world.nats).await, master.clone());
    let project = world.create().await;
    assert!(matches!(tokens.open(&world.seen(project).await).await, Err(TokenError::None)), "no number");
    world.tell(project, connected(NUMBER, None)).await;
    assert!(matches!(tokens.open(&world.seen(project).await).await, Err(TokenError::None)), "claimed only");

    let key = DataKey::random();
    let sealed = key.seal(&format!("number_token/{NUMBER}"), b"EAAG-token");
    world.tell(project, world.offer(NUMBER, sealed)).await;
    let closed = tokens.open(&world.seen(project).await).await;
    assert!(matches!(closed, Err(TokenError::Sealed(sealing::Error::Closed))), "the key is not there");
    world.say(&Subject::data_key(project), DataKeyCreated { wrapped: key.wrap(&master, project) }).await;
    let seen = world.seen(project).await;
    assert_eq!(tokens.open(&seen).await.expect("it opens").expose(), "EAAG-token");

    let mut pin = seen.clone();
    let number = pin.number.as_mut().expect("connected");
    number.sealed_token = Some(key.seal(&format!("number_pin/{NUMBER}"), b"123456"));
    assert!(matches!(tokens.open(&pin).await, Err(TokenError::Sealed(_))), "a PIN is no token");
    let other: MasterKey = "0c".repeat(32).parse().expect("a key");
    let elsewhere = Tokens::new(connect(&world.nats).await, other);
    assert!(matches!(elsewhere.open(&seen).await, Err(TokenError::Sealed(_))), "another installation");
}

#[tokio::test]
async fn health_says_when_the_log_is_away_and_the_fold_goes_on_when_it_is_back() {
    let mut world = World::new().await;
    let health = Health::new();
    world.projects.register(&health);
    assert_eq!(health.failures().await, []);
    world.nats.kill().await;
    let away = async || loop {
        if let [failure] = health.failures().await.as_slice() {
            return failure.clone();
        }
        tokio::task::yield_now().await;
    };
    let failure = tokio::time::timeout(Duration::from_secs(30), away()).await.expect("it is noticed");
    assert_eq!(failure.name, "projects.log");
    world.nats.restart().await.expect("it starts again");
    world.journal = connect(&world.nats).await;
    let project = world.create().await;
    let mut changed = world.projects.changed();
    let known = async {
        while world.projects.get(project).is_none_or(|project| project.life != Life::Ready) {
            changed.changed().await.expect("it lives");
        }
    };
    tokio::time::timeout(Duration::from_secs(30), known).await.expect("it is read");
    let last = world.journal.last_sequence(Stream::Project, "project.*").await.expect("the log answers");
    assert_eq!(*world.projects.changed().borrow(), last);
}
