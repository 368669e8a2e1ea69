//! Binary `replay`: parses the command line, everything else is the library's.

use std::process::ExitCode;

use clap::Parser;

/// Folding a log is allocating rows, and then letting all of them go.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = replay::Cli::parse();
    replay::give_way();
    run(cli)
}

#[tokio::main]
async fn run(cli: replay::Cli) -> ExitCode {
    replay::run(cli).await
}
