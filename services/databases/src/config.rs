//! Configuration of databases as a process of its own.

use chassis::{HttpArgs, KeyArgs, NatsArgs, PostgresArgs, Secret, SecretParser, TelemetryArgs};
use clap::{Args, Parser};

use crate::password::MasterKey;

/// The key that the passwords of bots are derived from.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct MasterKeyArgs {
    /// Key that the passwords of the bots' database roles are derived from: 64 hexadecimal digits; changing it changes every password
    #[arg(long, env = "PAIGE_MASTER_KEY", hide_env_values = true, value_name = "HEX", value_parser = SecretParser(master_key))]
    pub master_key: Secret,
}

fn master_key(text: &str) -> Result<(), &'static str> {
    text.parse::<MasterKey>().map(drop).map_err(|_| "a master key is 64 hexadecimal digits, not all of them 0")
}

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
