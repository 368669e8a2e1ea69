//! Binary `replay`: parses the command line, everything else is the library's.

use std::process::ExitCode;

use clap::Parser;

/// Folding a log is allocating rows, and then letting all of them go.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    replay::run(replay::Cli::parse()).await
}
