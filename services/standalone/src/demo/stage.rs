//! What a demonstration stands on: servers in a temporary folder, and the whole house on them.

use chassis::{Clock, Shutdown};
use embedded::Scratch;
use journal::Journal;
use projections::ProjectDatabases;
use tokio::net::TcpListener;

use super::caller::Caller;
use crate::Failure;
use crate::banner::line;
use crate::house::{House, Parts, Terms};
use crate::keys::Keys;

/// With Ctrl-C.
const INTERRUPTED: &str = "interrupted";

/// A running house, and what is needed to show something of it.
pub(super) struct Stage {
    pub(super) caller: Caller,
    pub(super) journal: Journal,
    pub(super) databases: ProjectDatabases,
}

/// Starts everything, shows it, stops everything.
pub(super) async fn on_stage(clock: Clock, show: impl AsyncFnOnce(&Stage) -> Result<(), Failure>) -> Result<(), Failure> {
    line("Starting NATS, Postgres and every service in a temporary folder …");
    let shutdown = Shutdown::new();
    // From now on: ended in another way, a start would leave a folder behind.
    shutdown.on_signals()?;
    let soft = shutdown.soft();
    let servers = tokio::select! {
        servers = Scratch::start() => servers?,
        () = soft.cancelled() => return Err(INTERRUPTED.into()),
    };
    let database_url = servers.postgres.create_database("paige").await?;
    let keys = Keys::random();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let objects = tempfile::tempdir()?;
    let parts = Parts {
        nats_url: servers.nats.url(),
        database_url,
        storage_url: objects.path().display().to_string(),
        mail: None,
        terms: Terms::default(),
        keys: keys.clone(),
        clock,
        listener,
    };
    let house = tokio::select! {
        house = House::build(parts) => house?,
        () = soft.cancelled() => return Err(INTERRUPTED.into()),
    };
    let caller = Caller::new(format!("http://{}", house.address), keys.api_key.expose().to_owned())?;
    let (journal, databases) = (house.journal.clone(), house.databases.clone());
    let stage = Stage { caller, journal, databases };
    let shown = async {
        let outcome = tokio::select! {
            outcome = show(&stage) => outcome,
            () = soft.cancelled() => Err(INTERRUPTED.into()),
        };
        shutdown.begin();
        outcome
    };
    let (ran, shown) = tokio::join!(house.run(&shutdown), shown);
    servers.nats.stop().await;
    servers.postgres.stop().await;
    shown.and(ran)
}
