//! What `status` says of whoever follows the log, and following it by hand.

use std::sync::Arc;
use std::time::Duration;

use contract::{MessageReceived, Recorded, Stream};
use journal::{Follow, Handled, Handler};
use replay::Exit;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::bench::Bench;
use crate::process::PATIENCE;

/// Between two events that somebody waits for.
const PAUSE: Duration = Duration::from_millis(20);

/// Takes everything.
struct Reader;

impl Handler for Reader {
    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        Handled::all(events)
    }
}

/// Where it stands, and how far behind.
async fn told(bench: &Bench) -> Value {
    let (_, lines) = bench.json("status").await;
    let line = lines.into_iter().find(|line| line["follower"] == "reader").expect("the follower is told of");
    json!([line["stream"], line["position"], line["lag"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_follower_is_behind_its_stream_is_told_also_when_it_does_not_run() {
    let bench = Bench::start(12).await;
    let (service, stream) = ("reader", Stream::Conversation);
    let follow = Follow { service, stream, filters: Vec::new(), key_tokens: 2, parallel: 1, batch_max: 10, version: 1 };
    let (follower, stop) = (bench.journal.follower(follow), CancellationToken::new());
    let running = tokio::spawn({
        let (follower, stop) = (follower.clone(), stop.clone());
        async move { follower.run(Arc::new(Reader), stop).await }
    });
    follower.caught_up().await.unwrap();
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(told(&bench).await, json!(["conversation", 5, 0]));
    bench.say(MessageReceived(bench.message("wamid.three"))).await;
    assert_eq!(told(&bench).await, json!(["conversation", 5, 1]));
    let (_, text) = bench.run("status").await;
    assert!(text.lines().any(|line| line.split_whitespace().take(4).eq(["reader", "conversation", "5", "1"])), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tail_begins_with_what_comes_and_waits_for_it() {
    let bench = Bench::start(13).await;
    let say = async {
        for number in 0.. {
            bench.say(MessageReceived(bench.message(&format!("wamid.later.{number}")))).await;
            tokio::time::sleep(PAUSE).await;
        }
    };
    let tail = tokio::time::timeout(PATIENCE, bench.json("log tail --limit 2"));
    let (exit, events) = tokio::select! {
        told = tail => told.expect("it tells what comes"),
        () = say => panic!("there is always a next number"),
    };
    let sequences: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!((exit, sequences.len()), (Exit::Fine, 2));
    assert!(sequences[0] > 5 && sequences[1] == sequences[0] + 1, "{sequences:?}: five were there before");
}
