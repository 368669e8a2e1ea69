//! Configuration from flags and variables; variables are set on a process of its own, which is this binary again.

use std::process::Command;

use chassis::{HttpArgs, KeyArgs, NatsArgs, OutsideArgs, PostgresArgs, TelemetryArgs};
use clap::{CommandFactory, Parser};

const CHILD: &str = "CHASSIS_TEST_CHILD";

#[derive(Parser, Debug)]
struct All {
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
    #[command(flatten)]
    nats: NatsArgs,
    #[command(flatten)]
    postgres: PostgresArgs,
    #[command(flatten)]
    key: KeyArgs,
}

/// A process that brings its own servers.
#[derive(Parser, Debug)]
struct Whole {
    #[command(flatten)]
    outside: OutsideArgs,
}

/// Not a test of its own: the process that is configured by variables.
#[test]
fn child() {
    match std::env::var(CHILD).as_deref() {
        Ok("all") => println!("{:?}", All::try_parse_from(["test"])),
        Ok("whole") => println!("{:?}", Whole::try_parse_from(["test"])),
        Ok("help") => println!("{}", All::command().render_long_help()),
        _ => {}
    }
}

fn run(what: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "child", "--nocapture"]).env_clear().env(CHILD, what).envs(variables.iter().copied());
    String::from_utf8(command.output().expect("ran").stdout).expect("utf-8")
}

const ALL: [(&str, &str); 8] = [
    ("PAIGE_LISTEN", "127.0.0.1:1234"),
    ("PAIGE_LOG", "debug"),
    ("PAIGE_LOG_FORMAT", "pretty"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"),
    ("PAIGE_NATS_URL", "nats://u:hunter2@localhost"),
    ("PAIGE_NATS_REPLICAS", "3"),
    ("PAIGE_DATABASE_URL", "postgres://u:hunter2@localhost/p"),
    ("PAIGE_API_KEY", "hunter2-hunter2-hunter2"),
];

#[test]
fn every_variable_is_read_and_no_secret_is_printed() {
    let shown = run("all", &ALL);
    for part in ["127.0.0.1:1234", "\"debug\"", "Pretty", "http://localhost:4318", "nats_replicas: 3", "api_key: [redacted]"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn help_names_every_variable_and_shows_no_secret() {
    let help = run("help", &ALL);
    for (variable, _) in ALL {
        assert!(help.contains(&format!("[env: {variable}")), "{variable}: {help}");
    }
    assert!(!help.contains("hunter2"), "{help}");
}

#[test]
fn every_flag_is_documented() {
    for argument in All::command().get_arguments() {
        let text = argument.get_help().map(ToString::to_string).unwrap_or_default();
        assert!(text.len() > 15, "{}: {text:?}", argument.get_id());
        assert!(argument.get_env().is_some(), "{} has no variable", argument.get_id());
    }
}

#[test]
fn servers_from_outside_may_be_left_out() {
    let none = run("whole", &[]);
    assert!(none.contains("{ nats_url: None, database_url: None }"), "{none}");
    let one = run("whole", &[("PAIGE_NATS_URL", "nats://localhost")]);
    assert!(one.contains("{ nats_url: Some([redacted]), database_url: None }"), "{one}");
}

#[test]
fn an_empty_endpoint_is_none() {
    let mut variables = ALL;
    variables[3].1 = "";
    let shown = run("all", &variables);
    assert!(variables[3].0 == "OTEL_EXPORTER_OTLP_ENDPOINT" && shown.contains("Ok(") && !shown.contains("Err("), "{shown}");
}

#[track_caller]
fn refuse(variable: &str, value: &str) {
    let mut variables = ALL;
    for pair in &mut variables {
        if pair.0 == variable {
            pair.1 = value;
        }
    }
    let shown = run("all", &variables);
    assert!(shown.contains("Err("), "{variable}={value}: {shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn values_that_cannot_work_are_refused() {
    refuse("PAIGE_LISTEN", "nowhere");
    refuse("PAIGE_LISTEN", "127.0.0.1:99999");
    refuse("PAIGE_LOG_FORMAT", "xml");
    refuse("PAIGE_LOG", "a=b=c");
    refuse("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:4318");
    refuse("OTEL_EXPORTER_OTLP_ENDPOINT", "http://");
    refuse("OTEL_EXPORTER_OTLP_ENDPOINT", "http://two words");
    refuse("PAIGE_API_KEY", "");
    refuse("PAIGE_API_KEY", "short");
    refuse("PAIGE_API_KEY", "hunter2 has some spaces");
    refuse("PAIGE_NATS_URL", "");
    refuse("PAIGE_NATS_REPLICAS", "0");
    refuse("PAIGE_NATS_REPLICAS", "6");
    refuse("PAIGE_DATABASE_URL", "");
    refuse("PAIGE_DATABASE_URL", "hunter2");
}
