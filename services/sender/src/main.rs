//! The sender as a process of its own: only wiring.

use std::process::ExitCode;

use chassis::{Clock, Health, Ids, Metrics, Shutdown, Site};
use clap::Parser;
use journal::{ConnectOptions, Journal};
use projects::{Catalogue, Projects, Tokens};
use sender::config::Config;
use sender::{Parts, STREAMS, Sender};
use storage::Storage;

/// Connections to the platform database.
const CONNECTIONS_MAX: u32 = 4;

#[tokio::main]
async fn main() -> ExitCode {
    match start(Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<chassis::Stopped>() => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %chassis::error_chain(error.as_ref()), "stopped");
            ExitCode::FAILURE
        }
    }
}

async fn start(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = chassis::telemetry::start(&config.telemetry, "sender")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;

    let journal = shutdown
        .starting(Journal::connect(ConnectOptions::new(config.nats.nats_url.expose(), "sender").with_replicas(config.nats.nats_replicas)))
        .await??;
    journal.open(&STREAMS).await?;
    let projects = Projects::start(journal.clone()).await?;
    projects.follow(shutdown.soft());
    let catalogue = Catalogue::new(journal.clone());
    catalogue.follow(shutdown.soft());

    let connect = tables::connect(config.postgres.database_url.expose(), "paige sender", CONNECTIONS_MAX);
    let pool = shutdown.starting(connect).await??;
    let ids = Ids::new(Clock::System);
    let sender = Sender::new(Parts {
        tokens: Tokens::new(journal.clone(), config.master_key.key()?),
        journal,
        pool,
        clock: Clock::System,
        ids: ids.clone(),
        graph: config.meta.graph()?.with_send_limit(config.sender.send_limit()),
        projects: projects.clone(),
        catalogue: catalogue.clone(),
        storage: Storage::open(&config.storage.storage_url)?,
        limits: config.sender.limits(),
    });
    shutdown.starting(sender.prepare()).await??;

    let listener = config.http.bind().await?;
    tracing::info!(address = %listener.local_addr()?, "listening");

    let health = Health::new();
    sender.register(&health);
    projects.register(&health);
    catalogue.register(&health);
    let site = Site::new("Paige sender", config.key.api_key, health, Metrics::install()?, ids);
    let router = site.finish(Default::default())?;

    let stop = shutdown.soft();
    let sending = async {
        let ended = sender::run(sender, stop).await;
        // Without it nothing is sent; the process is better started again.
        shutdown.begin();
        ended
    };
    let (served, sent) = shutdown.guard(async { tokio::join!(chassis::serve(listener, router, &shutdown), sending) }).await?;
    sent?;
    Ok(served?)
}
