//! Configuration of templates: how often they are compared with Meta, also for a process that runs all services; and templates as a process
//! of its own.

use std::time::Duration;

use chassis::{HttpArgs, KeyArgs, NatsArgs, TelemetryArgs};
use clap::{Args, Parser};
use sealing::MasterKeyArgs;
use whatsapp::graph::AppArgs;

/// How templates are kept in step with Meta.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Templates")]
pub struct ReconcileArgs {
    /// How long after a comparison of a project's templates with Meta the next one begins. Each costs one call for every 100 templates of the
    /// account
    #[arg(long, env = "PAIGE_TEMPLATES_RECONCILE_SECONDS", default_value_t = 3_600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub templates_reconcile_seconds: u64,
}

impl ReconcileArgs {
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.templates_reconcile_seconds)
    }
}

/// The message templates of projects: asked of Meta, and how each stands there.
#[derive(Parser, Debug)]
#[command(name = "templates", version, about)]
pub struct Config {
    #[command(flatten)]
    pub http: HttpArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub nats: NatsArgs,
    #[command(flatten)]
    pub master_key: MasterKeyArgs,
    #[command(flatten)]
    pub meta: AppArgs,
    #[command(flatten)]
    pub reconcile: ReconcileArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
