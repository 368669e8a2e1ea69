//! The figures of the whole, each beside the limit that broker and database set in the same run. `make bench`, or of one row:
//! `cargo bench -p e2e --bench figures -- ingress`. One that takes half an hour or more is run only when it is named.
//!
//! Nothing here passes or fails: a bench prints, and ends with an error only if something is broken. Each row runs in a process of its
//! own, so that no row pays for what another left in memory. One program for all of them, because linking it takes longer than running it.

mod deletion;
mod erasure;
mod idle;
mod ingress;
mod reads;
mod recorder_drains;
mod sending;
mod start;
mod visible;
mod windows;

use std::process::{Command, ExitCode};

/// Events are many small texts with short lives: with the system's allocator a third of the time goes into it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROWS: [&str; 8] = ["ingress", "visible", "recorder", "reads", "sending", "erasure", "idle", "start"];
/// Too long to come along with the others.
const LONG: &str = "deletion";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS; // `cargo test` runs every bench once; this one has nothing to test
    }
    let asked: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    match asked.as_slice() {
        [row] => run(row),
        [] => in_turn(&ROWS),
        several => in_turn(several),
    }
}

fn in_turn(rows: &[&str]) -> ExitCode {
    let program = std::env::current_exe().expect("a program knows where it is");
    for row in rows {
        let ended = Command::new(&program).args(["--bench", row]).status().expect("the program starts again");
        if !ended.success() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

#[tokio::main]
async fn run(row: &str) -> ExitCode {
    let _telemetry = e2e::bed::telemetry();
    match row {
        "ingress" => ingress::run().await,
        "visible" => visible::run().await,
        "recorder" => recorder_drains::run().await,
        "reads" => reads::run().await,
        "sending" => sending::run().await,
        "erasure" => erasure::run().await,
        LONG => deletion::run().await,
        "idle" => idle::run().await,
        "start" => start::run().await,
        unknown => {
            e2e::report::note(format!("{unknown} is none of {}, {LONG}", ROWS.join(", ")));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
