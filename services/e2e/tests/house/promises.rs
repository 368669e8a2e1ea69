//! What a user is promised, on the whole house.

use e2e::{Stage, bodies};

const NUMBER: &str = "207358419203847";

#[tokio::test(flavor = "multi_thread")]
async fn a_message_becomes_rows() {
    let stage = Stage::start().await;
    let project = stage.connected("bot", NUMBER).await;
    assert_eq!(stage.webhook(bodies::text(NUMBER, "16505550142", "wamid.A", 1_794_992_403, "hello")).await, 200);
    stage.settle().await;
    assert_eq!(stage.count(project, "SELECT count(*) FROM public.messages").await, 1);
    assert_eq!(stage.count(project, "SELECT count(*) FROM public.conversations").await, 1);
    assert_eq!(stage.count(project, "SELECT count(*) FROM public.contacts WHERE phone = '+16505550142'").await, 1);
    stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_is_taken_in_and_taken_in_once() {
    let stage = Stage::start().await;
    let project = stage.connected("bot", NUMBER).await;
    let count = async || {
        (
            stage.count(project, "SELECT count(*) FROM public.messages").await,
            stage.count(project, "SELECT count(*) FROM paige.statuses").await,
            stage.count(project, "SELECT count(*) FROM paige.unassigned").await,
            stage.count(project, "SELECT count(*) FROM public.contacts").await,
        )
    };
    for (name, body) in bodies::samples() {
        assert_eq!(stage.webhook(body).await, 200, "{name}");
    }
    stage.settle().await;
    let once = count().await;
    let log = stage.journal.state(contract::Stream::Conversation).await.unwrap().messages;
    for (name, body) in bodies::samples() {
        assert_eq!(stage.webhook(body).await, 200, "{name}");
    }
    stage.settle().await;
    assert_eq!(count().await, once);
    assert_eq!(stage.journal.state(contract::Stream::Conversation).await.unwrap().messages, log, "the log grew by a redelivery");
    println!("{once:?} rows of messages, statuses, unassigned, contacts; {log} events");
    stage.finish(0).await;
}
