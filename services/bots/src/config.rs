//! Configuration of bots as a process of its own.

use chassis::{HttpArgs, KeyArgs, NatsArgs, TelemetryArgs};
use clap::Parser;
use storage::StorageArgs;

/// The code of bots: every version, from the one that each bot begins with.
#[derive(Parser, Debug)]
#[command(name = "bots", version, about)]
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
