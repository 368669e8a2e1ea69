//! The process `simulator`: serves a local Meta, or tells a running one what to do.

use std::io::Write;
use std::process::ExitCode;

use chassis::{Clock, Health, HttpArgs, Ids, Metrics, Secret, Shutdown, Site, TelemetryArgs, serve, telemetry};
use clap::{Parser, Subcommand};
use simulator::command::{Command, Remote};
use simulator::paystack::{self, Paystack, PaystackSettings};
use simulator::{Settings, Simulator, loopback, routes};

/// A local Meta: phones to type on, signed webhooks, and what can go wrong with them. Never in production
#[derive(Parser)]
#[command(name = "simulator", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the simulator; its page is at /sim
    Serve(Box<Serve>),
    #[command(flatten)]
    Remote(Command),
}

#[derive(clap::Args)]
struct Serve {
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    paystack: PaystackSettings,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.verb {
        Verb::Serve(config) => run(*config).await.map_err(|error| error.to_string()),
        Verb::Remote(command) => match command.run(&cli.remote).await {
            Ok(answer) => writeln!(std::io::stdout(), "{answer:#}").map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Serve) -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = telemetry::start(&config.telemetry, "simulator")?;
    loopback(config.http.listen)?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let clock = Clock::System;
    let ids = Ids::new(clock.clone());
    let listener = config.http.bind().await?;
    let simulator = Simulator::new(config.settings, clock.clone(), &ids)?;
    let paystack = Paystack::new(config.paystack, clock, &ids)?;
    // nothing here is under /v1, so nobody ever needs this key
    let key = Secret::new(ids.ulid().to_string());
    let routes = routes(simulator.clone()).merge(paystack::routes(paystack.clone()));
    let router = Site::new("simulator", key, Health::new(), Metrics::install()?, ids).finish(routes)?;
    tracing::info!(address = %listener.local_addr()?, "simulator listens");
    let work = async { tokio::join!(serve(listener, router, &shutdown), simulator.run(shutdown.soft()), paystack.run(shutdown.soft())).0 };
    shutdown.guard(work).await??;
    Ok(())
}
