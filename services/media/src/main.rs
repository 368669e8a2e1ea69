//! Media as a process of its own: only wiring.

use std::process::ExitCode;

use auth::Authorizer;
use chassis::{Clock, Health, Ids, Metrics, Shutdown, Site};
use clap::Parser;
use journal::{ConnectOptions, Journal};
use media::config::Config;
use media::{Media, Parts, STREAMS, routes};
use projects::{Projects, Tokens};
use storage::Storage;

/// Connections to the platform database: one for each file that is being kept, and a few.
const CONNECTIONS_MAX: u32 = 16;

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
    let _telemetry = chassis::telemetry::start(&config.telemetry, "media")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;

    let journal = shutdown
        .starting(Journal::connect(ConnectOptions::new(config.nats.nats_url.expose(), "media").with_replicas(config.nats.nats_replicas)))
        .await??;
    journal.open(&STREAMS).await?;
    let authorizer = Authorizer::start(journal.clone(), Clock::System).await?;
    let projects = Projects::start(journal.clone()).await?;

    let connect = tables::connect(config.postgres.database_url.expose(), "paige media", CONNECTIONS_MAX);
    let pool = shutdown.starting(connect).await??;
    let ids = Ids::new(Clock::System);
    let media = Media::new(Parts {
        tokens: Tokens::new(journal.clone(), config.master_key.key()?),
        journal,
        pool,
        storage: Storage::open(&config.storage.storage_url)?,
        graph: config.meta.graph()?,
        projects: projects.clone(),
        clock: Clock::System,
        ids: ids.clone(),
    });
    shutdown.starting(media.prepare()).await??;

    let listener = config.http.bind().await?;
    tracing::info!(address = %listener.local_addr()?, "listening");

    let health = Health::new();
    media.register(&health);
    projects.register(&health);
    projects.follow(shutdown.soft());
    authorizer.register(&health);
    authorizer.follow(shutdown.soft());
    let site = Site::new("Paige media", config.key.api_key, health, Metrics::install()?, ids);
    let router = site.authority(authorizer).finish(routes(media.clone()))?;

    let stop = shutdown.soft();
    let follow = async {
        let ended = media::run(media, stop).await;
        // Without its readers the process fetches nothing; it is better started again.
        shutdown.begin();
        ended
    };
    let (served, followed) = shutdown.guard(async { tokio::join!(chassis::serve(listener, router, &shutdown), follow) }).await?;
    followed?;
    Ok(served?)
}
