//! Binary `replay`: parses the command line, everything else is the library's.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    replay::run(replay::Cli::parse()).await
}
