//! Databases as a process of its own: only wiring.

use std::process::ExitCode;
use std::str::FromStr;

use auth::Authorizer;
use chassis::{Clock, Health, Ids, Metrics, Shutdown, Site};
use clap::Parser;
use databases::config::Config;
use databases::{Databases, STREAMS, routes};
use journal::{ConnectOptions, Journal};
use sqlx::postgres::PgConnectOptions;

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
    let _telemetry = chassis::telemetry::start(&config.telemetry, "databases")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;

    let journal = shutdown
        .starting(Journal::connect(
            ConnectOptions::new(config.nats.nats_url.expose(), "databases").with_replicas(config.nats.nats_replicas),
        ))
        .await??;
    journal.open(&STREAMS).await?;
    let authorizer = Authorizer::start(journal.clone(), Clock::System).await?;

    let platform = PgConnectOptions::from_str(config.postgres.database_url.expose())?;
    let key = config.master_key.key()?;
    let ids = Ids::new(Clock::System);
    let databases = Databases::new(journal, platform, key, Clock::System, ids.clone());
    shutdown.starting(databases.prepare()).await??;

    let listener = config.http.bind().await?;
    tracing::info!(address = %listener.local_addr()?, "listening");

    let health = Health::new();
    databases.register(&health);
    authorizer.register(&health);
    authorizer.follow(shutdown.soft());
    let site = Site::new("Paige databases", config.key.api_key, health, Metrics::install()?, ids);
    let router = site.authority(authorizer).finish(routes(databases.clone()))?;

    let stop = shutdown.soft();
    let follow = async {
        let ended = databases::run(databases, stop).await;
        // Without its follower the process makes nothing; it is better started again.
        shutdown.begin();
        ended
    };
    let (served, followed) = shutdown.guard(async { tokio::join!(chassis::serve(listener, router, &shutdown), follow) }).await?;
    followed?;
    Ok(served?)
}
