//! Configuration of flow-sync: how often Flows are compared with Meta, also for a process that runs all services; and flow-sync as a process
//! of its own.

use std::time::Duration;

use chassis::{HttpArgs, KeyArgs, NatsArgs, PostgresArgs, TelemetryArgs};
use clap::{Args, Parser};
use sealing::MasterKeyArgs;
use storage::StorageArgs;
use whatsapp::graph::AppArgs;

/// How Flows are kept in step with Meta.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Flows")]
pub struct ReconcileArgs {
    /// How long after a comparison of a project's Flows with Meta the next one begins. Each costs one call for the account and up to two
    /// for each Flow that changed
    #[arg(long, env = "PAIGE_FLOWS_RECONCILE_SECONDS", default_value_t = 3_600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub flows_reconcile_seconds: u64,
}

impl ReconcileArgs {
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.flows_reconcile_seconds)
    }
}

/// The WhatsApp Flows of projects: revisions, upload, publication, and whatever Meta makes of them.
#[derive(Parser, Debug)]
#[command(name = "flow-sync", version, about)]
pub struct Config {
    #[command(flatten)]
    pub http: HttpArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub nats: NatsArgs,
    #[command(flatten)]
    pub postgres: PostgresArgs,
    #[command(flatten)]
    pub storage: StorageArgs,
    #[command(flatten)]
    pub master_key: MasterKeyArgs,
    #[command(flatten)]
    pub meta: AppArgs,
    #[command(flatten)]
    pub reconcile: ReconcileArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
