//! Configuration of flow-sync as a process of its own.

use chassis::{HttpArgs, KeyArgs, NatsArgs, TelemetryArgs};
use clap::Parser;
use storage::StorageArgs;

/// The WhatsApp Flows of projects: so far the place where they are kept.
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
    pub storage: StorageArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
