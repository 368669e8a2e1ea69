//! `paige demo`: the whole idea in one command. Everything is real but Meta and the bank, and nothing is left behind.

mod billing;
mod caller;
mod stage;
mod talk;

use chassis::Clock;
use clap::{Args, Subcommand};

use crate::Failure;

/// Configuration of `paige demo`: which one.
#[derive(Args, Debug)]
pub struct Demo {
    #[command(subcommand)]
    which: Option<Which>,
}

/// What is shown instead of a conversation.
#[derive(Subcommand, Debug)]
enum Which {
    /// Four months of a subscription in seconds: trial, payment, pause, resumption, a card without money
    Billing,
}

/// Shows it.
///
/// # Errors
/// Whatever does not work; that would be a bug.
pub async fn run(demo: Demo) -> Result<(), Failure> {
    match demo.which {
        None => stage::on_stage(Clock::System, talk::show).await,
        Some(Which::Billing) => stage::on_stage(Clock::movable(), billing::show).await,
    }
}
