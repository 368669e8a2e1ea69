//! The command line, as a person types it, against a running simulator.

use std::process::{Command, Output};

use crate::ingress::{BUSINESS, PERSON, Stage};
use axum::Router;
use serde_json::Value as Json;
use simulator::routes;

async fn served(stage: &Stage) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router: Router = routes(stage.simulator.clone()).into();
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn typed(url: &str, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulator"));
    command.args(words).env("PAIGE_SIMULATOR_URL", url).env_remove("PAIGE_META_APP_SECRET");
    tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("joined")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_does_what_it_says() {
    let stage = Stage::new().await;
    let url = served(&stage).await;
    let send = |words: &[&'static str]| [&["send", "--phone", PERSON, "--to", BUSINESS], words].concat();
    let folder = format!("{}/../../schemas/meta/webhooks", env!("CARGO_MANIFEST_DIR"));
    for words in [
        vec!["faults", "--delay-ms", "5"],
        vec!["faults"],
        vec!["phone", PERSON, "--name", "Ana Whitfield", "--username", "@ana", "--hidden", "false"],
        send(&["text", "Hi"]),
        send(&["location", "-33.5", "151.2", "--name", "Home"]),
        send(&["button-reply", "yes", "Yes"]),
        send(&["nfm-reply", r#"{"a":1}"#, "--flow-token", "t"]),
        send(&["audio", "--file"]),
        vec!["phone", PERSON, "--chat", BUSINESS],
        vec!["phone", PERSON, "--new-user-id"],
        vec!["phone", PERSON, "--new-number", "16505550199"],
        vec!["replay", &folder, "--to", "88", "--shuffle"],
        vec!["deliveries"],
    ] {
        let output = typed(&url, &words).await;
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Json>(&output.stdout).expect("json");
    }
    stage.simulator.deliver_due().await;
    let texts = stage.ingress.texts();
    for text in ["Hi", "Home", "Yes"] {
        assert!(texts.iter().any(|found| found == text), "{text} is not among {texts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_word_or_a_missing_simulator_is_said_plainly() {
    let stage = Stage::new().await;
    let url = served(&stage).await;
    for (words, says) in [
        (vec!["send", "--phone", "abc", "--to", BUSINESS, "text", "Hi"], "not a WaId"),
        (vec!["send", "--phone", PERSON, "--to", BUSINESS, "text", ""], "422"),
        (vec!["faults", "--batch", "0"], "batch is 1 to 1000"),
        (vec!["deliveries", "--simulator", "http://127.0.0.1:1"], "no simulator at http://127.0.0.1:1"),
        (vec!["serve", "--app-secret", "x", "--listen", "0.0.0.0:0"], "not a loopback address"),
        (vec!["serve", "--app-secret", "x", "--listen", "127.0.0.1:0", "--target", "http://10.0.0.1/"], "not a loopback address"),
    ] {
        let output = typed(&url, &words).await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(says), "{words:?}: {error}");
    }
}
