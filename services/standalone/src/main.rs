//! The command `paige`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use standalone::{Failure, banner, demo, up};

/// Events are many small texts with short lives: with the system's allocator a third of the time goes into it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Paige: a backend for WhatsApp bots, whole, on this machine
///
/// Start with `paige up`: it starts NATS, Postgres, every service and a simulated phone, and prints what to type next. `paige demo` shows
/// the whole idea in one go and leaves nothing behind.
#[derive(Parser)]
#[command(name = "paige", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything; Ctrl-C stops it, the next start finds all data again
    Up(Box<up::Up>),
    /// A project, a number, a short conversation on the simulated phone, its rows, and the proof that they equal the log
    Demo(demo::Demo),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let done: Result<(), Failure> = match command {
        Command::Up(config) => up::run(*config).await,
        Command::Demo(config) => demo::run(config).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            banner::failed(&error);
            ExitCode::FAILURE
        }
    }
}
