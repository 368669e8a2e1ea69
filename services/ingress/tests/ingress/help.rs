//! What an operator reads first: the program's own help.

use std::process::Command;

#[test]
fn the_help_names_every_variable_and_shows_no_value() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ingress"));
    let output = command.arg("--help").env("PAIGE_META_APP_SECRET", "a-value-of-the-environment").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for variable in [
        "PAIGE_LISTEN",
        "PAIGE_API_KEY",
        "PAIGE_NATS_URL",
        "PAIGE_META_APP_SECRET",
        "PAIGE_META_APP_SECRET_PREVIOUS",
        "PAIGE_META_VERIFY_TOKEN",
        "PAIGE_PAYSTACK_SECRET_KEY",
        "PAIGE_PAYSTACK_SECRET_KEY_PREVIOUS",
        "PAIGE_LOG",
    ] {
        assert!(help.contains(variable), "{variable} is not in the help: {help}");
    }
    assert!(!help.contains("PAIGE_DATABASE_URL"), "ingress has no database");
    assert!(!help.contains("a-value-of-the-environment"), "a secret is printed");
}
