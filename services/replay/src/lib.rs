//! The operator's tool: looks into the log, proves that tables equal it, mends them, and lets parked keys go on.
//!
//! It reads the log and writes projections, and its only events are an operator's words about parked keys. Nothing that could
//! reach Meta, a bot or a payment provider is linked. One file per verb; `cli` is the grammar, `filter` the part of it that all verbs share.

mod at;
mod bars;
mod cli;
mod error;
mod explain;
mod filter;
mod log;
mod mend;
mod out;
mod parked;
mod plan;
mod projects;
mod servers;
mod status;
mod tables;
mod unfinished;
mod verdicts;
mod verify;

use std::process::ExitCode;

pub use cli::Cli;
pub use error::{Error, Exit};
pub use out::Out;

use cli::Command;
use servers::Servers;

/// Lowers this process' priority: whoever else works on the machine comes first. For a `main`, before it has threads.
pub fn give_way() {
    // Refused, it is as it was.
    let _ = rustix::process::nice(projections::rebuild::GIVES_WAY);
}

/// Does what the command line says, on standard output and standard error.
pub async fn run(cli: Cli) -> ExitCode {
    let mut out = Out::stdout(cli.json);
    let exit = tokio::select! {
        result = execute(&cli, &mut out) => result.unwrap_or_else(|error| {
            out.complain(&error);
            error.exit()
        }),
        _ = tokio::signal::ctrl_c() => Exit::Interrupted,
    };
    exit.into()
}

/// The same with the output somewhere else.
///
/// # Errors
/// What kept the verb from its work; [`Error::exit`] says with which code the process ends.
pub async fn execute(cli: &Cli, out: &mut Out) -> Result<Exit, Error> {
    cli.filter.check(&cli.command)?;
    let servers = Servers::connect(&cli.servers).await?;
    match &cli.command {
        Command::Status => status::status(&servers, &cli.filter, out).await,
        Command::Plan(how) => plan::plan(&servers, &cli.filter, how, out).await,
        Command::Verify(verify) => verify::verify(&servers, &cli.filter, verify, out).await,
        Command::Repair(how) => mend::repair(&servers, &cli.filter, how, out).await,
        Command::Rebuild(how) => mend::rebuild(&servers, &cli.filter, how, out).await,
        Command::Explain(what) => explain::explain(&servers, &cli.filter, what, out).await,
        Command::At(what) => at::at(&servers, &cli.filter, what, out).await,
        Command::Log(command) => log::run(&servers, &cli.filter, command, out).await,
        Command::Parked(command) => parked::run(&servers, &cli.filter, command, out).await,
    }
}
