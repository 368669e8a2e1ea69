//! Bots as a process of its own: only wiring.

use std::process::ExitCode;

use auth::Authorizer;
use bots::config::Config;
use bots::{Bots, STREAMS, routes};
use chassis::{Clock, Health, Ids, Metrics, Shutdown, Site};
use clap::Parser;
use journal::{ConnectOptions, Journal};
use storage::Storage;

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
    let _telemetry = chassis::telemetry::start(&config.telemetry, "bots")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;

    let journal = shutdown
        .starting(Journal::connect(ConnectOptions::new(config.nats.nats_url.expose(), "bots").with_replicas(config.nats.nats_replicas)))
        .await??;
    journal.open(&STREAMS).await?;
    let authorizer = Authorizer::start(journal.clone(), Clock::System).await?;
    let bots = Bots::new(journal, Storage::open(&config.storage.storage_url)?, Clock::System);

    let listener = config.http.bind().await?;
    tracing::info!(address = %listener.local_addr()?, "listening");

    let health = Health::new();
    bots.register(&health);
    authorizer.register(&health);
    authorizer.follow(shutdown.soft());
    let site = Site::new("Paige bots", config.key.api_key, health, Metrics::install()?, Ids::new(Clock::System));
    let router = site.authority(authorizer).finish(routes(bots.clone()))?;

    let stop = shutdown.soft();
    let follow = async {
        let ended = bots::run(bots, stop).await;
        // Without its follower the process does half of its work; it is better started again.
        shutdown.begin();
        ended
    };
    let (served, followed) = shutdown.guard(async { tokio::join!(chassis::serve(listener, router, &shutdown), follow) }).await?;
    followed?;
    Ok(served?)
}
