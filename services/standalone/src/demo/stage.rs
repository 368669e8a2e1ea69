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

/// A running house, and what is needed to show something of it.
pub(super) struct Stage {
    pub(super) caller: Caller,
    pub(super) journal: Journal,
    pub(super) databases: ProjectDatabases,
}

/// Starts everything, shows it, stops everything.
pub(super) async fn on_stage(clock: Clock, show: impl AsyncFnOnce(&Stage) -> Result<(), Failure>) -> Result<(), Failure> {
    line("Starting NATS, Postgres and every service in a temporary folder …");
    let servers = Scratch::start().await?;
    let database_url = servers.postgres.create_database("paige").await?;
    let keys = Keys::random();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let objects = tempfile::tempdir()?;
    let house = House::build(Parts {
        nats_url: servers.nats.url(),
        database_url,
        storage_url: objects.path().display().to_string(),
        mail: None,
        terms: Terms::default(),
        keys: keys.clone(),
        clock,
        listener,
    })
    .await?;
    let caller = Caller::new(format!("http://{}", house.address), keys.api_key.expose().to_owned())?;
    let (journal, databases) = (house.journal.clone(), house.databases.clone());
    let stage = Stage { caller, journal, databases };
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let shown = async {
        let soft = shutdown.soft();
        let outcome = tokio::select! {
            outcome = show(&stage) => outcome,
            () = soft.cancelled() => Err("interrupted".into()),
        };
        shutdown.begin();
        outcome
    };
    let (ran, shown) = tokio::join!(house.run(&shutdown), shown);
    servers.nats.stop().await;
    servers.postgres.stop().await;
    shown.and(ran)
}
