//! The process: configuration, telemetry, log, databases, listener for probes, run.

use std::process::ExitCode;
use std::str::FromStr;

use chassis::{Clock, Health, HttpArgs, Ids, KeyArgs, Metrics, NatsArgs, PostgresArgs, Shutdown, Site, TelemetryArgs};
use clap::Parser;
use journal::{ConnectOptions, Journal};
use projections::ProjectDatabases;
use recorder::Followers;
use sqlx::postgres::PgConnectOptions;

/// Events are many small texts with short lives: with the system's allocator a third of the time goes into it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Record webhooks: into conversation events, and those into the tables of each project
#[derive(Parser)]
#[command(version)]
struct Config {
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    nats: NatsArgs,
    #[command(flatten)]
    postgres: PostgresArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<chassis::Stopped>() => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %chassis::error_chain(error.as_ref()), "stopped");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = chassis::telemetry::start(&config.telemetry, "recorder")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let journal = shutdown
        .starting(Journal::connect(ConnectOptions::new(config.nats.nats_url.expose(), "recorder").with_replicas(config.nats.nats_replicas)))
        .await??;
    journal.open(recorder::STREAMS).await?;
    let databases = ProjectDatabases::new(PgConnectOptions::from_str(config.postgres.database_url.expose())?);
    let listener = config.http.bind().await?;
    let followers = Followers::new(&journal);
    let health = Health::new();
    recorder::register(&health, &journal, &followers);
    let site = Site::new("Paige recorder", config.key.api_key, health, Metrics::install()?, Ids::new(Clock::System));
    let router = site.finish(Default::default())?;

    let stop = shutdown.soft();
    let recording = async {
        let ended = recorder::run(journal, databases, followers, stop).await;
        // Without it nothing is recorded; the process is better started again.
        shutdown.begin();
        ended
    };
    let (served, recorded) = shutdown.guard(async { tokio::join!(chassis::serve(listener, router, &shutdown), recording) }).await?;
    recorded?;
    Ok(served?)
}
