//! Webhooks on their way: signed, retried as Meta retries, and what the switches do to them.

use std::collections::HashSet;
use std::time::Duration;

use crate::ingress::{PERSON, Stage};
use chrono::TimeDelta;
use serde_json::json;
use simulator::{Faults, Replay};

const PATIENCE: Duration = Duration::from_secs(60);

fn text(body: &str) -> serde_json::Value {
    json!({"type": "text", "body": body})
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

#[tokio::test]
async fn a_refused_webhook_comes_again_with_the_same_bytes_and_growing_gaps() {
    let stage = Stage::new().await;
    stage.ingress.answer(&[503, 401, 500, 204]);
    stage.say(PERSON, text("Hi"));
    assert_eq!(stage.simulator.deliver_due().await, 1);
    for gap in [1, 2, 4, 8] {
        assert_eq!(stage.after(TimeDelta::seconds(gap) - TimeDelta::milliseconds(1)).await, 0, "before {gap} s");
        assert_eq!(stage.after(TimeDelta::milliseconds(1)).await, 1, "after {gap} s");
    }
    assert_eq!(stage.simulator.undelivered(), 0, "204 is no 200, the fifth answer is");
    let bodies = stage.ingress.bodies();
    assert_eq!((bodies.len(), bodies.iter().collect::<HashSet<_>>().len()), (5, 1));
    assert_eq!(stage.after(TimeDelta::days(1)).await, 0);
}

#[tokio::test]
async fn after_seven_days_meta_gives_up() {
    let stage = Stage::new().await;
    stage.ingress.answer(&[503; 1_000]);
    stage.say(PERSON, text("Hi"));
    let start = stage.now();
    stage.simulator.deliver_due().await;
    while stage.simulator.undelivered() > 0 {
        stage.after(TimeDelta::minutes(1)).await;
        assert!(stage.now() - start < TimeDelta::days(8), "still trying");
    }
    assert!(stage.now() - start > TimeDelta::days(7) - TimeDelta::hours(2), "gave up early");
    assert_eq!(stage.after(TimeDelta::days(30)).await, 0);
}

#[tokio::test]
async fn no_listener_is_no_loss() {
    let stage = Stage::new().await;
    stage.simulator.set_faults(Faults { drop: 1.0, ..Faults::default() }).unwrap();
    stage.say(PERSON, text("Hi"));
    stage.simulator.deliver_due().await;
    assert_eq!((stage.ingress.bodies().len(), stage.simulator.undelivered()), (0, 1));
    stage.simulator.set_faults(Faults::default()).unwrap();
    stage.after(TimeDelta::seconds(1)).await;
    assert_eq!((stage.ingress.texts(), stage.simulator.undelivered()), (vec!["Hi".to_owned()], 0));
}

#[tokio::test]
async fn a_wrong_signature_is_refused_and_the_next_attempt_is_right() {
    let stage = Stage::new().await;
    stage.simulator.set_faults(Faults { wrong_signature: 1.0, ..Faults::default() }).unwrap();
    stage.say(PERSON, text("Hi"));
    stage.simulator.deliver_due().await;
    assert_eq!((stage.ingress.refused(), stage.ingress.bodies().len()), (1, 0));
    stage.simulator.set_faults(Faults::default()).unwrap();
    stage.after(TimeDelta::seconds(1)).await;
    assert_eq!((stage.ingress.refused(), stage.ingress.bodies().len(), stage.simulator.undelivered()), (1, 1, 0));
}

#[tokio::test]
async fn a_lost_answer_makes_a_duplicate() {
    let stage = Stage::new().await;
    stage.simulator.set_faults(Faults { lose_answer: 1.0, ..Faults::default() }).unwrap();
    stage.say(PERSON, text("Hi"));
    stage.simulator.deliver_due().await;
    stage.simulator.set_faults(Faults::default()).unwrap();
    stage.after(TimeDelta::seconds(1)).await;
    assert_eq!((stage.ingress.texts(), stage.simulator.undelivered()), (vec!["Hi".to_owned(); 2], 0));
}

#[tokio::test]
async fn duplicates_are_the_same_bytes() {
    let stage = Stage::new().await;
    stage.simulator.set_faults(Faults { duplicate: 49, ..Faults::default() }).unwrap();
    stage.say(PERSON, text("Hi"));
    assert_eq!(stage.simulator.deliver_due().await, 50);
    assert_eq!(stage.ingress.bodies().iter().collect::<HashSet<_>>().len(), 1);
}

#[tokio::test]
async fn a_batch_waits_until_it_is_full_or_half_a_second_old() {
    let stage = Stage::new().await;
    stage.simulator.set_faults(Faults { batch: 1_000, ..Faults::default() }).unwrap();
    let said = |count: usize| numbered(count).iter().for_each(|n| drop(stage.say(PERSON, text(n))));
    said(999);
    assert_eq!(stage.simulator.deliver_due().await, 0);
    said(1);
    assert_eq!(stage.simulator.deliver_due().await, 1);
    assert_eq!(stage.ingress.texts().len(), 1_000);
    said(3);
    assert_eq!(stage.after(TimeDelta::milliseconds(499)).await, 0);
    assert_eq!(stage.after(TimeDelta::milliseconds(1)).await, 1);
    assert_eq!((stage.ingress.bodies().len(), stage.ingress.texts().len()), (2, 1_003));
}

#[tokio::test]
async fn shuffled_webhooks_are_all_there_in_another_order() {
    let stage = Stage::new().await;
    stage.simulator.set_faults(Faults { reorder_ms: 1_000, batch: 100, ..Faults::default() }).unwrap();
    numbered(100).iter().for_each(|n| drop(stage.say(PERSON, text(n))));
    assert_eq!(stage.after(TimeDelta::milliseconds(999)).await, 0);
    assert_eq!(stage.after(TimeDelta::milliseconds(1)).await, 1);
    let mut texts = stage.ingress.texts();
    assert_ne!(texts, numbered(100));
    texts.sort_by_key(|text| text.parse::<usize>().unwrap());
    assert_eq!(texts, numbered(100));
}

#[tokio::test]
async fn a_delay_is_kept_to_the_millisecond() {
    let stage = Stage::new().await;
    stage.simulator.set_faults(Faults { delay_ms: 5_000, ..Faults::default() }).unwrap();
    stage.say(PERSON, text("Hi"));
    assert_eq!(stage.after(TimeDelta::milliseconds(4_999)).await, 0);
    assert_eq!(stage.after(TimeDelta::milliseconds(1)).await, 1);
}

#[tokio::test]
async fn switches_out_of_range_change_nothing() {
    let stage = Stage::new().await;
    let good = Faults::default();
    for bad in [
        Faults { duplicate: 101, ..good.clone() },
        Faults { batch: 0, ..good.clone() },
        Faults { batch: 1_001, ..good.clone() },
        Faults { drop: 1.1, ..good.clone() },
        Faults { wrong_signature: f64::NAN, ..good.clone() },
        Faults { delay_ms: u32::MAX, ..good.clone() },
    ] {
        assert!(stage.simulator.set_faults(bad.clone()).is_err(), "{bad:?}");
    }
    stage.say(PERSON, text("Hi"));
    assert_eq!(stage.simulator.deliver_due().await, 1);
}

#[tokio::test]
async fn recorded_bodies_go_out_byte_by_byte() {
    let stage = Stage::new().await;
    let folder = format!("{}/../../schemas/meta/webhooks", env!("CARGO_MANIFEST_DIR"));
    let replay = Replay { folder: Some(folder.clone()), times: 2, ..Replay::default() };
    assert_eq!(stage.simulator.replay(&replay).await, Ok(210));
    assert_eq!(stage.simulator.deliver_due().await, 210);
    let sent: HashSet<Vec<u8>> = stage.ingress.bodies().iter().map(|body| body.to_vec()).collect();
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.extension().unwrap() == "json");
    let recorded: HashSet<Vec<u8>> = files.map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(sent.len(), 105);
    assert_eq!(sent, recorded);
}

#[tokio::test]
async fn a_replay_may_be_for_another_number_and_changes_nothing_else() {
    let stage = Stage::new().await;
    let body = r#"{"entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id": "77"}, "messages":[{"id":"177", "x":  1.50}]}}]}]}"#;
    let replay = Replay { bodies: vec![body.into(), "not json".into()], phone_number_id: "88".parse().ok(), times: 1, ..Replay::default() };
    assert_eq!(stage.simulator.replay(&replay).await, Ok(2));
    stage.simulator.deliver_due().await;
    let sent: HashSet<String> = stage.ingress.bodies().iter().map(|body| String::from_utf8(body.to_vec()).unwrap()).collect();
    assert_eq!(sent, HashSet::from([body.replace("\"77\"", "\"88\""), "not json".to_owned()]));
}

#[tokio::test]
async fn what_cannot_be_replayed_is_refused_whole() {
    let stage = Stage::new().await;
    for bad in [
        Replay { times: 1, ..Replay::default() },
        Replay { bodies: vec!["x".into()], times: 0, ..Replay::default() },
        Replay { folder: Some("/nowhere/at/all".into()), times: 1, ..Replay::default() },
        Replay { bodies: vec!["x".into(); 2_000], times: 100, ..Replay::default() },
    ] {
        assert!(stage.simulator.replay(&bad).await.is_err());
    }
    assert_eq!(stage.simulator.undelivered(), 0);
}

#[tokio::test]
async fn the_loop_delivers_and_ends_when_told_to() {
    let stage = Stage::new().await;
    let shutdown = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn({
        let (simulator, shutdown) = (stage.simulator.clone(), shutdown.clone());
        async move { simulator.run(shutdown).await }
    });
    stage.ingress.answer(&[503]);
    numbered(200).iter().for_each(|n| drop(stage.say(PERSON, text(n))));
    let all = async {
        while stage.ingress.texts().len() < 200 || stage.simulator.undelivered() > 1 {
            tokio::task::yield_now().await;
        }
        stage.clock.advance(TimeDelta::seconds(1));
        while stage.simulator.undelivered() > 0 {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, all).await;
    assert!(waited.is_ok(), "{} of 200 arrived, {} undelivered", stage.ingress.texts().len(), stage.simulator.undelivered());
    assert_eq!(stage.ingress.texts().len(), 201, "one was refused at first");
    shutdown.cancel();
    tokio::time::timeout(PATIENCE, running).await.expect("ended").expect("no panic");
}
