//! The process: configuration, telemetry, log, pools, listener, run.

use std::process::ExitCode;

use auth::Authorizer;
use chassis::{Clock, Health, HttpArgs, Ids, KeyArgs, Metrics, NatsArgs, PostgresArgs, Shutdown, Site, TelemetryArgs};
use clap::Parser;
use conversations::Conversations;
use journal::{ConnectOptions, Journal};
use projects::{Catalogue, Projects};

/// Show contacts, conversations and messages of every project and what happens live, and take what is to be sent
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
    let config = Config::parse();
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<chassis::Stopped>() => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %chassis::error_chain(error.as_ref()), "stopped");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _telemetry = chassis::telemetry::start(&config.telemetry, "conversations")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let journal = shutdown
        .starting(Journal::connect(
            ConnectOptions::new(config.nats.nats_url.expose(), "conversations").with_replicas(config.nats.nats_replicas),
        ))
        .await??;
    journal.open(&conversations::STREAMS).await?;
    // Pools open when a project is asked for; each database brings its own tables, of the version that its events name.
    let databases = conversations::databases(config.postgres.database_url.expose().parse()?);
    let listener = config.http.bind().await?;
    let health = Health::new();
    let authorizer = Authorizer::start(journal.clone(), Clock::System).await?;
    authorizer.register(&health);
    authorizer.follow(shutdown.soft());
    let projects = Projects::start(journal.clone()).await?;
    projects.register(&health);
    projects.follow(shutdown.soft());
    let catalogue = Catalogue::new(journal.clone());
    catalogue.register(&health);
    catalogue.follow(shutdown.soft());
    let ids = Ids::new(Clock::System);
    let conversations = Conversations::new(journal, projects, catalogue, databases, Clock::System, ids.clone());
    conversations.register(&health);
    let site = Site::new("Paige conversations", config.key.api_key, health, Metrics::install()?, ids);
    let router = site.authority(authorizer).finish(conversations::routes(conversations.clone()))?;
    let work = async { tokio::join!(chassis::serve(listener, router, &shutdown), conversations::run(conversations, shutdown.soft())) };
    let (served, followed) = shutdown.guard(work).await?;
    served?;
    followed?;
    Ok(())
}
