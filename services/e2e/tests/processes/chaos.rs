//! A short chaos; `make chaos` is the long one.

use std::time::Duration;

use e2e::chaos::{Options, run};

#[tokio::test(flavor = "multi_thread")]
async fn killed_processes_lose_nothing_and_double_nothing() {
    let tally = run(Options { seed: 7, length: Duration::from_secs(15), rate: 100 }).await;
    println!("{tally}");
    assert!(tally.kills() >= 5, "only {} kills", tally.kills());
    assert!(tally.violations().is_empty(), "{tally}");
}
