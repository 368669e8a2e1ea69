//! What an operator reads first: the program's own help, and what it says of a configuration that cannot be meant.

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

/// Whoever asks for the handshake without a token would have the right one.
#[test]
fn an_empty_verify_token_is_refused_by_its_name() {
    let given = [
        ("PAIGE_NATS_URL", "nats://127.0.0.1:1"),
        ("PAIGE_API_KEY", "a-key-of-the-platform"),
        ("PAIGE_META_APP_SECRET", "app-secret"),
        ("PAIGE_META_VERIFY_TOKEN", ""),
    ];
    let output = Command::new(env!("CARGO_BIN_EXE_ingress")).envs(given).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("unusable value for '--meta-verify-token <TOKEN>'"), "{}: {said}", output.status);
}
