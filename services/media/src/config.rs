//! Configuration of media as a process of its own.

use chassis::{HttpArgs, KeyArgs, NatsArgs, PostgresArgs, TelemetryArgs};
use clap::Parser;
use sealing::MasterKeyArgs;
use storage::StorageArgs;
use whatsapp::graph::GraphArgs;

/// Files: those that contacts send are fetched and kept, those to be sent are taken in.
#[derive(Parser, Debug)]
#[command(name = "media", version, about)]
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
    pub meta: GraphArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
