//! Configuration of lifecycle as a process of its own.

use chassis::{HttpArgs, KeyArgs, NatsArgs, PostgresArgs, TelemetryArgs};
use clap::Parser;
use sealing::MasterKeyArgs;
use whatsapp::graph::AppArgs;

/// Projects: create, show, update, reset, transfer, delete; connect a number.
#[derive(Parser, Debug)]
#[command(name = "lifecycle", version, about)]
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
    pub master: MasterKeyArgs,
    #[command(flatten)]
    pub meta: AppArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
