//! Lifecycle as a process of its own: only wiring.

use std::process::ExitCode;

use auth::Authorizer;
use chassis::{Clock, Health, Ids, Metrics, Shutdown, Site};
use clap::Parser;
use journal::{ConnectOptions, Journal};
use lifecycle::config::Config;
use lifecycle::{Lifecycle, STREAMS, routes};

/// Connections to the platform database.
const CONNECTIONS_MAX: u32 = 8;

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
    let _telemetry = chassis::telemetry::start(&config.telemetry, "lifecycle")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;

    let journal = shutdown
        .starting(Journal::connect(
            ConnectOptions::new(config.nats.nats_url.expose(), "lifecycle").with_replicas(config.nats.nats_replicas),
        ))
        .await??;
    journal.open(&STREAMS).await?;
    let authorizer = Authorizer::start(journal.clone(), Clock::System).await?;

    let connect = tables::connect(config.postgres.database_url.expose(), "paige lifecycle", CONNECTIONS_MAX);
    let pool = shutdown.starting(connect).await??;
    let ids = Ids::new(Clock::System);
    let lifecycle = Lifecycle::new(journal, pool, Clock::System, ids.clone(), config.master.key()?).with_graph(config.meta.graph()?);
    shutdown.starting(lifecycle.prepare()).await??;

    let listener = config.http.bind().await?;
    tracing::info!(address = %listener.local_addr()?, "listening");

    let health = Health::new();
    lifecycle.register(&health);
    authorizer.register(&health);
    authorizer.follow(shutdown.soft());
    let site = Site::new("Paige lifecycle", config.key.api_key, health, Metrics::install()?, ids);
    let router = site.authority(authorizer).finish(routes(lifecycle.clone()))?;

    let stop = shutdown.soft();
    let follow = async {
        let ended = lifecycle::run(lifecycle, stop).await;
        // Without its follower the process answers with what was; it is better started again.
        shutdown.begin();
        ended
    };
    let (served, followed) = shutdown.guard(async { tokio::join!(chassis::serve(listener, router, &shutdown), follow) }).await?;
    followed?;
    Ok(served?)
}
