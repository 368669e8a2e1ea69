//! The process: configuration, telemetry, log, listener, run.

use std::process::ExitCode;

use chassis::{Clock, Health, HttpArgs, Ids, KeyArgs, Metrics, NatsArgs, Shutdown, Site, TelemetryArgs};
use clap::Parser;
use ingress::Ingress;
use ingress::config::{MetaArgs, PaystackArgs};
use journal::{ConnectOptions, Journal};

/// Events are many small texts with short lives: with the system's allocator a third of the time goes into it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Take in Meta's webhooks and the payment provider's: check the signature, keep every change in the log, answer
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
    meta: MetaArgs,
    #[command(flatten)]
    paystack: PaystackArgs,
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
    let _telemetry = chassis::telemetry::start(&config.telemetry, "ingress")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let journal = shutdown
        .starting(Journal::connect(ConnectOptions::new(config.nats.nats_url.expose(), "ingress").with_replicas(config.nats.nats_replicas)))
        .await??;
    journal.open(ingress::STREAMS).await?;
    if config.nats.nats_replicas == 1 {
        tracing::warn!("whether nats survives a power cut cannot be asked of it: run it with `sync_interval: always`, see deploy/nats");
    }
    let listener = config.http.bind().await?;
    let clock = Clock::System;
    let health = Health::new();
    let log = journal.clone();
    health.register("log", move || {
        let log = log.clone();
        async move { log.healthy().await }
    });
    let ingress = Ingress::new(journal, clock.clone(), config.meta.secrets()?, config.meta.meta_verify_token);
    let ingress = ingress.with_payments(config.paystack.secrets());
    let site = Site::new("Paige ingress", config.key.api_key, health, Metrics::install()?, Ids::new(clock));
    chassis::serve(listener, site.finish(ingress::routes(ingress))?, &shutdown).await?;
    Ok(())
}
