//! What a newcomer reads first: the help of `paige` and of its commands.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::process::Command;

fn help(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_paige")).args(args).arg("--help").output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_help_leads_a_newcomer_to_the_first_command() {
    let first = help(&[]);
    for word in ["paige up", "paige demo", "simulated phone"] {
        assert!(first.contains(word), "{word} is not in the help: {first}");
    }
    let up = help(&["up"]);
    for word in [
        "PAIGE_DATA",
        "PAIGE_LISTEN",
        "PAIGE_NATS_URL",
        "PAIGE_DATABASE_URL",
        "PAIGE_FIXED_CLOCK",
        "PAIGE_PLAN_AMOUNT_MINOR",
        "PAIGE_PLAN_CURRENCY",
        "Ctrl-C",
    ] {
        assert!(up.contains(word), "{word} is not in the help: {up}");
    }
    assert!(help(&["demo"]).contains("Usage: paige demo"));
    assert!(help(&["demo", "billing"]).contains("trial"));
}
