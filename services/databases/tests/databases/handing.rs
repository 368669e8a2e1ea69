//! A project changes hands: what its giver noted of the database opens nothing from then on, and the new owner's login works.

use std::str::FromStr;
use std::time::{Duration, Instant};

use chassis::Clock;
use contract::{ProjectId, ProjectTransferred, TransferId, WorkspaceId};
use databases::{Databases, Names};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection, PgConnection};

use crate::world::{PATIENCE, World};

const INVALID_PASSWORD: &str = "28P01";

/// Says what lifecycle says when an offer is accepted.
pub(crate) async fn transfer(world: &World, project: ProjectId) {
    let (transfer, to) = (TransferId::from_ulid(world.ids.ulid()), WorkspaceId::from_ulid(world.ids.ulid()));
    world.say(project, ProjectTransferred { transfer, from: WorkspaceId::INSTALLATION, to }).await;
}

/// Waits until the server has ended a session.
pub(crate) async fn until_ended(mut session: PgConnection) {
    let began = Instant::now();
    while session.ping().await.is_ok() {
        assert!(began.elapsed() < PATIENCE, "the session goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn log_in(url: &str) -> Result<PgConnection, String> {
    let attempt = PgConnectOptions::from_str(url).unwrap().connect().await;
    attempt.map_err(|error| match error.as_database_error() {
        Some(refusal) => refusal.code().unwrap_or_default().into_owned(),
        // Cut off on the way in, say, by who ends the sessions of the one before.
        None => error.to_string(),
    })
}

/// Waits until the server lets somebody in with the URL.
pub(crate) async fn until_let_in(url: &str) -> PgConnection {
    testbed::found("somebody is let in", async || log_in(url).await, Result::is_ok).await.unwrap()
}

pub(crate) async fn assert_refused(url: &str) {
    assert_eq!(log_in(url).await.map(drop), Err(INVALID_PASSWORD.to_owned()));
}

/// What is noted of the bot's password on the server.
async fn mark(world: &World, project: ProjectId) -> Option<String> {
    let mark = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = $1";
    sqlx::query_scalar(mark).bind(Names::of(project).bot.as_str()).fetch_one(&mut world.connect().await).await.unwrap()
}

async fn until_marked(world: &World, project: ProjectId) {
    testbed::until("the password is noted", async || mark(world, project).await.is_some()).await;
}

/// The role as it was before anything was noted of passwords.
async fn as_before(world: &World, project: ProjectId, password: &str) {
    let bot = Names::of(project).bot;
    let sql = format!("ALTER ROLE {bot} PASSWORD '{password}'; COMMENT ON ROLE {bot} IS NULL");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut world.connect().await).await.unwrap();
}

pub(crate) fn password(url: &str) -> &str {
    url.split('@').next().unwrap().rsplit(':').next().unwrap()
}

#[tokio::test]
async fn what_the_giver_of_a_project_knew_opens_nothing_and_throws_out_nobody_else() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let (given, kept) = (world.create_project().await, world.create_project().await);
    world.until(given, "ready").await;
    world.until(kept, "ready").await;
    let (old, session) = (world.bot_url(given).await, world.bot(given).await);
    let mut neighbour = world.bot(kept).await;

    transfer(&world, given).await;
    let new = world.bot_url(given).await;
    until_ended(session).await;
    let mut session = until_let_in(&new).await;
    assert_refused(&old).await;
    sqlx::query("SELECT FROM contacts").execute(&mut session).await.unwrap();
    neighbour.ping().await.unwrap();
    world.end(service).await;

    // Nobody is thrown out by a restart.
    let service = world.start(world.databases()).await;
    let another = world.create_project().await;
    world.until(another, "ready").await;
    session.ping().await.unwrap();

    // Given on, and with it another password again.
    transfer(&world, given).await;
    until_ended(session).await;
    until_let_in(&world.bot_url(given).await).await.close().await.unwrap();
    assert_refused(&old).await;
    assert_refused(&new).await;
    neighbour.ping().await.unwrap();
    world.end(service).await;
}

#[tokio::test]
async fn a_database_that_is_made_after_the_transfer_is_the_new_owners() {
    let world = World::new().await;
    let project = world.create_project().await;
    transfer(&world, project).await;
    let service = world.start(world.databases()).await;
    world.until(project, "ready").await;
    world.bot(project).await.close().await.unwrap();
    world.end(service).await;
}

#[tokio::test]
async fn a_transfer_of_which_the_server_knows_nothing_is_made_good_at_start() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let project = world.create_project().await;
    world.until(project, "ready").await;
    let (old, session) = (world.bot_url(project).await, world.bot(project).await);
    transfer(&world, project).await;
    until_ended(session).await;
    until_let_in(&world.bot_url(project).await).await.close().await.unwrap();
    world.end(service).await;

    as_before(&world, project, password(&old)).await;
    let session = log_in(&old).await.unwrap();
    let service = world.start(world.databases()).await;
    until_ended(session).await;
    until_let_in(&world.bot_url(project).await).await.close().await.unwrap();
    assert_refused(&old).await;
    world.end(service).await;
}

#[tokio::test]
async fn a_login_from_before_goes_on_until_the_master_key_is_another() {
    let world = World::new().await;
    let service = world.start(world.databases()).await;
    let project = world.create_project().await;
    world.until(project, "ready").await;
    world.end(service).await;
    let old = world.bot_url(project).await;
    as_before(&world, project, password(&old)).await;
    let mut session = log_in(&old).await.unwrap();

    let service = world.start(world.databases()).await;
    until_marked(&world, project).await;
    world.end(service).await;
    session.ping().await.unwrap();
    assert_eq!(world.bot_url(project).await, old);
    log_in(&old).await.unwrap().close().await.unwrap();

    let other_key = "ab".repeat(32).parse().unwrap();
    let service = world.start(Databases::new(world.journal.clone(), world.platform(), other_key, Clock::System, world.ids.clone())).await;
    until_ended(session).await;
    world.end(service).await;
    assert_refused(&old).await;
}
