//! Configuration of databases as a process of its own.

use chassis::{HttpArgs, KeyArgs, NatsArgs, PostgresArgs, TelemetryArgs};
use clap::Parser;
use sealing::MasterKeyArgs;

/// One Postgres database for each project: made, kept in form, its login shown.
#[derive(Parser, Debug)]
#[command(name = "databases", version, about)]
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
    pub master_key: MasterKeyArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
