//! `make chaos`: kills every process in turn under load, ends with a tally, and with 1 if a promise was broken.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use e2e::chaos::{Options, run};

/// Kill every process in turn while people write; then hold what was acknowledged against tables and log
#[derive(Parser)]
#[command(name = "chaos")]
struct Cli {
    /// How long processes are killed
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    seconds: u64,

    /// The order of kills follows from it
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,

    /// Webhooks a second
    #[arg(long, default_value_t = 150, value_name = "NUMBER")]
    rate: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { seconds, seed, rate } = Cli::parse();
    let tally = run(Options { seed, length: Duration::from_secs(seconds), rate }).await;
    // A closed terminal does not change the outcome.
    let _ = write!(std::io::stdout(), "{tally}");
    if tally.violations().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
