//! Configuration of the sender: its limits, also for a process that runs all services; and the sender as a process of its own.

use std::time::Duration;

use chassis::{HttpArgs, KeyArgs, NatsArgs, PostgresArgs, TelemetryArgs};
use clap::{Args, Parser};
use sealing::MasterKeyArgs;
use storage::StorageArgs;
use whatsapp::graph::GraphArgs;

use crate::Limits;

/// How messages are sent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sending")]
pub struct SenderArgs {
    /// Messages on their way to Meta at once
    #[arg(long, env = "PAIGE_SENDER_CALLS_MAX", default_value_t = 1_024, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=16_384))]
    pub sender_calls_max: u32,
    /// Of one project: a slow one takes no more than this
    #[arg(long, env = "PAIGE_SENDER_PROJECT_CALLS_MAX", default_value_t = 128, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=16_384))]
    pub sender_project_calls_max: u32,
    /// Messages a second of one number, before Meta says that it may send fewer
    #[arg(long, env = "PAIGE_SENDER_NUMBER_RATE", default_value_t = 80, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub sender_number_rate: u32,
    /// How long Meta has to answer a message, in seconds: after that nobody knows whether it took it
    #[arg(long, env = "PAIGE_SENDER_CALL_SECONDS", default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(2..=60))]
    pub sender_call_seconds: u32,
    /// How long after a call without an answer a status is waited for, in seconds, before the message is given up or sent again
    #[arg(long, env = "PAIGE_SENDER_SETTLE_SECONDS", default_value_t = 90, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub sender_settle_seconds: u32,
}

impl SenderArgs {
    /// Of a call that sends a message.
    pub fn send_limit(&self) -> Duration {
        Duration::from_secs(self.sender_call_seconds.into())
    }

    /// As the sender takes them.
    pub fn limits(&self) -> Limits {
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        Limits {
            calls_max: count(self.sender_calls_max),
            project_calls_max: count(self.sender_project_calls_max),
            number_rate: self.sender_number_rate,
            settle_margin: Duration::from_secs(self.sender_settle_seconds.into()),
        }
    }
}

/// Messages that were asked for: to Meta, each once.
#[derive(Parser, Debug)]
#[command(name = "sender", version, about)]
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
    pub storage: StorageArgs,
    #[command(flatten)]
    pub meta: GraphArgs,
    #[command(flatten)]
    pub sender: SenderArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
