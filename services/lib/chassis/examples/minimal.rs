//! The smallest process on the chassis, in the seven steps of every `main` (journal and pools are left out).

use std::process::ExitCode;

use chassis::{Clock, Health, HttpArgs, Ids, Json, KeyArgs, Metrics, Problem, Shutdown, Site, TelemetryArgs};
use clap::Parser;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A service that greets
#[derive(Parser, Debug)]
#[command(version)]
struct Config {
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// Greet
#[utoipa::path(get, path = "/v1/greeting", security(("api_key" = ["projects:read"])), responses((status = 200, body = String)))]
async fn greet() -> Result<Json<&'static str>, Problem> {
    Ok(Json("hello"))
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "stopped");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let _telemetry = chassis::telemetry::start(&config.telemetry, "greeter")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let health = Health::new();
    health.register("greeter.voice", async || Ok(()));
    let listener = config.http.bind().await?;
    let site = Site::new("Greeter", config.key.api_key, health, Metrics::install()?, Ids::new(Clock::System));
    let router = site.finish(OpenApiRouter::new().routes(routes!(greet)))?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    shutdown.guard(chassis::serve(listener, router, &shutdown)).await??;
    Ok(())
}
