//! Starts both servers in a folder, prints their URLs and stops them at Ctrl-C: for a developer who wants them without the
//! services, and for the tests of how servers end with their parent.
//!
//! `embedded <folder> [apt|brew|npm|wheel]`: with a source named, Postgres outside PATH and cache is not looked for, and is
//! fetched from that source alone.

use std::io::Write;
use std::process::ExitCode;

use embedded::{Programs, Servers, ServersOptions, Source};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: embedded <folder> [apt|brew|npm|wheel]";

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    // Whoever asks for help wants no folder of that name.
    let folder = args.next().filter(|folder| !folder.starts_with('-')).ok_or(USAGE)?;
    let mut options = ServersOptions::from_env(folder);
    if let Some(source) = args.next() {
        options.programs = only(&source)?;
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut servers = tokio::select! {
        started = Servers::start(options) => started?,
        // What was started so far ends by being dropped.
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let pid = |pid: Option<u32>| pid.map_or("external".to_owned(), |pid| pid.to_string());
    let mut out = std::io::stdout();
    writeln!(out, "{} {}", servers.nats_url(), pid(servers.nats.as_ref().map(embedded::Nats::pid)))?;
    writeln!(out, "{} {}", servers.database_url(), pid(servers.postgres.as_ref().map(embedded::Postgres::pid)))?;
    out.flush()?;
    tokio::select! {
        () = servers.keep_running() => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    servers.stop().await;
    Ok(())
}

fn only(source: &str) -> Result<Programs, String> {
    // With Debian's packages the programs are found where these put them.
    let (source, places) = match source {
        "apt" => (Source::Apt, Programs::default().places),
        "brew" => (Source::Brew, Programs::default().places),
        "npm" => (Source::Npm, Vec::new()),
        "wheel" => (Source::Wheel, Vec::new()),
        other => return Err(format!("unknown source {other}; {USAGE}")),
    };
    Ok(Programs { places, sources: vec![source, Source::Wheel], ..Programs::default() })
}
