//! The real process, killed with -9 while people sign in, invite and issue keys: what was answered is in the log, whole; nothing is there
//! by half; and the tables agree with the log afterwards.

use std::time::{Duration, Instant};

use contract::{
    Context, Event, EventId, Stream, Subject, UserId, UserRegistered, WorkspaceCreated, WorkspaceEvent, WorkspaceId, WorkspaceKind,
};
use futures::StreamExt;
use journal::{Append, Expect, Filter, Range};
use testbed::Process;

use crate::world::{MASTER_KEY, World, fresh_pool};

const PATIENCE: Duration = Duration::from_secs(60);
const PEOPLE: usize = 300;

pub(crate) fn start(world: &World, database_url: &str, settings: &[(&str, &str)]) -> Process {
    let usual = [("PAIGE_DATABASE_URL", database_url), ("PAIGE_MASTER_KEY", MASTER_KEY)];
    Process::start(env!("CARGO_BIN_EXE_access"), &world.nats, usual.into_iter().chain(settings.iter().copied()))
}

/// A person and their workspace, as a first sign-in says it.
async fn register(world: &World, n: usize) {
    let user = UserId::of_email(&format!("p{n}@example.com"));
    let event =
        |event: WorkspaceEvent| event.into_new(EventId::from_ulid(world.ids.ulid()), "/test", world.clock.now(), Context::default());
    let registered = event(UserRegistered { email: format!("p{n}@example.com"), name: None }.into());
    let created = event(WorkspaceCreated { name: "Personal".into(), kind: WorkspaceKind::Personal, owner: user }.into());
    let appends = vec![
        Append { subject: Subject::user(user), expect: Expect::New, events: vec![registered] },
        Append { subject: Subject::workspace(WorkspaceId::personal(user)), expect: Expect::New, events: vec![created] },
    ];
    world.journal.append_all(appends).await.unwrap();
}

#[tokio::test]
async fn a_process_killed_again_and_again_ends_up_with_the_tables_that_the_log_says() {
    let mut world = World::new().await;
    world.stop().await;
    let database_url = testbed::fresh_database().await;
    let pool = sqlx::PgPool::connect(&database_url).await.unwrap();
    let began = Instant::now();
    let mut registered = 0;
    for share in 1..=5 {
        let mut process = start(&world, &database_url, &[]);
        // Written while it starts, reads and follows.
        while registered < PEOPLE * share / 5 {
            register(&world, registered).await;
            registered += 1;
        }
        let wanted = i64::try_from(registered * 2 - 7 * share.min(4)).unwrap();
        loop {
            let rows = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM access.audit").fetch_one(&pool).await.unwrap_or_default();
            if rows >= wanted {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "{rows} of {wanted} rows");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.kill();
    }
    // Two more starts: one over what the killed ones left, one over nothing.
    let World { nats, journal, .. } = world;
    let mut left = World::on(nats, journal, pool).await;
    left.stop().await;
    let tables = left.tables().await;
    let World { nats, journal, .. } = left;
    let mut fresh = World::on(nats, journal, fresh_pool().await).await;
    fresh.stop().await;
    assert_eq!(tables, fresh.tables().await);
    let people: i64 = sqlx::query_scalar("SELECT count(*) FROM access.people").fetch_one(&fresh.pool).await.unwrap();
    assert_eq!(people, i64::try_from(PEOPLE).unwrap());
}

#[tokio::test]
async fn who_is_registered_has_a_workspace_and_who_joined_is_registered() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let invite = |n: usize| {
        let (world, path, token) = (&world, format!("/v1/workspaces/{team}/invites"), &ada.token);
        async move { world.post(token, &path, serde_json::json!({"email": format!("p{n}@example.com"), "role": "member"})).await.ok() }
    };
    let mut links = Vec::new();
    for n in 0..12 {
        invite(n).await;
        links.push(world.link(&format!("p{n}@example.com"), 1).await);
    }
    // Answers are thrown away at any point: a request that is dropped is a process that died between two steps.
    for (n, token) in links.iter().enumerate() {
        let accept = world.open("/sign-in/invites", serde_json::json!({"token": token}));
        let _ = tokio::time::timeout(Duration::from_micros(300 * n as u64), accept).await;
    }
    let mut said: Vec<(String, String)> = Vec::new();
    let mut events = std::pin::pin!(world.journal.replay(Stream::Workspace, Range::ALL, Filter::all()));
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        said.push((event.subject.to_string(), format!("{} {}", event.event_type.as_str(), String::from_utf8_lossy(&event.data))));
    }
    for n in 0..12 {
        let user = UserId::of_email(&format!("p{n}@example.com"));
        let has = |subject: Subject, text: &str| said.iter().any(|(of, event)| of == subject.as_str() && event.contains(text));
        let registered = has(Subject::user(user), "user_registered");
        let joined = said.iter().any(|(_, event)| event.contains("invite_accepted") && event.contains(&user.to_string()));
        assert_eq!(registered, has(Subject::workspace(WorkspaceId::personal(user)), "workspace_created"), "person {n}");
        assert_eq!((registered, registered), (joined, has(Subject::user(user), "session_started")), "person {n}");
    }
    world.end().await;
}
