//! The fold against a real log: how soon it knows, what it does when it cannot know, and what it writes.

use std::time::{Duration, Instant};

use auth::credential::Issued;
use auth::{Authorizer, KEY_USE_INTERVAL_SECONDS, STALE_AFTER};
use chassis::{Authority, Caller, Clock, Denied, Health, Ids, Need};
use chrono::TimeDelta;
use contract::{
    Context, Event, KeyHolder, KeyId, KeyIssued, KeyRevoked, MemberRemoved, ProjectCreated, ProjectEvent, ProjectId, Role, SessionId,
    SessionStarted, Stream, Subject, UserId, WorkspaceCreated, WorkspaceEvent, WorkspaceId, WorkspaceKind,
};
use embedded::Nats;
use journal::{ConnectOptions, Expect, Journal};
use tokio_util::sync::CancellationToken;

const WAIT_MAX: Duration = Duration::from_secs(60);
/// What an operator may count on when nothing is broken; a machine that is busy with other tests included.
const SOON: Duration = Duration::from_secs(1);

struct World {
    nats: Nats,
    /// Of whoever writes: another process.
    journal: Journal,
    clock: Clock,
    ids: Ids,
    authorizer: Authorizer,
    stop: CancellationToken,
    workspace: WorkspaceId,
    owner: UserId,
}

impl World {
    async fn new() -> Self {
        let nats = Nats::scratch().await.expect("nats starts");
        let journal = connect(&nats).await;
        journal.open(&Stream::ALL).await.expect("streams");
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("an instant"));
        let ids = Ids::new(clock.clone());
        let (workspace, owner) = (WorkspaceId::from_ulid(ids.ulid()), UserId::from_ulid(ids.ulid()));
        let authorizer = Authorizer::start(connect(&nats).await, clock.clone()).await.expect("it starts");
        let stop = CancellationToken::new();
        authorizer.follow(stop.clone());
        let world = Self { nats, journal, clock, ids, authorizer, stop, workspace, owner };
        let created = WorkspaceCreated { name: "w".to_owned(), kind: WorkspaceKind::Team, owner };
        world.say(WorkspaceEvent::WorkspaceCreated(created)).await;
        world
    }

    async fn say(&self, event: WorkspaceEvent) {
        self.append(Subject::workspace(self.workspace), event).await;
    }

    async fn append<E: Event>(&self, subject: Subject, event: E) {
        let event = event.into_new(contract::EventId::from_ulid(self.ids.ulid()), "/test", self.clock.now(), Context::default());
        self.journal.append(&subject, Expect::Any, vec![event]).await.expect("appended");
    }

    async fn issue(&self) -> (KeyId, Issued) {
        let key = KeyId::from_ulid(self.ids.ulid());
        let issued = Issued::key(key);
        self.say(WorkspaceEvent::KeyIssued(KeyIssued {
            key,
            name: "k".to_owned(),
            holder: KeyHolder::Program,
            hash: issued.hash.clone(),
            scopes: vec!["projects:read".to_owned()],
            project: None,
            expires_at: None,
            replaces: None,
        }))
        .await;
        (key, issued)
    }

    async fn sign_in(&self, user: UserId) -> Issued {
        let session = SessionId::from_ulid(self.ids.ulid());
        let issued = Issued::session(user, session);
        let expires_at = self.clock.now() + TimeDelta::days(30);
        let started = SessionStarted { session, hash: issued.hash.clone(), expires_at };
        self.append(Subject::user(user), WorkspaceEvent::SessionStarted(started)).await;
        issued
    }

    async fn identify(&self, issued: &Issued) -> Result<Caller, Denied> {
        self.authorizer.identify(issued.text.expose()).await
    }

    async fn uses(&self, key: KeyId) -> usize {
        self.journal.entity(&Subject::key_use(key)).await.expect("the log answers").len()
    }

    fn allows(&self, caller: &Caller) -> Result<(), Denied> {
        caller.allows(Need { scope: "projects:read", workspace: None, project: None })
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn connect(nats: &Nats) -> Journal {
    Journal::connect(ConnectOptions::new(nats.url(), "auth")).await.expect("connected")
}

async fn until(what: &str, condition: impl AsyncFn() -> bool) -> Duration {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < WAIT_MAX, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    began.elapsed()
}

#[tokio::test]
async fn what_was_just_written_elsewhere_is_never_refused() {
    let world = World::new().await;
    for n in 0..40 {
        let (_, issued) = world.issue().await;
        let caller = world.identify(&issued).await.unwrap_or_else(|denied| panic!("key {n}: {denied}"));
        let project = ProjectId::from_ulid(world.ids.ulid());
        let created = ProjectCreated { name: "p".to_owned(), conversation_idle_seconds: None, workspace: world.workspace };
        world.append(Subject::project(project), ProjectEvent::ProjectCreated(created)).await;
        caller.require_in_project("projects:read", &project.to_string()).await.unwrap_or_else(|told| panic!("project {n}: {told:?}"));
        let owner = world.sign_in(world.owner).await;
        let caller = world.identify(&owner).await.unwrap_or_else(|denied| panic!("session {n}: {denied}"));
        caller.require_in_workspace("workspace:own", &world.workspace.to_string()).await.expect("the owner");
    }
}

#[tokio::test]
async fn what_is_taken_away_elsewhere_is_gone_in_milliseconds() {
    let world = World::new().await;
    let mut took = Vec::new();
    for _ in 0..40 {
        let (key, issued) = world.issue().await;
        let caller = world.identify(&issued).await.expect("it works");
        world.say(WorkspaceEvent::KeyRevoked(KeyRevoked { key })).await;
        took.push(until("the key is refused", async || world.identify(&issued).await.is_err()).await);
        assert_eq!(world.allows(&caller).expect_err("it was revoked"), Denied::Unauthenticated);
    }
    let member = UserId::from_ulid(world.ids.ulid());
    let invite = contract::InviteId::from_ulid(world.ids.ulid());
    world.say(WorkspaceEvent::InviteAccepted(contract::InviteAccepted { invite, user: member, role: Role::Admin })).await;
    let session = world.sign_in(member).await;
    let caller = world.identify(&session).await.expect("signed in");
    caller.require_in_workspace("keys:write", &world.workspace.to_string()).await.expect("an admin");
    world.say(WorkspaceEvent::MemberRemoved(MemberRemoved { user: member })).await;
    let workspace = world.workspace.to_string();
    let removed = async || caller.allows(Need { scope: "keys:write", workspace: Some(&workspace), project: None }).is_err();
    took.push(until("the member is refused", removed).await);
    took.sort();
    println!("from the event's acknowledgement to the refusal: median {:?}, longest {:?}", took[took.len() / 2], took[took.len() - 1]);
    assert!(took[took.len() / 2] < SOON, "{took:?}");
}

#[tokio::test]
async fn a_crowd_with_unknown_keys_is_refused_and_holds_up_nobody() {
    let world = World::new().await;
    let (_, good) = world.issue().await;
    let strangers: Vec<_> = (0..500).map(|_| Issued::key(KeyId::from_ulid(world.ids.ulid()))).collect();
    let refused = futures::future::join_all(strangers.iter().map(|stranger| world.identify(stranger)));
    let (refused, admitted) = tokio::join!(refused, world.identify(&good));
    assert!(refused.into_iter().all(|answer| answer.is_err_and(|denied| denied == Denied::Unauthenticated)));
    admitted.expect("a good key among many bad ones");
}

#[tokio::test]
async fn a_process_that_starts_later_knows_the_same() {
    let world = World::new().await;
    let (kept, revoked) = (world.issue().await, world.issue().await);
    world.say(WorkspaceEvent::KeyRevoked(KeyRevoked { key: revoked.0 })).await;
    let later = Authorizer::start(connect(&world.nats).await, world.clock.clone()).await.expect("it starts");
    later.identify(kept.1.text.expose()).await.expect("a key from before");
    assert_eq!(later.identify(revoked.1.text.expose()).await.expect_err("revoked before"), Denied::Unauthenticated);
}

#[tokio::test]
async fn nothing_is_decided_on_what_is_too_old_and_everything_again_when_the_log_is_back() {
    let before = Instant::now();
    let mut world = World::new().await;
    let (_, issued) = world.issue().await;
    let caller = world.identify(&issued).await.expect("it works");
    let health = Health::new();
    world.authorizer.register(&health);
    assert_eq!(health.failures().await, []);
    world.nats.kill().await;
    let down = Instant::now();
    // What is known is used for a while: a broker that is restarted is nobody's business.
    world.identify(&issued).await.expect("just known");
    until("what is known is too old", async || {
        // Read before it is decided, so it is never more than was.
        let since = down.elapsed();
        let told = world.allows(&caller);
        assert!(told.is_err() || since <= STALE_AFTER, "decided {since:?} after the log had gone");
        told == Err(Denied::Stale)
    })
    .await;
    assert!(before.elapsed() > STALE_AFTER, "nothing is known for longer than {:?}", before.elapsed());
    assert_eq!(world.identify(&issued).await.expect_err("too old"), Denied::Stale);
    let unknown = Issued::key(KeyId::from_ulid(world.ids.ulid()));
    assert_eq!(world.identify(&unknown).await.expect_err("nobody knows"), Denied::Stale);
    assert!(health.failures().await.iter().any(|failure| failure.name == "auth.log"));
    world.nats.restart().await.expect("nats starts");
    until("it is known again", async || world.identify(&issued).await.is_ok()).await;
    assert_eq!(world.allows(&caller), Ok(()));
}

#[tokio::test]
async fn after_an_event_that_cannot_be_read_its_workspace_is_refused_and_readiness_names_it() {
    let world = World::new().await;
    let (_, issued) = world.issue().await;
    let caller = world.identify(&issued).await.expect("it works");
    let health = Health::new();
    world.authorizer.register(&health);
    // As a newer version would say it.
    let removed = WorkspaceEvent::MemberRemoved(MemberRemoved { user: world.owner });
    let id = contract::EventId::from_ulid(world.ids.ulid());
    let mut event = removed.into_new(id, "/test", world.clock.now(), Context::default());
    event.event_type = "workspace.member_removed.v99";
    world.journal.append(&Subject::workspace(world.workspace), Expect::Any, vec![event]).await.expect("appended");
    until("the key is refused", async || world.identify(&issued).await.is_err()).await;
    assert_eq!(world.identify(&issued).await.expect_err("nobody knows"), Denied::Stale);
    assert_eq!(world.allows(&caller), Err(Denied::Stale));
    let failures = health.failures().await;
    let named = |cause: &str| cause.contains(&world.workspace.to_string());
    assert!(failures.iter().any(|failure| failure.name == "auth.log" && named(&failure.cause)), "{failures:?}");
    // Whoever starts now knows no more.
    let later = Authorizer::start(connect(&world.nats).await, world.clock.clone()).await.expect("it starts");
    assert_eq!(later.identify(issued.text.expose()).await.expect_err("nobody knows"), Denied::Stale);
}

#[tokio::test]
async fn without_its_follower_it_ends_by_refusing() {
    let world = World::new().await;
    world.stop.cancel();
    // Whether the follower has stopped cannot be seen; that what comes now is not known can.
    until("an event is not heard", async || {
        let (_, issued) = world.issue().await;
        matches!(world.identify(&issued).await, Err(Denied::Stale))
    })
    .await;
}

#[tokio::test]
async fn the_last_use_of_a_key_is_written_once_in_a_while_by_however_many_processes() {
    let world = World::new().await;
    let other = Authorizer::start(connect(&world.nats).await, world.clock.clone()).await.expect("it starts");
    other.follow(world.stop.clone());
    let (key, issued) = world.issue().await;
    let (silent, _) = world.issue().await;
    for _ in 0..50 {
        world.identify(&issued).await.expect("it works");
        other.identify(issued.text.expose()).await.expect("it works there");
    }
    until("its use is written", async || world.uses(key).await > 0).await;
    // The next one comes behind whatever else was on its way.
    world.clock.advance(TimeDelta::seconds(KEY_USE_INTERVAL_SECONDS));
    world.identify(&issued).await.expect("it works");
    until("its later use is written", async || world.uses(key).await > 1).await;
    assert_eq!((world.uses(key).await, world.uses(silent).await), (2, 0));
}
